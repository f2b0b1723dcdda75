// Hands the OTLP source to the web layer, which may not import sources itself.
import { readMetrics } from './sources/otlp-metrics.ts'
import { otlpEncodingOf, readLogs, readTraces } from './sources/otlp-request.ts'
import { encodeExportResponse } from './sources/otlp-response.ts'
import type { OtlpDecoder } from './web/otlp-routes.ts'

const readers = { traces: readTraces, logs: readLogs, metrics: readMetrics }

export const otlpDecoder: OtlpDecoder = {
  encodingOf: otlpEncodingOf,
  read: (signal, body, encoding, context) => readers[signal](body, encoding, context),
  answer: encodeExportResponse,
}

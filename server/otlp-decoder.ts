// Hands the OTLP source to the web layer, which may not import sources itself.
import { otlpEncodingOf, readLogs, readTraces } from './sources/otlp-request.ts'
import { encodeExportResponse } from './sources/otlp-response.ts'
import type { OtlpDecoder } from './web/otlp-routes.ts'

export const otlpDecoder: OtlpDecoder = {
  encodingOf: otlpEncodingOf,
  read: (signal, body, encoding, context) => (signal === 'traces' ? readTraces : readLogs)(body, encoding, context),
  answer: encodeExportResponse,
}

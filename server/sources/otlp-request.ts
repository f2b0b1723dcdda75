// From the body of POST /v1/traces or /v1/logs to events, in either encoding. Unzipping and size limits are the web layer's.

import { logsOfJson, tracesOfJson } from './otlp-json.ts'
import type { Decoded } from './otlp-model.ts'
import { decodeLogs, decodeTraces } from './otlp-protobuf.ts'
import type { OtlpEncoding } from './otlp-response.ts'
import { eventsOfLogs, eventsOfTraces, type OtlpContext, type OtlpParsed } from './otlp-to-events.ts'

export type OtlpResult = { ok: true; parsed: OtlpParsed } | { ok: false; reason: string }

/** `undefined` for a content type that OTLP/HTTP does not know. */
export function otlpEncodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : undefined
}

/** Never throws; a refusal says what is wrong with the body as a whole. */
export function readTraces(body: Uint8Array, encoding: OtlpEncoding, context: OtlpContext): OtlpResult {
  const decoded = encoding === 'protobuf' ? decodeTraces(body) : fromJsonText(body, tracesOfJson)
  return decoded.ok ? { ok: true, parsed: eventsOfTraces(decoded.request, context) } : decoded
}

/** Never throws; a refusal says what is wrong with the body as a whole. */
export function readLogs(body: Uint8Array, encoding: OtlpEncoding, context: OtlpContext): OtlpResult {
  const decoded = encoding === 'protobuf' ? decodeLogs(body) : fromJsonText(body, logsOfJson)
  return decoded.ok ? { ok: true, parsed: eventsOfLogs(decoded.request, context) } : decoded
}

function fromJsonText<T>(body: Uint8Array, read: (value: unknown) => Decoded<T>): Decoded<T> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    return {
      ok: false,
      reason: `the body is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`,
    }
  }
  return read(value)
}

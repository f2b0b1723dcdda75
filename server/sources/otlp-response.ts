// What OTLP says back: ExportTraceServiceResponse and ExportLogsServiceResponse. Refusals are problem+json, like everywhere.
import { BinaryWriter } from '@bufbuild/protobuf/wire'

export type OtlpEncoding = 'protobuf' | 'json'
export type OtlpSignal = 'traces' | 'logs' | 'metrics'

const rejectedNames = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const

/** A partial success counts what was refused and says why; a message without a count is a warning. */
export type PartialSuccess = { rejected: number; message: string }

/** Body of a 200. All signals share field numbers; in JSON the count has its own name and int64 is text. */
export function encodeExportResponse(
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  partial?: PartialSuccess,
): Uint8Array<ArrayBuffer> {
  const said = partial && (partial.rejected > 0 || partial.message !== '') ? partial : undefined
  if (encoding === 'json') {
    const countName = rejectedNames[signal]
    const body = said ? { partialSuccess: { [countName]: String(said.rejected), errorMessage: said.message } } : {}
    return utf8(JSON.stringify(body))
  }
  const writer = new BinaryWriter()
  if (said) {
    writer.tag(1, 2).fork()
    if (said.rejected > 0) writer.tag(1, 0).int64(said.rejected)
    if (said.message !== '') writer.tag(2, 2).string(said.message)
    writer.join()
  }
  return new Uint8Array(writer.finish())
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text))
}

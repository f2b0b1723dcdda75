// One export request of a file, of whichever signal.
import { fieldOf, type JsonObject } from './normal-values.ts'
import { logsOfJson, tracesOfJson } from './otlp-json.ts'
import { metricsOfJson } from './otlp-metric-json.ts'
import { factsOfMetrics } from './otlp-metrics.ts'
import type { TracesRequest } from './otlp-model.ts'
import { eventsOfLogs, eventsOfTraces, type OtlpContext, type OtlpParsed } from './otlp-to-events.ts'

export const notOtlpReason = 'neither resourceSpans nor resourceLogs nor resourceMetrics'
export const badRequestReason = 'request does not fit OTLP'

/** `earliestMs` is Infinity where no span in it has a time. `why` is for people and may quote the sender. */
export type FileRequestRead = { parsed: OtlpParsed; earliestMs: number } | { refused: string; why: string }

export function readFileRequest(request: JsonObject, context: OtlpContext): FileRequestRead {
  const holds = (camel: string, snake: string) => (fieldOf(request, camel) ?? fieldOf(request, snake)) !== undefined
  if (holds('resourceSpans', 'resource_spans')) {
    const decoded = tracesOfJson(request)
    if (!decoded.ok) return { refused: badRequestReason, why: decoded.reason }
    return { parsed: eventsOfTraces(decoded.request, context), earliestMs: earliestStartMs(decoded.request) }
  }
  if (holds('resourceLogs', 'resource_logs')) {
    const decoded = logsOfJson(request)
    if (!decoded.ok) return { refused: badRequestReason, why: decoded.reason }
    return { parsed: eventsOfLogs(decoded.request, context), earliestMs: Number.POSITIVE_INFINITY }
  }
  if (holds('resourceMetrics', 'resource_metrics')) {
    const decoded = metricsOfJson(request)
    if (!decoded.ok) return { refused: badRequestReason, why: decoded.reason }
    return { parsed: factsOfMetrics(decoded.request, context), earliestMs: Number.POSITIVE_INFINITY }
  }
  return { refused: notOtlpReason, why: notOtlpReason }
}

/** Infinity where no span says when it started. */
export function earliestStartMs({ groups }: Pick<TracesRequest, 'groups'>): number {
  let earliestMs = Number.POSITIVE_INFINITY
  for (const { spans } of groups)
    for (const { startMs } of spans) if (startMs > 0) earliestMs = Math.min(earliestMs, startMs)
  return earliestMs
}

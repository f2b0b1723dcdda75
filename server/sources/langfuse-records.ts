// Finds traces and observations in what Langfuse exported, whichever way, and brings together what belongs to one trace. Names may be
// camelCase (API, console) or snake_case (blob storage).
import { isObject, type JsonObject, jsonOfLine } from './normal-values.ts'
import type { RecordSink } from './record-source.ts'
import { hexIdOf, rawTextOf } from './span-export.ts'

export type LangfuseTrace = {
  /** 32 hex digits. */
  id: string
  /** Absent where the export held only observations of it. */
  trace: JsonObject | undefined
  observations: JsonObject[]
}

export const notLangfuseReason = 'document is no Langfuse trace, observation or page of them'
export const notLangfuseRecordReason = 'record is no Langfuse trace or observation'
export const brokenLineReason = 'line is not JSON'
export const noTraceIdReason = 'trace has no id'
export const noTraceReason = 'observation has no trace'
export const scoreReason = 'Langfuse score: a judgement of a trace, no fact of it'
export const repeatedReason = 'trace or observation that the export holds twice'

/** In the order in which they are first spoken of. */
export function langfuseTraces(text: string, sink: RecordSink): Iterable<LangfuseTrace> {
  const gathered = new Gathered(sink)
  const whole = jsonOfLine(text)
  if (whole !== undefined) {
    if (!isObject(whole) && !Array.isArray(whole)) sink.refused(notLangfuseReason, text)
    else gathered.takeAll(whole)
    return gathered.traces.values()
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  // A broken document would be refused once for each of its lines.
  if (lines.length < 2 || jsonOfLine(lines[0] ?? '') === undefined) sink.refused(notLangfuseReason, text)
  else
    for (const line of lines) {
      const record = jsonOfLine(line)
      if (record === undefined) sink.refused(brokenLineReason, line)
      else gathered.takeAll(record)
    }
  return gathered.traces.values()
}

class Gathered {
  readonly traces = new Map<string, LangfuseTrace>()
  readonly #sink: RecordSink
  /** Pages overlap, and a trace stands in the list as well as alone. */
  readonly #seen = new Set<string>()

  constructor(sink: RecordSink) {
    this.#sink = sink
  }

  /** A list, a page, a session with its traces, or one record. */
  takeAll(value: unknown): void {
    const list = isObject(value) ? (value.data ?? value.traces) : value
    if (Array.isArray(list)) for (const record of list) this.#take(record)
    else this.#take(value)
  }

  #take(value: unknown): void {
    if (!isObject(value)) return this.#sink.refused(notLangfuseRecordReason, rawTextOf(value))
    const record = camelNamed(value)
    if (isObject(record.trace) && Array.isArray(record.observations))
      this.#takeTrace(camelNamed(record.trace), record.observations)
    else if (record.traceId !== undefined && (record.startTime !== undefined || record.type !== undefined))
      this.#takeObservation(record, undefined)
    else if (record.traceId !== undefined && record.value !== undefined)
      this.#sink.skipped(scoreReason, rawTextOf(value))
    else if (Array.isArray(record.observations) || (record.id !== undefined && record.timestamp !== undefined))
      this.#takeTrace(record, Array.isArray(record.observations) ? record.observations : [])
    else this.#sink.refused(notLangfuseRecordReason, rawTextOf(value))
  }

  #takeTrace(trace: JsonObject, observations: readonly unknown[]): void {
    const id = hexIdOf(trace.id, 32)
    if (id === undefined) this.#sink.refused(noTraceIdReason, rawTextOf(trace))
    else if (this.#isRepeated(id, 'trace')) this.#sink.skipped(repeatedReason, id)
    else this.#of(id).trace = trace
    // Lists of traces name their observations and do not hold them.
    for (const each of observations) if (typeof each !== 'string') this.#takeObservation(each, id)
  }

  #takeObservation(value: unknown, ofTrace: string | undefined): void {
    if (!isObject(value)) return this.#sink.refused(notLangfuseRecordReason, rawTextOf(value))
    const observation = camelNamed(value)
    const id = ofTrace ?? hexIdOf(observation.traceId, 32)
    if (id === undefined) return this.#sink.refused(noTraceReason, rawTextOf(value))
    if (typeof observation.id === 'string' && this.#isRepeated(id, observation.id))
      return this.#sink.skipped(repeatedReason, observation.id)
    this.#of(id).observations.push(observation)
  }

  #isRepeated(traceId: string, what: string): boolean {
    const key = `${traceId} ${what}`
    if (this.#seen.has(key)) return true
    this.#seen.add(key)
    return false
  }

  #of(id: string): LangfuseTrace {
    const known = this.traces.get(id)
    if (known !== undefined) return known
    const made: LangfuseTrace = { id, trace: undefined, observations: [] }
    this.traces.set(id, made)
    return made
  }
}

/** Only a record's own names; what lies inside is the user's. */
function camelNamed(record: JsonObject): JsonObject {
  if (!('trace_id' in record || 'project_id' in record || 'session_id' in record)) return record
  const named: { [key: string]: unknown } = Object.create(null)
  for (const [name, value] of Object.entries(record))
    named[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value
  return named
}

// What a convention's file says of one span, before it becomes events; and how attributes are read. Everything here is hostile text.
import type { Attributes, AttributeValue, Span } from './otlp-model.ts'

/** One tool call. `input` and `output` are text as the source gave them (JSON or plain), not yet cut. */
export type ActionReading = {
  type: 'action'
  what: string
  call?: string | undefined
  tool: string
  input: string
  output?: string | undefined
  outcome?: 'ok' | 'error' | 'denied' | 'unknown' | undefined
  /** Identity shared with the same call's log events; otherwise the span's own ids are used. */
  identity?: string | undefined
}

export type ModelReading = {
  type: 'model'
  what: string
  model: string
  provider?: string | undefined
  inputTokens?: number | undefined
  outputTokens?: number | undefined
  error?: string | undefined
  /** What the user said last before this call, when this call is the first to see it. */
  prompt?: string | undefined
  answer?: string | undefined
  identity?: string | undefined
}

/** A run of an agent: tells who works on what; the calls inside it are spans of their own. */
export type AgentReading = { type: 'agent'; what: string; task?: string | undefined }

/** Recognised, and on purpose no event: its content comes with another span. */
export type NothingReading = { type: 'nothing'; reason: string }

export type SpanReading = ActionReading | ModelReading | AgentReading | NothingReading

/** Answers undefined for a span of another convention. */
export type ReadSpan = (span: Span) => SpanReading | undefined

/** The first of the keys that holds anything, as text: strings as they are, everything else as compact JSON. */
export function firstText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textOf(attributes.get(key))
    if (text !== undefined) return text
  }
  return undefined
}

export function textOf(value: AttributeValue | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

/** The first of the keys that holds a count; text digits are taken too, anything else is no count. */
export function firstCount(attributes: Attributes, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = attributes.get(key)
    const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count
  }
  return undefined
}

/** A duration in milliseconds, given as a number or as text. */
export function durationMsOf(value: AttributeValue | undefined): number | undefined {
  const duration = typeof value === 'string' && /^\d{1,12}(\.\d{1,9})?$/.test(value) ? Number(value) : value
  return typeof duration === 'number' && Number.isFinite(duration) && duration >= 0 && duration < 1e12
    ? duration
    : undefined
}

/** Text that follows the prefix in a span's name, for example the tool of `execute_tool bash`. */
export function afterPrefix(name: string, prefix: string): string | undefined {
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length).trim() : undefined
}

/** Why a span failed, when it says so. */
export function failureOf(span: Span): string | undefined {
  if (span.status !== 'error' && !span.attributes.has('error.type')) return undefined
  if (span.statusMessage) return span.statusMessage
  const exception = span.events.find((event) => event.name === 'exception')
  const told = exception && firstText(exception.attributes, ['exception.message', 'exception.type'])
  return told ?? firstText(span.attributes, ['error.message', 'error.type']) ?? 'failed'
}

/** Parses text only when it looks like a JSON object or array; undefined otherwise. Never throws. */
export function jsonOf(text: string): unknown {
  const first = text.trimStart().charAt(0)
  if (first !== '{' && first !== '[') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// What a convention's file says of one log record: events in the making, or why it is none.
import type { Draft } from './event-draft.ts'
import type { LogRecord } from './otlp-model.ts'
import { firstText } from './span-reading.ts'

export type LogReading = { what: string; drafts: Draft[] } | { nothing: string }

/** The event's name: its own field, the older attribute, or (Claude Code) the body. Claude Code's attribute leaves its prefix out. */
export function eventNameOf(record: LogRecord): string {
  const body = typeof record.body === 'string' ? record.body : ''
  if (/^claude_code\.\w+$/.test(body)) return body
  return record.eventName || firstText(record.attributes, ['event.name']) || body
}

/** The record's own time, else its timestamp attribute, else when it was collected, else now. */
export function timeOfRecord(record: LogRecord, nowMs: number): number {
  if (record.timeMs !== 0) return record.timeMs
  const stamp = firstText(record.attributes, ['event.timestamp'])
  const stampMs = stamp === undefined ? Number.NaN : Date.parse(stamp)
  if (Number.isFinite(stampMs)) return stampMs
  return record.observedMs !== 0 ? record.observedMs : nowMs
}

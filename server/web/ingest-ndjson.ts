// NDJSON of native events: every line is judged on its own, so that one bad line costs one line.
import { isUtf8 } from 'node:buffer'
import type { EventInput } from '../protocol/event.ts'
import { parseEvent } from '../protocol/parse-event.ts'

/** A longer line is refused unread. */
export const lineBytesMax = 1024 * 1024

export type LineError = { line: number; reason: string }
export type ParsedLine = { line: number; event: EventInput }

/** Facts that the key fixes: added where the line is silent, so that a bound source need not repeat them. */
export type Defaults = { host?: string | undefined; session?: string | undefined }

/** Yields parsed lines and errors in order; `line` counts from 1. Empty lines are skipped. */
export function* parseNdjson(body: Buffer, defaults: Defaults): Generator<ParsedLine | LineError> {
  let line = 0
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(0x0a, start)
    const end = newline === -1 ? body.length : newline
    line += 1
    const bytes = body.subarray(start, end)
    start = end + 1
    const parsed = parseLine(bytes, defaults)
    if (parsed === undefined) continue
    yield parsed.ok ? { line, event: parsed.event } : { line, reason: parsed.reason }
  }
}

function parseLine(bytes: Buffer, defaults: Defaults): ReturnType<typeof parseEvent> | undefined {
  if (bytes.length > lineBytesMax) return { ok: false, reason: `line is longer than ${lineBytesMax} bytes` }
  if (!isUtf8(bytes)) return { ok: false, reason: 'line is not valid UTF-8' }
  const text = bytes.toString('utf8')
  if (text.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: 'line is not valid JSON' }
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const object = value as Record<string, unknown>
    if (defaults.host !== undefined && object.host === undefined) object.host = defaults.host
    if (defaults.session !== undefined && object.session === undefined) object.session = defaults.session
  }
  return parseEvent(value)
}

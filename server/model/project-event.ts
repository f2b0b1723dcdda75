// An event as a browser gets it: long texts cut, because an agent writes them and a screen shows their beginning. The log has the whole.
import type { EventView } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { cutText } from '../protocol/text.ts'

const textMax = 4_096
const argsMax = 64

export function projectEvent(event: StoredEvent): EventView {
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(event.data)) data[name] = cut(value)
  return {
    seq: event.seq,
    id: event.id,
    kind: event.kind,
    atMs: event.atMs,
    seenAtMs: event.seenAtMs,
    session: event.session,
    host: event.host,
    trust: event.trust,
    data,
  }
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, textMax)
  if (Array.isArray(value) && typeof value[0] === 'string') {
    const args = value.slice(0, argsMax).map((arg) => cutText(String(arg), 512))
    return value.length > argsMax ? [...args, `… [${value.length - argsMax} more arguments]`] : args
  }
  return value
}

/** About how many characters the event takes on the wire, before escapes. */
export function sizeOfEvent(event: EventView): number {
  let size = 200
  for (const value of Object.values(event.data)) {
    if (typeof value === 'string') size += value.length
    else if (Array.isArray(value)) for (const each of value) size += typeof each === 'string' ? each.length : 100
    else size += 40
  }
  return size
}

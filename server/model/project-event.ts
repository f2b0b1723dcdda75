// An event as a browser gets it: long texts cut, because an agent writes them and a screen shows their beginning. The log has the whole.
import type { EventView } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { maskValue, type SecretCounts } from '../protocol/secrets.ts'
import { cutText } from '../protocol/text.ts'

const textMax = 4_096
const argsMax = 64

/** Many browsers watch one session: an event is read once, for as long as it is held anywhere. */
const known = new WeakMap<StoredEvent, EventView>()

/** What looks like a secret is masked before anything is cut: half of one would be one too. */
export function projectEvent(event: StoredEvent): EventView {
  const before = known.get(event)
  if (before) return before
  const { data: whole, ...rest } = maskedEvent(event)
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(whole)) data[name] = cut(value)
  const view: EventView = { ...rest, data }
  known.set(event, view)
  return view
}

/** The event with all its text, masked. */
export function maskedEvent(event: StoredEvent): EventView {
  const masked: SecretCounts = {}
  const data = maskValue(event.data, masked) as Record<string, unknown>
  return {
    seq: event.seq,
    id: event.id,
    kind: event.kind,
    atMs: event.atMs,
    seenAtMs: event.seenAtMs,
    session: event.session,
    host: event.host,
    trust: event.trust,
    ...(Object.keys(masked).length > 0 && { masked }),
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

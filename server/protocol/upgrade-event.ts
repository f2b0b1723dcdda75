// Brings an event written by an older version to today's shape. The log is never rewritten: old events are upgraded when read.
// To change an event: raise `eventVersion`, add a step here, and keep a recording of the old shape under test.

type Json = Record<string, unknown>
const steps: ReadonlyMap<number, (event: Json) => Json> = new Map()

/** Applies every step from the event's version upwards; an event of an unknown version is returned as it is. */
export function upgradeEvent(event: Json): Json {
  let current = event
  for (;;) {
    const step = typeof current.v === 'number' ? steps.get(current.v) : undefined
    if (!step) return current
    current = step(current)
  }
}

// Facts of sensors name no session of their own: they wait a while for attribution to say whose they are. Live and in a backtest the same; the
// time is an argument.
import type { Owner } from './detection/events/detection-events.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import { signalGroups } from './protocol/signal-view.ts'

/** A fact waits so long; then it is judged as nobody's. */
export const ownerWaitMs = 15_000
const waitingMax = 20_000

const ofSensors: ReadonlySet<string> = new Set(Object.values(signalGroups).flat())

/** An event whose time to be judged has come. */
export type Judgeable = { event: StoredEvent; owner?: Owner }

export type OwnerWait = {
  /** What may be judged now that this event is known: itself, or what it says the owner of. */
  take(event: StoredEvent, nowMs: number): Judgeable[]
  /** What has waited long enough. */
  release(nowMs: number): Judgeable[]
  /** Everything that still waits. */
  releaseAll(): Judgeable[]
}

export function createOwnerWait(): OwnerWait {
  /** Oldest first. */
  const waiting = new Map<EventId, { event: StoredEvent; sinceMs: number }>()

  function owned(event: Extract<StoredEvent, { kind: 'attribution.made' }>): Judgeable[] {
    // A tie that was taken back says nothing of whose it is.
    if (event.data.level === undefined || event.session === undefined) return []
    const owner: Owner = { session: event.session, call: event.data.call }
    return event.data.subjects.flatMap(({ event: id }) => {
      const found = waiting.get(id)
      waiting.delete(id)
      return found ? [{ event: found.event, owner }] : []
    })
  }

  function oldest(count: number): Judgeable[] {
    const released: Judgeable[] = []
    for (const [id, { event }] of waiting) {
      if (released.length >= count) break
      waiting.delete(id)
      released.push({ event })
    }
    return released
  }

  return {
    take(event, nowMs) {
      if (event.kind === 'attribution.made') return owned(event)
      if (event.session !== undefined || !ofSensors.has(event.kind)) return [{ event }]
      waiting.set(event.id, { event, sinceMs: nowMs })
      return oldest(waiting.size - waitingMax)
    },
    release(nowMs) {
      let late = 0
      for (const { sinceMs } of waiting.values()) {
        if (nowMs - sinceMs < ownerWaitMs) break
        late += 1
      }
      return oldest(late)
    },
    releaseAll: () => oldest(waiting.size),
  }
}

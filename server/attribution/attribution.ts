// Events in, conclusions out: `gather.ts` keeps facts as evidence and marks what they may change, `conclude.ts` concludes that anew.
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { type CurrentTie, createConclusions } from './conclude.ts'
import { createGatherer } from './gather.ts'
import { createItems } from './items.ts'
import { createWorld } from './world.ts'

export type { CurrentTie } from './conclude.ts'

export type Attribution = {
  take(event: StoredEvent): void
  /** Is there anything that a new fact may have changed? */
  isPending(): boolean
  /** Concludes what is marked, at most `itemsMax` things at once; answers the events to append. */
  settle(nowMs: number, newId: () => EventId, itemsMax?: number): EventInput[]
  /** What is concluded now of a fact. */
  tieOf(event: EventId): CurrentTie | undefined
  /** Clocks that were compared: `against` minus `clock`. */
  clocks(): { clock: string; against: string; offsetMs: number; spreadMs: number; pairs: number }[]
  /** Ends the reading of an old log: what it concluded stands until something new comes. */
  caughtUp(): void
}

export function createAttribution(): Attribution {
  const world = createWorld()
  const items = createItems(world)
  const clocks = { areDirty: false }
  const gather = createGatherer(world, items, clocks)
  const { takeWritten, settle, tieOf } = createConclusions(world, items, clocks)
  return {
    take(event) {
      if (event.kind === 'attribution.made') takeWritten(event)
      else gather(event)
    },
    isPending: () => items.isPending() || clocks.areDirty,
    settle,
    tieOf,
    clocks: () => world.offsets.list().map(({ clock, against, estimate }) => ({ clock, against, ...estimate })),
    caughtUp() {
      for (const item of items.all) item.restored = item.written !== undefined
    },
  }
}

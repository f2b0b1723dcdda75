// Facts that name no session, as they were listed at a place of the log, with the ties that were concluded by then. As much is read back as
// a server that started there would have read again, so that the list is bounded however long the log is.
import type { EventOf, StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import { signalGroups, type TieView } from './protocol/signal-view.ts'
import { createSignalBoard, type SignalBoard } from './signal-board.ts'

/** As server/attribution-keeper.ts reads again after a start. */
export const readBackEvents = 150_000
const perKind = 1_000
const tiesMax = 20_000

export type ReadNewest = (query: {
  afterSeq: number
  throughSeq: number
  kinds: readonly string[]
  perKind: number
}) => Promise<StoredEvent[]>

export type PastSignals = { seq: number; sinceSeq: number; board: SignalBoard; ties: Map<EventId, TieView> }

/** `from`: what was put together for an earlier place; it is this one's own from then on, and nobody else may look at it. */
export async function signalsUpTo(seq: number, readNewest: ReadNewest, from?: PastSignals): Promise<PastSignals> {
  const sinceSeq = from?.sinceSeq ?? Math.max(0, seq - readBackEvents)
  const within = { afterSeq: from?.seq ?? sinceSeq, throughSeq: seq }
  const kinds = Object.values(signalGroups).flat()
  const facts = await readNewest({ ...within, kinds, perKind })
  const made = await readNewest({ ...within, kinds: ['attribution.made'], perKind: tiesMax })
  const ties = from?.ties ?? new Map<EventId, TieView>()
  for (const event of made) if (event.kind === 'attribution.made') takeTie(ties, event)
  const board = from?.board ?? createSignalBoard((id) => ties.get(id))
  for (const event of facts) board.take(event)
  return { seq, sinceSeq, board, ties }
}

/** The newest conclusion counts; one without a level takes back what was said of its session. */
function takeTie(ties: Map<EventId, TieView>, { id, session, data }: EventOf<'attribution.made'>): void {
  if (session === undefined) return
  const { level, call, score = 0 } = data
  for (const { event } of data.subjects) {
    if (level !== undefined) ties.set(event, { session, call, level, score, event: id })
    else if (ties.get(event)?.session === session) ties.delete(event)
  }
}

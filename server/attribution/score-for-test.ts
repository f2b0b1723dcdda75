// Runs attribution over events as the server would, and counts what it got right.
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { type CurrentTie, createAttribution } from './attribution.ts'

export type Truth = ReadonlyMap<EventId, { session: string; call: string }>

/** Feeds events in portions and settles after each; answers every conclusion that was written, as stored events. */
export function attributeAll(events: readonly StoredEvent[], portion = 500) {
  const attribution = createAttribution()
  const written: StoredEvent[] = []
  let ids = 0
  const newId = () => {
    ids += 1
    return `ffffffff-0000-4000-8000-${ids.toString(16).padStart(12, '0')}` as EventId
  }
  const settle = (nowMs: number) => {
    for (let rounds = 0; attribution.isPending() && rounds < 1_000; rounds += 1) {
      for (const event of attribution.settle(nowMs, newId)) {
        const stored = {
          ...event,
          partition: 0,
          seq: 1_000_000 + written.length,
          seenAtMs: nowMs,
          trust: 'vigil',
        } as StoredEvent
        written.push(stored)
        attribution.take(stored)
      }
    }
  }
  let nowMs = 0
  for (const [index, event] of events.entries()) {
    attribution.take(event)
    nowMs = event.seenAtMs
    if (index % portion === portion - 1) settle(nowMs)
  }
  settle(nowMs)
  return { attribution, written }
}

export type Score = {
  facts: number
  claimed: number
  right: number
  wrongSession: number
  precision: number
  recall: number
  wrong: EventId[]
  missed: EventId[]
}

/** A claim names a call; a tie to a session alone claims none. */
export function scoreTies(
  truth: Truth,
  tieOf: (event: EventId) => CurrentTie | undefined,
  only?: (event: EventId) => boolean,
): Score {
  let [facts, claimed, right, wrongSession] = [0, 0, 0, 0]
  const wrong: EventId[] = []
  const missed: EventId[] = []
  for (const [event, cause] of truth) {
    if (only && !only(event)) continue
    facts += 1
    const tie = tieOf(event)
    if (tie && tie.session !== cause.session) wrongSession += 1
    if (tie?.call === undefined) {
      missed.push(event)
      continue
    }
    claimed += 1
    if (tie.session === cause.session && tie.call === cause.call) right += 1
    else wrong.push(event)
  }
  return {
    facts,
    claimed,
    right,
    wrongSession,
    precision: claimed === 0 ? 1 : right / claimed,
    recall: facts === 0 ? 1 : right / facts,
    wrong,
    missed,
  }
}

// A session that left memory, rebuilt from its own events by the same reducer.
import type pg from 'pg'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { type ConsoleState, emptyState } from '../model/state.ts'
import type { SessionId } from '../protocol/ids.ts'
import { readSessionEvents } from './read-events.ts'

const batch = 5_000
const batchBytes = 32 * 1024 * 1024

/** A state that holds this one session (and nothing of its host), or undefined when the log does not know it. */
export async function sessionFromLog(pool: pg.Pool, session: SessionId): Promise<ConsoleState | undefined> {
  const state = emptyState()
  let afterSeq = 0
  for (;;) {
    const { events, more } = await readSessionEvents(pool, { session, afterSeq, limit: batch, bytesMax: batchBytes })
    for (const event of events) applyEvent(state, event, nothingTouched())
    if (!more) return state.sessions.has(session) ? state : undefined
    afterSeq = events.at(-1)?.seq ?? afterSeq
  }
}

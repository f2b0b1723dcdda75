// Requests for a person and what was decided, out of the log by their own index.
import type pg from 'pg'
import type { StoredEvent } from '../protocol/event.ts'
import { type EventRow, eventColumns, eventOfRow } from './read-events.ts'

/** The newest `limit` since then, oldest first. */
export async function readApprovalEvents(pool: pg.Pool, sinceMs: number, limit: number): Promise<StoredEvent[]> {
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE kind IN ('approval.requested', 'approval.decided')
       AND seen_at >= to_timestamp($1 / 1000.0)
     ORDER BY seen_at DESC, seq DESC LIMIT $2`,
    [sinceMs, limit],
  )
  return result.rows.map(eventOfRow).reverse()
}

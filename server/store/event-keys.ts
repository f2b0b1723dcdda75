// Idempotency keys need not be kept for ever: only as long as a sender may still repeat itself.
import type pg from 'pg'

export async function forgetEventKeys(client: pg.ClientBase, beforeMs: number): Promise<void> {
  await client.query('DELETE FROM event_key WHERE seen_at < to_timestamp($1 / 1000.0)', [beforeMs])
}

// Flags and verdicts out of the log, by their own index: they are few among everything else. Their data is read whole and not asked in SQL:
// what matched is the agent's text, and a \u0000 in it makes PostgreSQL's JSON operators fail.
import type pg from 'pg'
import type { StoredEvent } from '../protocol/event.ts'
import { type EventRow, eventColumns, eventOfRow } from './read-events.ts'
import { ruleOfData } from './read-numbers.ts'

/** The newest `limit` flags and verdicts since then, oldest first. */
export async function readFlags(pool: pg.Pool, sinceMs: number, limit: number): Promise<StoredEvent[]> {
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE kind IN ('flag.raised', 'flag.judged') AND seen_at >= to_timestamp($1 / 1000.0)
     ORDER BY seen_at DESC, seq DESC LIMIT $2`,
    [sinceMs, limit],
  )
  return result.rows.map(eventOfRow).reverse()
}

/** Undefined where the log has no such flag. */
export async function readFlag(pool: pg.Pool, id: string): Promise<StoredEvent | undefined> {
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE kind = 'flag.raised' AND id = $1`,
    [id],
  )
  return result.rows[0] && eventOfRow(result.rows[0])
}

/** Flags of one rule in a span, newest first; `more`: there are older ones in it. Those of the span are looked through by their own index. */
export async function readFlagsOfRule(
  pool: pg.Pool,
  query: { rule: string; fromMs: number; toMs: number; beforeSeq?: number | undefined; limit: number },
): Promise<{ events: StoredEvent[]; more: boolean }> {
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE kind IN ('flag.raised', 'flag.judged') AND kind = 'flag.raised'
       AND seen_at >= to_timestamp($1 / 1000.0) AND seen_at < to_timestamp($2 / 1000.0) AND seq < $3 AND ${ruleOfData} = $4
     ORDER BY seen_at DESC, seq DESC LIMIT $5`,
    [query.fromMs, query.toMs, query.beforeSeq ?? Number.MAX_SAFE_INTEGER, query.rule, query.limit + 1],
  )
  const events = result.rows.map(eventOfRow)
  return { events: events.slice(0, query.limit), more: events.length > query.limit }
}

/** Those of them that the log has since then. */
export async function readFlagsById(pool: pg.Pool, ids: readonly string[], sinceMs: number): Promise<StoredEvent[]> {
  if (ids.length === 0) return []
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE kind IN ('flag.raised', 'flag.judged') AND kind = 'flag.raised'
       AND seen_at >= to_timestamp($1 / 1000.0) AND id = ANY($2::uuid[])`,
    [sinceMs, ids],
  )
  return result.rows.map(eventOfRow)
}

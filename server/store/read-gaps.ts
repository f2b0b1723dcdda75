// The few facts that tell what was not seen, by an index of their own: also those that name no session and no host.
import type pg from 'pg'
import type { StoredEvent } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import { type EventRow, eventColumns, eventOfRow } from './read-events.ts'

/** As the index has it (migration `gap_facts`), word for word: PostgreSQL uses a partial index only then. */
const tells = "kind IN ('gap.recorded', 'probe.connected', 'probe.disconnected')"

export type GapFactsQuery = {
  hosts: readonly HostId[]
  sessions: readonly SessionId[]
  fromMs: number
  toMs: number
  limit: number
}

/**
 * Those of these hosts and sessions, and of the server itself, seen from `fromMs` to `toMs`, the newest `limit`; and of each host the last that
 * was said of its probe before. `more`: older ones are left out.
 */
export async function readGapFacts(
  pool: pg.Pool,
  { hosts, sessions, fromMs, toMs, limit }: GapFactsQuery,
): Promise<{ facts: StoredEvent[]; more: boolean }> {
  const within = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE ${tells}
       AND seen_at >= to_timestamp($1 / 1000.0) AND seen_at <= to_timestamp($2 / 1000.0)
       AND ((host IS NULL AND session IS NULL) OR session = ANY($4::text[]) OR (host = ANY($3::text[]) AND session IS NULL))
     ORDER BY seen_at DESC, seq DESC LIMIT $5 + 1`,
    [fromMs, toMs, hosts, sessions, limit],
  )
  const kept = within.rows.slice(0, limit)
  const more = within.rows.length > limit
  const oldest = more ? kept.at(-1)?.seen_at.getTime() : undefined
  const before = await pool.query<EventRow>(
    `SELECT e.* FROM unnest($1::text[]) AS asked(name) CROSS JOIN LATERAL (
       SELECT ${eventColumns} FROM event WHERE ${tells} AND kind <> 'gap.recorded' AND trust = 'vigil'
         AND host = asked.name AND seen_at < to_timestamp($2 / 1000.0)
       ORDER BY seen_at DESC, seq DESC LIMIT 1
     ) AS e`,
    [hosts, oldest ?? fromMs],
  )
  return { facts: [...before.rows, ...kept].map(eventOfRow), more }
}

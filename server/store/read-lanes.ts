// The newest events of a few sessions at once, for their lanes: by the index of sessions, a bounded number of each, whatever an agent writes.
import type pg from 'pg'
import type { SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'

/** Events of one session that are looked at, of every kind. */
const eventsMax = 1_000
/** Longer data (an agent chooses how long) is not read: the mark says so. */
const dataBytesMax = 16_384

export type LaneFactRow = {
  session: SessionId
  seq: number
  kind: string
  atMs: number
  seenAtMs: number
  trust: Trust
  data: Record<string, unknown>
}

type Row = {
  session: string
  seq: string
  kind: string
  at: Date
  seen_at: Date
  trust: string
  data: unknown
  looked: string
}

/** Ascending by `seq` within each session. `cut`: sessions of which older events since then were not looked at. */
export async function readLanes(
  pool: pg.Pool,
  query: { sessions: readonly SessionId[]; sinceMs: number; untilMs?: number | undefined; kinds: readonly string[] },
): Promise<{ facts: LaneFactRow[]; cut: ReadonlyMap<SessionId, number> }> {
  const result = await pool.query<Row>(
    `SELECT e.session, e.seq, e.kind, e.at, e.seen_at, e.trust, e.looked,
       CASE WHEN octet_length(e.data::text) <= $5 THEN e.data END AS data
     FROM unnest($1::text[]) AS asked(session) CROSS JOIN LATERAL (
       SELECT *, count(*) OVER () AS looked, min(seq) OVER () AS first FROM (
         SELECT session, seq, kind, at, seen_at, trust, data FROM event
         WHERE session = asked.session AND seen_at >= to_timestamp($2 / 1000.0)
           AND ($6::float8 IS NULL OR seen_at <= to_timestamp($6 / 1000.0))
         ORDER BY seq DESC LIMIT $4
       ) AS newest
     ) AS e
     -- The oldest that was looked at says how far back it goes, whatever kind it is.
     WHERE e.kind = ANY($3) OR e.seq = e.first
     ORDER BY e.session, e.seq`,
    [query.sessions, query.sinceMs, query.kinds, eventsMax, dataBytesMax, query.untilMs ?? null],
  )
  const cut = new Map<SessionId, number>()
  const facts: LaneFactRow[] = []
  for (const { session, seq, kind, at, seen_at, trust, data, looked } of result.rows) {
    const id = session as SessionId
    if (Number(looked) >= eventsMax && !cut.has(id)) cut.set(id, at.getTime())
    if (!query.kinds.includes(kind)) continue
    facts.push({
      session: id,
      seq: Number(seq),
      kind,
      atMs: at.getTime(),
      seenAtMs: seen_at.getTime(),
      trust: trust as Trust,
      data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
    })
  }
  return { facts, cut }
}

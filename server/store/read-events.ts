// Reading the log. Events come back in the order of the log and in today's shape, whatever version wrote them.
import type pg from 'pg'
import { eventVersion, type StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { upgradeEvent } from '../protocol/upgrade-event.ts'

export type EventRow = {
  partition: number
  seq: string
  id: string
  seen_at: Date
  at: Date
  kind: string
  version: number
  trust: string
  session: string | null
  host: string | null
  source: string | null
  data: unknown
}

export const eventColumns = 'partition, seq, id, seen_at, at, kind, version, trust, session, host, source, data'

export function eventOfRow(row: EventRow): StoredEvent {
  const event = {
    v: row.version,
    partition: row.partition,
    seq: Number(row.seq),
    id: row.id,
    seenAtMs: row.seen_at.getTime(),
    atMs: row.at.getTime(),
    kind: row.kind,
    trust: row.trust,
    ...(row.session !== null && { session: row.session }),
    ...(row.host !== null && { host: row.host }),
    ...(row.source !== null && { source: row.source }),
    data: row.data,
  }
  // Every row was parsed before it was written; only its version may be old.
  return (row.version === eventVersion ? event : upgradeEvent(event)) as unknown as StoredEvent
}

/** Up to `limit` events of a partition after `afterSeq`, ascending, `throughSeq` the last that may be among them. */
export async function readLog(
  pool: pg.Pool,
  query: { partition: number; afterSeq: number; throughSeq?: number; limit: number },
): Promise<StoredEvent[]> {
  // Bounded by the key and nothing else: a bound by time would look for more through the whole rest of the log.
  const result = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE partition = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
    [query.partition, query.afterSeq, query.throughSeq ?? Number.MAX_SAFE_INTEGER, query.limit],
  )
  return result.rows.map(eventOfRow)
}

export type SessionEventsQuery = {
  session: SessionId
  /** Ascending after this one … */
  afterSeq?: number | undefined
  /** … or the newest before this one (still answered ascending). */
  beforeSeq?: number | undefined
  kinds?: string[] | undefined
  /** Text that stands in their data, whatever its case. */
  text?: string | undefined
  limit: number
  bytesMax?: number | undefined
}

/**
 * Events of one session, ascending. Without `afterSeq` these are the newest ones (before `beforeSeq`). `more`: there are others beyond,
 * in the direction of reading. `bytesMax` bounds their data (an agent chooses how long its words are); one event is always answered.
 */
export async function readSessionEvents(
  pool: pg.Pool,
  query: SessionEventsQuery,
): Promise<{ events: StoredEvent[]; more: boolean }> {
  const forward = query.afterSeq !== undefined
  const order = forward ? 'ASC' : 'DESC'
  const result = await pool.query<EventRow & { place: string; bytes: string; found: string }>(
    `SELECT * FROM (
       SELECT *, row_number() OVER w AS place, sum(octet_length(data::text)) OVER w AS bytes, count(*) OVER () AS found FROM (
         SELECT ${eventColumns} FROM event
         WHERE session = $1 AND seq ${forward ? '>' : '<'} $2 AND ($3::text[] IS NULL OR kind = ANY($3))
           AND ($6::text IS NULL OR strpos(lower(data::text), $6) > 0)
         ORDER BY seq ${order} LIMIT $4 + 1
       ) AS page WINDOW w AS (ORDER BY seq ${order})
     ) AS counted WHERE place <= $4 AND (place = 1 OR bytes <= $5) ORDER BY seq ${order}`,
    [
      query.session,
      forward ? query.afterSeq : (query.beforeSeq ?? Number.MAX_SAFE_INTEGER),
      query.kinds ?? null,
      query.limit,
      query.bytesMax ?? Number.MAX_SAFE_INTEGER,
      // As JSON writes it, which is how it lies in the log. Only the session's own events are looked at, by its index.
      query.text === undefined ? null : JSON.stringify(query.text).slice(1, -1).toLowerCase(),
    ],
  )
  const events = result.rows.map(eventOfRow)
  const more = Number(result.rows[0]?.found ?? 0) > events.length
  return { events: forward ? events : events.reverse(), more }
}

/** The number of the first event that the server saw at or after that time; one past the head where there is none. */
export async function firstSeqSince(
  pool: pg.Pool,
  query: { partition: number; sinceMs: number; headSeq: number },
): Promise<number> {
  // Numbers and times rise together, and the numbers are the primary key: halving the range costs a few dozen lookups, whatever its size.
  let low = 1
  let high = query.headSeq + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const result = await pool.query<{ seq: string; seen_at: Date }>(
      'SELECT seq, seen_at FROM event WHERE partition = $1 AND seq >= $2 ORDER BY seq LIMIT 1',
      [query.partition, middle],
    )
    const found = result.rows[0]
    if (!found || found.seen_at.getTime() >= query.sinceMs) high = middle
    else low = Number(found.seq) + 1
  }
  return low
}

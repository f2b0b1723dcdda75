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

type EventTuple = [
  seq: number,
  id: string,
  seenAtMs: number,
  atMs: number,
  kind: string,
  version: number,
  trust: string,
  session: string | null,
  host: string | null,
  source: string | null,
  data: unknown,
]

/** Agents choose how long their words are, and no text may be longer than 512 MB. */
const pageBytesMax = 32 * 1024 * 1024

/**
 * Up to `limit` events of a partition after `afterSeq`, ascending, `throughSeq` the last that may be among them; fewer where they are long,
 * and none only at the end. They come as one text of JSON: read row by row and column by column they cost this process twice as much, and a look back reads thousands.
 */
export async function readLog(
  pool: pg.Pool,
  query: { partition: number; afterSeq: number; throughSeq?: number; limit: number },
): Promise<StoredEvent[]> {
  // Bounded by the key and nothing else: a bound by time would look for more through the whole rest of the log.
  const result = await pool.query<{ events: EventTuple[] | null }>(
    `SELECT json_agg(json_build_array(seq, id, extract(epoch FROM seen_at) * 1000, extract(epoch FROM at) * 1000,
         kind, version, trust, session, host, source, data) ORDER BY seq) AS events
     FROM (
       SELECT *, row_number() OVER w AS place, sum(octet_length(data::text)) OVER w AS bytes FROM (
         SELECT ${eventColumns} FROM event WHERE partition = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4
       ) AS page WINDOW w AS (ORDER BY seq)
     ) AS counted WHERE place = 1 OR bytes <= $5`,
    [query.partition, query.afterSeq, query.throughSeq ?? Number.MAX_SAFE_INTEGER, query.limit, pageBytesMax],
  )
  return (result.rows[0]?.events ?? []).map((tuple) => eventOfTuple(query.partition, tuple))
}

function eventOfTuple(
  partition: number,
  [seq, id, seenAtMs, atMs, kind, v, trust, session, host, source, data]: EventTuple,
): StoredEvent {
  const event = {
    v,
    partition,
    seq,
    id,
    seenAtMs,
    atMs,
    kind,
    trust,
    ...(session !== null && { session }),
    ...(host !== null && { host }),
    ...(source !== null && { source }),
    data,
  }
  return (v === eventVersion ? event : upgradeEvent(event)) as unknown as StoredEvent
}

export type SessionEventsQuery = {
  session: SessionId
  /** Ascending after this one … */
  afterSeq?: number | undefined
  /** … or the newest before this one (still answered ascending). */
  beforeSeq?: number | undefined
  kinds?: string[] | undefined
  /** None that the server saw later than then. */
  untilMs?: number | undefined
  /** Text that stands in their data, whatever its case. Looked for in so many events at a time; `lookedTo` says where to go on. */
  text?: string | undefined
  /** Events that a search looks at; absent: as many as a tenth of a second, or two, are enough for. */
  searchMax?: number | undefined
  limit: number
  bytesMax?: number | undefined
}

/** A session may have hundreds of thousands. */
const searchedMax = 20_000

/**
 * Events of one session, ascending. Without `afterSeq` these are the newest ones (before `beforeSeq`). `more`: there are others beyond,
 * in the direction of reading. `bytesMax` bounds their data (an agent chooses how long its words are); one event is always answered.
 * `lookedTo`: a search ended there with more to look at beyond it, whether or not it has found anything.
 */
export async function readSessionEvents(
  pool: pg.Pool,
  query: SessionEventsQuery,
): Promise<{ events: StoredEvent[]; more: boolean; lookedTo?: number }> {
  const forward = query.afterSeq !== undefined
  const order = forward ? 'ASC' : 'DESC'
  const fromSeq = forward ? query.afterSeq : (query.beforeSeq ?? Number.MAX_SAFE_INTEGER)
  const lookedTo = query.text === undefined ? undefined : await searchEnd(pool, query, forward, fromSeq ?? 0)
  const result = await pool.query<EventRow & { place: string; bytes: string; found: string }>(
    `SELECT * FROM (
       SELECT *, row_number() OVER w AS place, sum(octet_length(data::text)) OVER w AS bytes, count(*) OVER () AS found FROM (
         SELECT ${eventColumns} FROM event
         WHERE session = $1 AND seq ${forward ? '>' : '<'} $2 AND ($3::text[] IS NULL OR kind = ANY($3))
           AND ($6::text IS NULL OR strpos(lower(data::text), $6) > 0)
           AND seq ${forward ? '<=' : '>='} $7
           AND ($8::float8 IS NULL OR seen_at <= to_timestamp($8 / 1000.0))
         ORDER BY seq ${order} LIMIT $4 + 1
       ) AS page WINDOW w AS (ORDER BY seq ${order})
     ) AS counted WHERE place <= $4 AND (place = 1 OR bytes <= $5) ORDER BY seq ${order}`,
    [
      query.session,
      fromSeq,
      query.kinds ?? null,
      query.limit,
      query.bytesMax ?? Number.MAX_SAFE_INTEGER,
      // As JSON writes it, which is how it lies in the log. Only the session's own events are looked at, by its index.
      query.text === undefined ? null : JSON.stringify(query.text).slice(1, -1).toLowerCase(),
      lookedTo ?? (forward ? Number.MAX_SAFE_INTEGER : 0),
      query.untilMs ?? null,
    ],
  )
  const events = result.rows.map(eventOfRow)
  const more = Number(result.rows[0]?.found ?? 0) > events.length
  return {
    events: forward ? events : events.reverse(),
    more,
    ...(lookedTo !== undefined && !more && { lookedTo }),
  }
}

/** The last event that a search from there looks at, by the index of sessions alone; undefined: it comes to the end. */
async function searchEnd(
  pool: pg.Pool,
  { session, searchMax = searchedMax }: SessionEventsQuery,
  forward: boolean,
  fromSeq: number,
): Promise<number | undefined> {
  const result = await pool.query<{ seq: string }>(
    `SELECT seq FROM event WHERE session = $1 AND seq ${forward ? '>' : '<'} $2
     ORDER BY seq ${forward ? 'ASC' : 'DESC'} OFFSET $3 LIMIT 2`,
    [session, fromSeq, searchMax - 1],
  )
  // The second one says that there is more beyond.
  const [last, beyond] = result.rows
  return last && beyond ? Number(last.seq) : undefined
}

/** The number of the first event that the server saw at or after that time; one past the head where there is none. */
export async function firstSeqSince(
  pool: pg.Pool,
  query: { partition: number; sinceMs: number; headSeq: number },
): Promise<number> {
  // Numbers and times rise together, and the numbers are the primary key: halving the range costs a few dozen lookups, whatever its size. In
  // one statement, because every question of its own would have to be planned over all days, and waited for.
  const result = await pool.query<{ low: string }>(
    `WITH RECURSIVE halved(low, high) AS (
       SELECT 1::int8, $3::int8 + 1
       UNION ALL
       SELECT CASE WHEN is_high THEN low ELSE found_seq + 1 END, CASE WHEN is_high THEN middle ELSE high END
       FROM (
         SELECT low, high, (low + high) / 2 AS middle, found.seq AS found_seq,
           coalesce(found.seen_at >= to_timestamp($2 / 1000.0), true) AS is_high
         FROM halved LEFT JOIN LATERAL (
           SELECT seq, seen_at FROM event WHERE partition = $1 AND seq >= (low + high) / 2 ORDER BY seq LIMIT 1
         ) AS found ON true
         WHERE low < high
       ) AS looked
     ) SELECT low FROM halved WHERE low >= high`,
    [query.partition, query.sinceMs, query.headSeq],
  )
  return Number(result.rows[0]?.low ?? query.headSeq + 1)
}

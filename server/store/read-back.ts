// Facts of chosen kinds among the events up to a place of the log: what a list as of a moment is made of. Bounded by numbers of events, so
// that a moment in a log of millions costs the same as one in a short log.
import type pg from 'pg'
import type { StoredEvent } from '../protocol/event.ts'
import { type EventRow, eventColumns, eventOfRow } from './read-events.ts'

type Within = { partition: number; afterSeq: number; throughSeq: number; kinds: readonly string[] }

/** Of each kind the newest `perKind`, ascending by number. */
export async function readNewestOfKinds(
  pool: pg.Pool,
  { partition, afterSeq, throughSeq, kinds, perKind }: Within & { perKind: number },
): Promise<StoredEvent[]> {
  const { rows } = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM (
       SELECT *, row_number() OVER (PARTITION BY kind ORDER BY seq DESC) AS place FROM event
       WHERE partition = $1 AND seq > $2 AND seq <= $3 AND kind = ANY($4::text[])
     ) AS counted WHERE place <= $5 ORDER BY seq`,
    [partition, afterSeq, throughSeq, kinds, perKind],
  )
  return rows.map(eventOfRow)
}

/** The first `limit` of these kinds, ascending: the next page begins after the last of them. */
export async function readOfKinds(
  pool: pg.Pool,
  { partition, afterSeq, throughSeq, kinds, limit }: Within & { limit: number },
): Promise<StoredEvent[]> {
  const { rows } = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE partition = $1 AND seq > $2 AND seq <= $3 AND kind = ANY($4::text[])
     ORDER BY seq LIMIT $5`,
    [partition, afterSeq, throughSeq, kinds, limit],
  )
  return rows.map(eventOfRow)
}

/** When the first event after that number was seen. */
export async function seenAtAfter(pool: pg.Pool, partition: number, afterSeq: number): Promise<number | undefined> {
  const { rows } = await pool.query<{ seen_at: Date }>(
    'SELECT seen_at FROM event WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT 1',
    [partition, afterSeq],
  )
  return rows[0]?.seen_at.getTime()
}

/** A row that was known by then. `detail`: only where nothing was counted on it since, so that its figures are those of then. */
export type KnownDestination = { key: string; firstSeenAtMs: number; detail: unknown }

export async function readDestinationsKnownBy(pool: pg.Pool, atMs: number): Promise<KnownDestination[]> {
  const { rows } = await pool.query<{ key: string; first: number; detail: unknown }>(
    `SELECT key, (detail->>'firstSeenAtMs')::float8 AS first,
       CASE WHEN (detail->>'lastSeenAtMs')::float8 <= $1 THEN detail END AS detail
     FROM destination WHERE (detail->>'firstSeenAtMs')::float8 <= $1`,
    [atMs],
  )
  return rows.map(({ key, first, detail }) => ({ key, firstSeenAtMs: first, detail: detail ?? undefined }))
}

// What goes into an evidence bundle, out of the log: the sessions' own events in order, those beside them that explain them, and their audit.
import type pg from 'pg'
import type { LoggedEvent } from '../bundle/lines.ts'
import { type AuditLink, auditGenesis } from '../protocol/audit.ts'
import type { EventId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'
import type { EventRow } from './read-events.ts'

export type BundleQuery = {
  partition: number
  /** Nothing behind it: a bundle is of one moment. */
  headSeq: number
  sessions: readonly string[]
  /** By the server's clock, both included. */
  fromMs?: number | undefined
  toMs?: number | undefined
}

/** Events of no session that are read into memory; more than these are left out, and that is said. */
const besideMax = 20_000
const pageEvents = 2_000
/** An alert may reach the log long after the tie that names it would allow: this long before the session it is looked for. */
const tiedBeforeMs = 3_600_000

const columns = 'partition, seq, id, seen_at, at, kind, version, trust, session, host, source, data::text AS data'
const within = `partition = $1 AND seq <= $2 AND session = ANY($3::text[])
  AND ($4::float8 IS NULL OR seen_at >= to_timestamp($4 / 1000.0)) AND ($5::float8 IS NULL OR seen_at <= to_timestamp($5 / 1000.0))`
const valuesOf = ({ partition, headSeq, sessions, fromMs, toMs }: BundleQuery) => [
  partition,
  headSeq,
  sessions,
  fromMs ?? null,
  toMs ?? null,
]

export type BundleScope = { events: number; known: string[]; beside: LoggedEvent[]; besideLeftOut: boolean }

/** How much there is, which of the sessions the log knows, and the events beside. */
export async function readBundleScope(pool: pg.Pool, query: BundleQuery): Promise<BundleScope> {
  const counted = await pool.query<{ session: string; count: string; first: Date; last: string; hosts: string[] }>(
    `SELECT session, count(*) AS count, min(seen_at) AS first, max(seq) AS last, array_remove(array_agg(DISTINCT host), NULL) AS hosts
     FROM event WHERE ${within} GROUP BY session`,
    valuesOf(query),
  )
  const { rows } = counted
  const events = rows.reduce((sum, { count }) => sum + Number(count), 0)
  if (events === 0) return { events, known: [], beside: [], besideLeftOut: false }
  const tied = await pool.query<{ id: string }>(
    `SELECT DISTINCT subject->>'event' AS id FROM (SELECT data FROM event WHERE ${within} AND kind = 'attribution.made') AS ties,
       json_array_elements(data->'subjects') AS subject LIMIT ${besideMax}`,
    valuesOf(query),
  )
  const containments = await pool.query<{ id: string }>(
    `SELECT DISTINCT data->>'containment' AS id FROM event
     WHERE ${within} AND kind = 'control.requested' AND data->>'containment' IS NOT NULL LIMIT 1000`,
    valuesOf(query),
  )
  const firstMs = Math.min(...rows.map(({ first }) => first.getTime()))
  const beside = await pool.query<TextRow>(
    `SELECT ${columns} FROM event WHERE partition = $1 AND seq <= $2 AND ($4::float8 IS NULL OR seen_at <= to_timestamp($4 / 1000.0))
       AND (session IS NULL OR NOT session = ANY($3::text[])) AND (
         (session IS NULL AND kind IN ('probe.connected', 'probe.disconnected', 'gpu.inventory') AND host = ANY($5::text[]))
         OR (session IS NULL AND kind ~ '^(containment|proposal|finding|incident)\\.'
             AND EXISTS (SELECT FROM unnest($6::text[]) AS name WHERE position(to_json(name)::text IN data::text) > 0))
         OR (id = ANY($7::uuid[]) AND seen_at >= to_timestamp($8 / 1000.0)))
     ORDER BY seq LIMIT ${besideMax + 1}`,
    [
      query.partition,
      query.headSeq,
      query.sessions,
      query.toMs ?? null,
      [...new Set(rows.flatMap(({ hosts }) => hosts))],
      [...query.sessions, ...containments.rows.map(({ id }) => id)],
      tied.rows.map(({ id }) => id),
      firstMs - tiedBeforeMs,
    ],
  )
  return {
    events,
    known: rows.map(({ session }) => session),
    beside: beside.rows.slice(0, besideMax).map(loggedOf),
    besideLeftOut: beside.rows.length > besideMax,
  }
}

/** Sessions' events and those beside, ascending. */
export async function* readBundleEvents(
  pool: pg.Pool,
  query: BundleQuery,
  beside: readonly LoggedEvent[],
): AsyncGenerator<LoggedEvent> {
  let next = 0
  let afterSeq = 0
  for (;;) {
    const page = await pool.query<TextRow>(
      `SELECT ${columns} FROM event WHERE ${within} AND seq > $6 ORDER BY seq LIMIT ${pageEvents}`,
      [...valuesOf(query), afterSeq],
    )
    for (const row of page.rows) {
      const event = loggedOf(row)
      for (; next < beside.length && (beside[next] as LoggedEvent).seq < event.seq; next += 1)
        yield beside[next] as LoggedEvent
      yield event
      afterSeq = event.seq
    }
    if (page.rows.length < pageEvents) break
  }
  yield* beside.slice(next)
}

/** The part of the audit's chain that concerns these sessions, with the hash before each. Ascending. */
export async function readAuditExtract(
  pool: pg.Pool,
  query: { partition: number; headN: number; sessions: readonly string[]; limit: number },
): Promise<(AuditLink & { previous: string })[]> {
  const found = await pool.query<{
    partition: number
    n: string
    body: string
    hash: string
    previous: string | null
  }>(
    `SELECT entry.partition, entry.n, entry.body, entry.hash, before.hash AS previous FROM audit_entry AS entry
       LEFT JOIN audit_entry AS before ON before.partition = entry.partition AND before.n = entry.n - 1
     WHERE entry.partition = $1 AND entry.n <= $2 AND (entry.session = ANY($3::text[])
       OR EXISTS (SELECT FROM unnest($3::text[]) AS name WHERE position(to_json(name)::text IN entry.body) > 0))
     ORDER BY entry.n LIMIT $4`,
    [query.partition, query.headN, query.sessions, query.limit],
  )
  return found.rows.map(({ n, previous, ...rest }) => ({
    ...rest,
    n: Number(n),
    previous: previous ?? (Number(n) === 1 ? auditGenesis : ''),
  }))
}

type TextRow = Omit<EventRow, 'data'> & { data: string }

function loggedOf(row: TextRow): LoggedEvent {
  return {
    partition: row.partition,
    seq: Number(row.seq),
    id: row.id as EventId,
    seenAtMs: row.seen_at.getTime(),
    atMs: row.at.getTime(),
    kind: row.kind as LoggedEvent['kind'],
    version: row.version,
    trust: row.trust as Trust,
    session: row.session ?? undefined,
    host: row.host ?? undefined,
    source: row.source ?? undefined,
    dataJson: row.data,
  }
}

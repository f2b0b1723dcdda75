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
  /** It is the bundle of this one: all of its flags come along, also those of no session or of one beyond the bound. */
  incident?: string | undefined
  /** By the server's clock, both included. */
  fromMs?: number | undefined
  toMs?: number | undefined
}

/** Events of no session that are read into memory, by number and by bytes; what goes beyond is left out, and that is said. */
const besideMax = 20_000
const besideBytesMax = 128 * 1024 * 1024
const pageEvents = 2_000
const pageDeeds = 500
/** Agents choose how long their words are: 2,000 events may be 800 MB. */
const pageBytesMax = 32 * 1024 * 1024
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
/** What nobody's session said: `$4` are names of which one stands in it, anywhere. A candidate only: see `isNamed`. */
const besideNaming = `partition = $1 AND seq <= $2 AND ($3::float8 IS NULL OR seen_at <= to_timestamp($3 / 1000.0)) AND session IS NULL
  AND EXISTS (SELECT FROM unnest($4::text[]) AS name WHERE position(to_json(name)::text IN data::text) > 0)`

/** `names`: by which the events beside and the audit name what the bundle is of. */
export type BundleScope = {
  events: number
  known: string[]
  names: string[]
  beside: LoggedEvent[]
  besideLeftOut: boolean
}

/** How much there is, which of the sessions the log knows, and the events beside. */
export async function readBundleScope(pool: pg.Pool, query: BundleQuery): Promise<BundleScope> {
  const counted = await pool.query<{ session: string; count: string; first: Date; last: string; hosts: string[] }>(
    `SELECT session, count(*) AS count, min(seen_at) AS first, max(seq) AS last, array_remove(array_agg(DISTINCT host), NULL) AS hosts
     FROM event WHERE ${within} GROUP BY session`,
    valuesOf(query),
  )
  const { rows } = counted
  const events = rows.reduce((sum, { count }) => sum + Number(count), 0)
  if (events === 0) return { events, known: [], names: [], beside: [], besideLeftOut: false }
  const { tied, names } = await readNames(pool, query)
  const firstMs = Math.min(...rows.map(({ first }) => first.getTime()))
  const candidates = readPages(
    pool,
    `partition = $1 AND seq <= $2 AND ($4::float8 IS NULL OR seen_at <= to_timestamp($4 / 1000.0))
       AND (session IS NULL OR NOT session = ANY($3::text[])) AND (
         (session IS NULL AND kind IN ('probe.connected', 'probe.disconnected', 'gpu.inventory') AND host = ANY($5::text[]))
         OR (session IS NULL AND kind ~ '^(containment|proposal|finding|incident)\\.'
             AND EXISTS (SELECT FROM unnest($6::text[]) AS name WHERE position(to_json(name)::text IN data::text) > 0))
         OR (id = ANY($7::uuid[]) AND seen_at >= to_timestamp($8 / 1000.0)))`,
    [
      query.partition,
      query.headSeq,
      query.sessions,
      query.toMs ?? null,
      [...new Set(rows.flatMap(({ hosts }) => hosts))],
      [...names],
      [...tied],
      firstMs - tiedBeforeMs,
    ],
  )
  const beside: LoggedEvent[] = []
  let bytes = 0
  let besideLeftOut = false
  for await (const event of candidates) {
    if (!belongs(event, names, query)) continue
    bytes += event.dataJson.length
    besideLeftOut = beside.length === besideMax || bytes > besideBytesMax
    if (besideLeftOut) break
    beside.push(event)
  }
  return { events, known: rows.map(({ session }) => session), names: [...names], beside, besideLeftOut }
}

/**
 * By what the events beside name these sessions: their own names, containments that held them and incidents that they are of. And the facts
 * that were tied to them. Read whole and parsed here: a \u0000 in somebody's words makes PostgreSQL's JSON operators fail.
 */
async function readNames(pool: pg.Pool, query: BundleQuery): Promise<{ tied: Set<string>; names: Set<string> }> {
  const tied = new Set<string>()
  const names = new Set(query.sessions)
  const own = `${within} AND kind IN ('attribution.made', 'control.requested')`
  for await (const event of readPages(pool, own, valuesOf(query))) {
    const { subjects = [], containment } = JSON.parse(event.dataJson) as {
      subjects?: { event: string }[]
      containment?: string
    }
    for (const subject of subjects) if (tied.size < besideMax) tied.add(subject.event)
    if (containment !== undefined) names.add(containment)
  }
  // The three kinds are those of `event_incident_idx`, without which the whole log would be read.
  const ofIncidents = `${besideNaming} AND kind IN ('incident.opened', 'incident.joined', 'incident.changed') AND kind = 'incident.joined'`
  const { partition, headSeq, sessions, toMs } = query
  for await (const event of readPages(pool, ofIncidents, [partition, headSeq, toMs ?? null, sessions])) {
    const { session, incident } = JSON.parse(event.dataJson) as { session?: string; incident: string }
    if (session !== undefined && sessions.includes(session)) names.add(incident)
  }
  if (query.incident !== undefined) names.add(query.incident)
  return { tied, names }
}

/** Whether a candidate is of these sessions, and not only has their name as a word somewhere: an agent may be called `operator`. */
function belongs(event: LoggedEvent, names: ReadonlySet<string>, { sessions, incident }: BundleQuery): boolean {
  if (!/^(containment|proposal|finding|incident)\./.test(event.kind)) return true
  const data: unknown = JSON.parse(event.dataJson)
  if (!isNamed(data, names)) return false
  // Of an incident of several sessions, what is told of another one stays out, except in the incident's own bundle.
  if (event.kind !== 'incident.joined') return true
  const joined = data as { session?: string; incident: string }
  return joined.incident === incident || (joined.session !== undefined && sessions.includes(joined.session))
}

/** Where our own facts name a session, a containment or an incident. */
const naming = new Set(['session', 'sessions', 'subject', 'containment', 'incident', 'into', 'from'])

function isNamed(value: unknown, names: ReadonlySet<string>): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, each]) =>
    naming.has(key) && [each].flat().some((name) => typeof name === 'string' && names.has(name))
      ? true
      : isNamed(each, names),
  )
}

/** Sessions' events and those beside, ascending. */
export async function* readBundleEvents(
  pool: pg.Pool,
  query: BundleQuery,
  beside: readonly LoggedEvent[],
): AsyncGenerator<LoggedEvent> {
  let next = 0
  for await (const event of readPages(pool, within, valuesOf(query))) {
    for (; next < beside.length && (beside[next] as LoggedEvent).seq < event.seq; next += 1)
      yield beside[next] as LoggedEvent
    yield event
  }
  yield* beside.slice(next)
}

/** Events where the condition holds, ascending, a page at a time that is bounded by number and by bytes. One event is always in a page. */
async function* readPages(pool: pg.Pool, condition: string, values: readonly unknown[]): AsyncGenerator<LoggedEvent> {
  let afterSeq = 0
  for (;;) {
    const { rows } = await pool.query<TextRow & { found: string }>(
      `SELECT * FROM (
         SELECT *, row_number() OVER w AS place, sum(octet_length(data)) OVER w AS bytes, count(*) OVER () AS found FROM (
           SELECT ${columns} FROM event WHERE ${condition} AND seq > $${values.length + 1} ORDER BY seq LIMIT ${pageEvents}
         ) AS page WINDOW w AS (ORDER BY seq)
       ) AS counted WHERE place = 1 OR bytes <= ${pageBytesMax} ORDER BY seq`,
      [...values, afterSeq],
    )
    for (const row of rows) yield loggedOf(row)
    const found = Number(rows[0]?.found ?? 0)
    if (found < pageEvents && rows.length === found) return
    afterSeq = Number(rows.at(-1)?.seq)
  }
}

/** The part of the audit's chain that concerns these sessions, or names one of `names`, with the hash before each. Ascending. */
export async function readAuditExtract(
  pool: pg.Pool,
  query: { partition: number; headN: number; sessions: readonly string[]; names: readonly string[]; limit: number },
): Promise<(AuditLink & { previous: string })[]> {
  const names = new Set(query.names)
  const found: (AuditLink & { previous: string })[] = []
  let afterN = 0
  while (found.length < query.limit) {
    const { rows } = await pool.query<{
      partition: number
      n: string
      body: string
      hash: string
      session: string | null
      previous: string | null
    }>(
      `SELECT entry.partition, entry.n, entry.body, entry.hash, entry.session, before.hash AS previous FROM audit_entry AS entry
         LEFT JOIN audit_entry AS before ON before.partition = entry.partition AND before.n = entry.n - 1
       WHERE entry.partition = $1 AND entry.n <= $2 AND entry.n > $5 AND (entry.session = ANY($3::text[])
         OR EXISTS (SELECT FROM unnest($4::text[]) AS name WHERE position(to_json(name)::text IN entry.body) > 0))
       ORDER BY entry.n LIMIT ${pageDeeds}`,
      [query.partition, query.headN, query.sessions, [...names], afterN],
    )
    for (const { n, previous, session, ...rest } of rows) {
      const isOfThem = session !== null && query.sessions.includes(session)
      if (!isOfThem && !isNamed((JSON.parse(rest.body) as { data?: unknown }).data, names)) continue
      found.push({ ...rest, n: Number(n), previous: previous ?? (Number(n) === 1 ? auditGenesis : '') })
    }
    if (rows.length < pageDeeds) break
    afterN = Number(rows.at(-1)?.n)
  }
  return found.slice(0, query.limit)
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

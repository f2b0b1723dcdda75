// What the room of numbers counts, out of the log by the indexes that flags, approvals, verdicts and incidents have. Each reading takes the
// newest so many rows of a span, and says since when where there were more. An id at the very beginning of a row's data is cut out of it as
// text, because our own code wrote it there: PostgreSQL's JSON operators fail on the \u0000 that an agent may write further on.
import type pg from 'pg'
import type { StoredEvent } from '../protocol/event.ts'
import type { IncidentId } from '../protocol/incident.ts'
import { type EventRow, eventColumns, eventOfRow } from './read-events.ts'

export type Span = { fromMs: number; toMs: number }
/** `sinceMs`: there was more, and this is the oldest that was read. */
export type Read<T> = { rows: T[]; sinceMs?: number }

const flagsMax = 100_000
const verdictsMax = 20_000
const approvalsMax = 20_000
const incidentsMax = 20_000

const within = 'seen_at >= to_timestamp($1 / 1000.0) AND seen_at < to_timestamp($2 / 1000.0)'
/** Plain cutting: a regular expression takes a third of a millisecond a row. Ids hold no quotation mark; one with an escape is not read. */
const begin = 'left(data::text, 240)'
const partOf = (first: string, part: number) =>
  `CASE WHEN starts_with(${begin}, '{"${first}":"') THEN split_part(${begin}, '"', ${part}) END`
export const ruleOfData = partOf('rule', 4)
const approvalOfData = partOf('approval', 4)
/** Of the same cut: who follows what, and begins with its type. */
const byOfData = `CASE WHEN split_part(${begin}, '"', 10) = 'by' AND split_part(${begin}, '"', 12) = 'type' THEN ${partOf('approval', 14)} END`
const decisionOfData = `CASE WHEN split_part(${begin}, '"', 6) = 'decision' THEN ${partOf('approval', 8)} END`

/** Undefined: not where our own code writes it. */
function idOf(text: string | null): string | undefined {
  return text === null || text === '' || text.includes('\\') ? undefined : text
}

/** Flags by step of the span and rule; `ofDrills`: of these sessions, as long as each was a drill. Both kinds are named as the partial index names them, or it is not used. */
export async function readFlagCounts(
  pool: pg.Pool,
  { fromMs, toMs, stepMs, drills }: Span & { stepMs: number; drills: readonly { session: string; untilMs: number }[] },
): Promise<Read<{ step: number; rule: string | undefined; flags: number; ofDrills: number }>> {
  const { rows } = await pool.query<{ step: number; rule: string | null; flags: string; drills: string; first: Date }>(
    `SELECT floor((extract(epoch FROM seen_at) * 1000 - $1) / $3)::int AS step, rule, count(*) AS flags,
       count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM unnest($4::text[], $5::float8[]) AS drill (name, until_ms)
         WHERE drill.name = session AND seen_at <= to_timestamp(drill.until_ms / 1000.0)
       )) AS drills, min(seen_at) AS first
     FROM (
       SELECT seen_at, session, ${ruleOfData} AS rule FROM event
       WHERE kind IN ('flag.raised', 'flag.judged') AND kind = 'flag.raised' AND ${within}
       ORDER BY seen_at DESC, seq DESC LIMIT $6
     ) AS flag GROUP BY 1, 2`,
    [fromMs, toMs, stepMs, drills.map(({ session }) => session), drills.map(({ untilMs }) => untilMs), flagsMax],
  )
  const counts = rows.map(({ step, rule, flags, drills: ofDrills }) => ({
    step,
    rule: idOf(rule),
    flags: Number(flags),
    ofDrills: Number(ofDrills),
  }))
  const read = counts.reduce((sum, { flags }) => sum + flags, 0)
  const first = rows.reduce((least, row) => Math.min(least, row.first.getTime()), Number.POSITIVE_INFINITY)
  return { rows: counts, ...(read >= flagsMax && { sinceMs: first }) }
}

/** Oldest first. */
export function readVerdicts(pool: pg.Pool, span: Span): Promise<Read<StoredEvent>> {
  return readWhole(pool, span, "kind = 'flag.judged'", verdictsMax)
}

/** What incidents are made of, oldest first; what hosts showed of their sessions is not among it. */
export function readIncidentEvents(pool: pg.Pool, span: Span): Promise<Read<StoredEvent>> {
  return readWhole(pool, span, "kind IN ('incident.opened', 'incident.joined', 'incident.changed')", incidentsMax)
}

/** When the newest event of that incident was seen; undefined where the log has none. */
export async function incidentLastSeenAt(pool: pg.Pool, id: IncidentId): Promise<number | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `SELECT max(seen_at) AS at FROM event
     WHERE kind IN ('incident.opened', 'incident.joined', 'incident.changed') AND starts_with(data::text, $1)`,
    [`{"incident":${JSON.stringify(id)},`],
  )
  return rows[0]?.at?.getTime()
}

async function readWhole(pool: pg.Pool, span: Span, which: string, max: number): Promise<Read<StoredEvent>> {
  const { rows } = await pool.query<EventRow>(
    `SELECT ${eventColumns} FROM event WHERE ${which} AND ${within} ORDER BY seen_at DESC, seq DESC LIMIT $3`,
    [span.fromMs, span.toMs, max],
  )
  const events = rows.map(eventOfRow).reverse()
  const first = events[0]?.seenAtMs
  return { rows: events, ...(events.length >= max && first !== undefined && { sinceMs: first }) }
}

/** Oldest first, without what the agent wrote. */
export async function readApprovalFacts(
  pool: pg.Pool,
  { fromMs, toMs }: Span,
): Promise<
  Read<{
    kind: string
    atMs: number
    session: string | undefined
    approval: string | undefined
    decision: string | undefined
    /** Type of the actor who decided. */
    by: string | undefined
  }>
> {
  const { rows } = await pool.query<{
    kind: string
    seen_at: Date
    session: string | null
    approval: string | null
    decision: string | null
    by: string | null
  }>(
    `SELECT kind, seen_at, session, ${approvalOfData} AS approval, ${decisionOfData} AS decision, ${byOfData} AS by FROM event
     WHERE kind IN ('approval.requested', 'approval.decided') AND ${within} ORDER BY seen_at DESC, seq DESC LIMIT $3`,
    [fromMs, toMs, approvalsMax],
  )
  const facts = rows
    .map(({ kind, seen_at, session, approval, decision, by }) => ({
      kind,
      atMs: seen_at.getTime(),
      session: session ?? undefined,
      approval: idOf(approval),
      decision: idOf(decision),
      by: idOf(by),
    }))
    .reverse()
  const first = facts[0]?.atMs
  return { rows: facts, ...(facts.length >= approvalsMax && first !== undefined && { sinceMs: first }) }
}

/** Starts of the days (UTC) of the span of which the log has anything: of the others nothing can be said. */
export async function readHeardDays(pool: pg.Pool, { fromMs, toMs }: Span): Promise<number[]> {
  // One look into each day's own partition; LIMIT keeps PostgreSQL from joining the whole log.
  const { rows } = await pool.query<{ day: Date }>(
    `SELECT day FROM generate_series(to_timestamp($1 / 1000.0), to_timestamp($2 / 1000.0) - interval '1 ms', interval '24 hours') AS day
     CROSS JOIN LATERAL (SELECT 1 FROM event WHERE seen_at >= day AND seen_at < day + interval '24 hours' LIMIT 1) AS heard`,
    [fromMs, toMs],
  )
  return rows.map(({ day }) => day.getTime())
}

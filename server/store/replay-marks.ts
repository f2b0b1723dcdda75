// What a person steps to while looking back, by an index of its own: a few among millions of events.
import type pg from 'pg'
import type { SessionId } from '../protocol/ids.ts'
import { kindsOfMark, MarkWhat } from '../protocol/replay-messages.ts'

/** As the index has it (migration `replay_marks`), word for word: PostgreSQL uses a partial index only then. */
const marked =
  "kind IN ('flag.raised', 'approval.requested', 'approval.decided', 'control.requested', 'containment.requested', 'containment.lifted')"

function whatOf(kind: string): MarkWhat {
  return MarkWhat.options.find((what) => kindsOfMark[what].includes(kind)) ?? 'control'
}

export type MarksQuery = { fromMs: number; toMs: number; session?: SessionId | undefined; bins: number }

export async function readMarks(
  pool: pg.Pool,
  { fromMs, toMs, session, bins }: MarksQuery,
): Promise<{ atMs: number; what: MarkWhat; count: number }[]> {
  const result = await pool.query<{ kind: string; first: Date; count: string; bin: number }>(
    `SELECT kind, min(seen_at) AS first, count(*) AS count,
       floor(extract(epoch FROM seen_at - to_timestamp($1 / 1000.0)) * 1000 / $4)::int AS bin
     FROM event WHERE ${marked} AND seen_at >= to_timestamp($1 / 1000.0) AND seen_at <= to_timestamp($2 / 1000.0)
       AND ($3::text IS NULL OR session = $3)
     GROUP BY kind, bin ORDER BY first`,
    [fromMs, toMs, session ?? null, Math.max(1, (toMs - fromMs) / bins)],
  )
  const byPlace = new Map<string, { atMs: number; what: MarkWhat; count: number }>()
  for (const { kind, first, count, bin } of result.rows) {
    const what = whatOf(kind)
    const known = byPlace.get(`${what} ${bin}`)
    if (known) known.count += Number(count)
    else byPlace.set(`${what} ${bin}`, { atMs: first.getTime(), what, count: Number(count) })
  }
  return [...byPlace.values()]
}

export type StepQuery = {
  atMs: number
  direction: 'next' | 'previous'
  what?: MarkWhat | undefined
  session?: SessionId | undefined
}

/** The nearest mark after, or before, that moment. */
export async function readStep(
  pool: pg.Pool,
  { atMs, direction, what, session }: StepQuery,
): Promise<{ atMs: number; what: MarkWhat; session?: SessionId } | undefined> {
  const [compare, order] = direction === 'next' ? ['>', 'ASC'] : ['<', 'DESC']
  const result = await pool.query<{ kind: string; seen_at: Date; session: string | null }>(
    `SELECT kind, seen_at, session FROM event WHERE ${marked} AND seen_at ${compare} to_timestamp($1 / 1000.0)
       AND ($2::text[] IS NULL OR kind = ANY($2)) AND ($3::text IS NULL OR session = $3)
     ORDER BY seen_at ${order}, seq ${order} LIMIT 1`,
    [atMs, what ? kindsOfMark[what] : null, session ?? null],
  )
  const found = result.rows[0]
  if (!found) return undefined
  const of = found.session === null ? {} : { session: found.session as SessionId }
  return { atMs: found.seen_at.getTime(), what: whatOf(found.kind), ...of }
}

/** When the log begins; undefined: it is empty. */
export async function firstSeenAt(pool: pg.Pool, partition: number): Promise<number | undefined> {
  const result = await pool.query<{ seen_at: Date }>(
    'SELECT seen_at FROM event WHERE partition = $1 ORDER BY seq LIMIT 1',
    [partition],
  )
  return result.rows[0]?.seen_at.getTime()
}

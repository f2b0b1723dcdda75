// The log as PostgreSQL has it, read directly: what the product says of itself is not asked here.
import pg from 'pg'
import type { ApprovalInLog, AskedControl, ControlInLog, SessionInLog } from './checks.ts'

export type LogReading = {
  seqs: { least: number; most: number; count: number }
  timesOfId(ids: readonly string[]): Promise<Map<string, number>>
  controls: Map<string, ControlInLog>
  /** In the order of the log. */
  asked: AskedControl[]
  approvals: ApprovalInLog[]
  sessions: Map<string, Pick<SessionInLog, 'started' | 'ended'>>
  /** What the log says that it lacks. */
  gaps: { stream: string; reason: string; count: number }[]
}

/** Calls `read` with a connection that is closed afterwards. */
export async function readLog<T>(databaseUrl: string, read: (reading: LogReading) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'vigil chaos',
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => undefined) // told by the query that it breaks
  await client.connect()
  try {
    return await read({
      seqs: await seqsOf(client),
      timesOfId: (ids) => timesOf(client, ids),
      controls: await controlsOf(client),
      asked: await askedIn(client),
      approvals: await approvalsOf(client),
      sessions: await sessionsOf(client),
      gaps: await gapsOf(client),
    })
  } finally {
    await client.end().catch(() => undefined) // it is over either way
  }
}

async function seqsOf(client: pg.Client): Promise<LogReading['seqs']> {
  const { rows } = await client.query<{ least: string; most: string; count: string }>(
    'SELECT coalesce(min(seq), 0) AS least, coalesce(max(seq), 0) AS most, count(*) AS count FROM event WHERE partition = 0',
  )
  const row = rows[0]
  return { least: Number(row?.least), most: Number(row?.most), count: Number(row?.count) }
}

async function timesOf(client: pg.Client, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; times: string }>(
    'SELECT id, count(*) AS times FROM event WHERE id = ANY($1::uuid[]) GROUP BY id',
    [ids],
  )
  return new Map(rows.map(({ id, times }) => [id, Number(times)]))
}

async function controlsOf(client: pg.Client): Promise<LogReading['controls']> {
  const { rows } = await client.query<{ control: string; kind: string; outcome: string | null }>(
    `SELECT data->>'control' AS control, kind, data->>'outcome' AS outcome FROM event
     WHERE kind IN ('control.requested', 'control.ended') ORDER BY seq`,
  )
  const controls = new Map<string, { control: string; requested: number; outcomes: string[] }>()
  for (const { control, kind, outcome } of rows) {
    const known = controls.get(control) ?? { control, requested: 0, outcomes: [] }
    controls.set(control, known)
    if (kind === 'control.requested') known.requested += 1
    else known.outcomes.push(outcome ?? '')
  }
  return controls
}

async function askedIn(client: pg.Client): Promise<AskedControl[]> {
  const { rows } = await client.query<AskedControl & { lifts: string[] | null }>(
    `SELECT data->>'control' AS control, session, data->>'action' AS action, data->>'capability' AS capability, data->'lifts' AS lifts
     FROM event WHERE kind = 'control.requested' ORDER BY seq`,
  )
  return rows.map((row) => ({ ...row, lifts: row.lifts ?? [] }))
}

async function approvalsOf(client: pg.Client): Promise<ApprovalInLog[]> {
  const { rows } = await client.query<{
    approval: string
    session: string
    kind: string
    call: string | null
    decision: string | null
  }>(
    `SELECT data->>'approval' AS approval, session, kind, data->>'call' AS call, data->>'decision' AS decision FROM event
     WHERE kind IN ('approval.requested', 'approval.decided', 'approval.used') ORDER BY seq`,
  )
  const approvals = new Map<
    string,
    { approval: string; session: string; call: string; decisions: string[]; used: number }
  >()
  for (const { approval, session, kind, call, decision } of rows) {
    const known = approvals.get(approval) ?? { approval, session, call: '', decisions: [], used: 0 }
    approvals.set(approval, known)
    if (kind === 'approval.requested') known.call = call ?? ''
    else if (kind === 'approval.decided') known.decisions.push(decision ?? '')
    else known.used += 1
  }
  return [...approvals.values()]
}

async function sessionsOf(client: pg.Client): Promise<LogReading['sessions']> {
  const { rows } = await client.query<{ session: string; started: string; ended: string }>(
    `SELECT session, count(*) FILTER (WHERE kind = 'session.started') AS started,
       count(*) FILTER (WHERE kind = 'session.ended') AS ended
     FROM event WHERE kind IN ('session.started', 'session.ended') GROUP BY session`,
  )
  return new Map(
    rows.map(({ session, started, ended }) => [session, { started: Number(started), ended: Number(ended) }]),
  )
}

async function gapsOf(client: pg.Client): Promise<LogReading['gaps']> {
  const { rows } = await client.query<{ stream: string; reason: string; count: string }>(
    `SELECT data->>'stream' AS stream, data->>'reason' AS reason, sum((data->>'count')::bigint) AS count
     FROM event WHERE kind = 'gap.recorded' GROUP BY 1, 2`,
  )
  return rows.map(({ stream, reason, count }) => ({ stream, reason, count: Number(count) }))
}

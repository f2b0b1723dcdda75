// Looking back in a log of millions of events: the fleet as it was at moments anywhere in it, and text in one session. The log is made by SQL in
// the product's own tables, over five days, while the product is down; it goes with the data folder.
import pg from 'pg'
import type { BenchProduct } from './bench-product.ts'
import type { Figure } from './figure.ts'
import { percentile } from './percentile.ts'

const days = 5
const dayMs = 86_400_000
const sessions = 2_000
const looks = 24
const searches = 24
const portion = 250_000

export async function replayFigures(
  product: BenchProduct,
  events: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const client = new pg.Client({ connectionString: product.databaseUrl, application_name: 'vigil bench log' })
  client.on('error', () => undefined) // the query that it breaks reports it
  await client.connect()
  await product.kill9()
  const nowMs = Date.now()
  const startMs = nowMs - days * dayMs
  const atOf = (seq: number) => startMs + Math.floor((seq * (days * dayMs - 60_000)) / events)
  say(`replay: writing ${events.toLocaleString('en')} events over ${days} days`)
  await writeLog(client, events, startMs)
  say('replay: starting on that log')
  const startedMs = performance.now()
  await product.start()
  const startS = (performance.now() - startedMs) / 1_000

  const look = async (atMs: number) => {
    const beganMs = performance.now()
    const answer = await product.api(`/api/sessions?limit=1000&at=${atMs}`)
    const { sessions: rows } = (await answer.json()) as { sessions?: unknown[] }
    if (!answer.ok || !rows?.length) throw new Error(`?at=${atMs} was answered ${answer.status}`)
    return performance.now() - beganMs
  }
  say('replay: the first look at the end of a log without snapshots, which leaves them behind')
  const firstMs = await look(atOf(events - 1))
  const times: number[] = []
  for (let n = 0; n < looks; n += 1) {
    // Spread over the whole log by the golden ratio, so that no look helps the next.
    times.push(await look(atOf(Math.floor(events * ((n * 0.618 + 0.13) % 1)) + 1)))
  }
  const found: number[] = []
  for (let n = 0; n < searches; n += 1) {
    const session = `bench-${(n * 617) % sessions}`
    const beganMs = performance.now()
    const answer = await product.api(`/api/sessions/${session}/events?limit=50&q=${encodeURIComponent('NEEDLE in')}`)
    const page = (await answer.json()) as { events?: unknown[] }
    if (!answer.ok || !page.events?.length) throw new Error(`text search was answered ${answer.status}`)
    found.push(performance.now() - beganMs)
  }
  await client.end()
  const log = `${events.toLocaleString('en')} events, ${sessions} sessions`
  const ms = (name: string, value: number, aim: number | undefined, note: string): Figure => ({
    group: 'replay',
    name,
    value,
    unit: 'ms',
    ...(aim !== undefined && { aim: { atMost: aim } }),
    note,
  })
  return [
    ms('replay_fleet_at_p50_ms', percentile(times, 50), 1_500, `${log}; moments anywhere, tail of up to 50,000 events`),
    ms('replay_fleet_at_max_ms', Math.max(...times), 1_500, `the slowest of ${looks}, over HTTP with 1,000 rows`),
    ms('replay_session_text_p50_ms', percentile(found, 50), 300, `${Math.round(events / sessions)} events a session`),
    ms('replay_session_text_max_ms', Math.max(...found), 300, `the slowest of ${searches}`),
    ms('replay_first_look_ms', firstMs, undefined, 'a log without a single snapshot of this version, from its start'),
    {
      group: 'replay',
      name: 'replay_rebuild_events_per_s',
      value: events / (firstMs / 1_000),
      unit: 'events/s',
      note: `in slices, snapshots written by the way; the server's start on it took ${startS.toFixed(0)} s`,
    },
  ]
}

async function writeLog(client: pg.Client, events: number, startMs: number): Promise<void> {
  for (let day = 0; day <= days; day += 1) {
    const fromMs = startMs - (startMs % dayMs) + day * dayMs
    const [from, to] = [new Date(fromMs).toISOString(), new Date(fromMs + dayMs).toISOString()]
    const name = `event_${from.slice(0, 10).replaceAll('-', '')}`
    await client.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF event FOR VALUES FROM ('${from}') TO ('${to}')`)
  }
  // Its own start may have written some already: this log goes on after them, earlier in time, so they are taken away.
  await client.query('DELETE FROM event')
  await client.query('DELETE FROM snapshot')
  await client.query('SET synchronous_commit = off')
  const stepMs = (days * dayMs - 60_000) / events
  for (let first = 1; first <= events; first += portion) {
    await client.query(
      `INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, session, host, data)
       SELECT 0, n, gen_random_uuid(), to_timestamp(($3 + n * $4::float8) / 1000.0), to_timestamp(($3 + n * $4::float8) / 1000.0), kind, 1,
         CASE kind WHEN 'flag.raised' THEN 'vigil' ELSE 'agent' END, 'bench-' || (call % ${sessions}), NULL,
         CASE kind
           WHEN 'action.started' THEN json_build_object('call', 'c' || call, 'tool', 'shell', 'summary', 'python train.py --step ' || call,
             'input', '{"command":"python train.py --step ' || call || CASE WHEN (call / ${sessions}) % 97 = 3 THEN ' # needle in it' ELSE '' END || '"}')
           WHEN 'action.ended' THEN json_build_object('call', 'c' || call, 'outcome', 'ok', 'output', 'loss 0.' || call || ' over 4096 tokens, 31 ms a step')
           ELSE json_build_object('rule', 'bench', 'title', 'bench', 'severity', 'low', 'techniques', '[]'::json, 'tactics', '[]'::json,
             'source', 'command', 'matched', '[]'::json, 'fingerprint', 'f' || call, 'context', '[]'::json)
         END
       FROM (
         SELECT n, n / 2 AS call,
           CASE WHEN n % 5001 = 0 THEN 'flag.raised' WHEN n % 2 = 0 THEN 'action.started' ELSE 'action.ended' END AS kind
         FROM generate_series($1::int8, $2::int8) AS n
       ) AS made`,
      [first, Math.min(events, first + portion - 1), startMs, stepMs],
    )
  }
  await client.query('ANALYZE event')
}

// Looking back in a log of millions of events: the fleet as it was at moments anywhere in it, text in one session, and the page of an incident
// that began long ago. Each beside the bare thing: the same SQL without the product, or an answer that needs no past.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { BenchProduct } from './bench-product.ts'
import type { Cleanup } from './cleanup.ts'
import { consolePage } from './console-page.ts'
import type { Figure } from './figure.ts'
import { incidentFrames, incidentPaints, sharedForMs } from './incident-paint.ts'
import { longSession, longShare, openIncident, rareText } from './past-events.ts'
import { writePastLog } from './past-log.ts'
import { percentile } from './percentile.ts'

const days = 5
const dayMs = 86_400_000
const looks = 40
const searches = 30
const roomLooks = 12
/** How often the live server is asked something small while others look back. */
const pingEveryMs = 20
const quietMs = 3_000
const idleMs = 3_000

export async function replayFigures(
  cleanup: Cleanup,
  product: BenchProduct,
  events: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  await product.kill9()
  const toMs = Date.now() - 60_000
  const span = { events, fromMs: toMs - days * dayMs, toMs }
  say(`replay: writing ${events.toLocaleString('en')} events over ${days} days`)
  const log = await writePastLog(product.databaseUrl, span, say)
  say(`replay: written in ${log.seconds.toFixed(0)} s, with ${log.snapshots} snapshots; starting on it`)
  const startedMs = performance.now()
  await product.start()
  const startS = (performance.now() - startedMs) / 1_000
  await untilQuiet(product)
  const client = new pg.Client({ connectionString: product.databaseUrl, application_name: 'vigil bench baseline' })
  client.on('error', () => undefined) // the query that it breaks reports it
  await client.connect()
  try {
    const of = `${events.toLocaleString('en')} events over ${days} days`
    const filled: Figure[] = [
      {
        ...ms(
          'replay_filled_events_per_s',
          events / log.seconds,
          undefined,
          `the bench’s own filling: ${of}, ${log.snapshots} snapshots as the server writes them`,
        ),
        unit: 'events/s',
      },
      ms('replay_start_ms', startS * 1_000, undefined, 'the product’s start on that log'),
    ]
    return [
      ...(await incidentFigures(cleanup, product, say)),
      ...(await fleetFigures(product, client, span, say)),
      ...(await searchFigures(product, client, events, say)),
      ...filled,
    ]
  } finally {
    await client.end()
  }
}

async function fleetFigures(
  product: BenchProduct,
  client: pg.Client,
  span: { events: number; fromMs: number; toMs: number },
  say: (line: string) => void,
): Promise<Figure[]> {
  say(`replay: ${looks} looks at the fleet at moments anywhere, then again at each`)
  const places = Array.from({ length: looks }, (_, n) => (n * 0.618_034 + 0.13) % 1)
  const atOf = (place: number) => Math.floor(span.fromMs + place * (span.toMs - span.fromMs))
  const look = (atMs: number) => timed(product, `/api/sessions?limit=1000&at=${atMs}`, 'sessions')
  const idle = pinging(product)
  await sleep(idleMs)
  const quiet = await idle.stop()
  const live: number[] = []
  for (let n = 0; n < looks; n += 1) live.push(await timed(product, '/api/sessions?limit=1000', 'sessions'))
  const bare: number[] = []
  const cold: number[] = []
  const warm: number[] = []
  // Before the pings: reading tens of thousands of rows holds up this process, and would be told as the server's.
  for (const place of places) bare.push(await bareRead(client, Math.floor(place * span.events)))
  const pings = pinging(product)
  for (const place of places) {
    const atMs = atOf(place)
    cold.push(await look(atMs))
    warm.push(await look(atMs))
  }
  const busy = await pings.stop()
  // Rooms of a moment that nobody looked at: the state and what the room counts from the log.
  const destinations: number[] = []
  const signals: number[] = []
  for (let n = 0; n < roomLooks; n += 1) {
    const atMs = atOf((n * 0.414_214 + 0.31) % 1)
    destinations.push(await timed(product, `/api/egress/destinations?limit=1000&at=${atMs}`, 'destinations'))
    signals.push(await timed(product, `/api/signals?groups=flows&at=${atMs}`, 'signals'))
  }
  const near = 'over HTTP with up to 1,000 rows'
  return [
    ms('replay_fleet_at_cold_p50_ms', percentile(cold, 50), 1_500, `${looks} moments that nobody looked at, ${near}`),
    ms('replay_fleet_at_cold_p99_ms', percentile(cold, 99), 1_500, 'the same'),
    ms('replay_fleet_at_warm_p50_ms', percentile(warm, 50), 1_500, 'the same moments again'),
    ms('replay_fleet_at_warm_p99_ms', percentile(warm, 99), 1_500, 'the same'),
    ms(
      'replay_destinations_at_p50_ms',
      percentile(destinations, 50),
      undefined,
      `${roomLooks} other moments that nobody looked at: where sessions had connected to, counted again from the log`,
    ),
    ms('replay_destinations_at_worst_ms', Math.max(...destinations), undefined, 'the same'),
    ms(
      'replay_signals_at_p50_ms',
      percentile(signals, 50),
      undefined,
      'the same moments: flows and their ties as of then',
    ),
    ms(
      'replay_fleet_bare_sql_p50_ms',
      percentile(bare, 50),
      undefined,
      'the snapshot before it and the rows after that, read and thrown away',
    ),
    ms('replay_fleet_live_p50_ms', percentile(live, 50), undefined, 'the list as it is now, over HTTP: no past at all'),
    ms(
      'replay_live_answer_p99_ms',
      percentile(busy, 99),
      undefined,
      `/healthz every ${pingEveryMs} ms meanwhile: what looking back costs those who do not`,
    ),
    ms('replay_live_answer_max_ms', Math.max(...busy), undefined, 'the same'),
    ms('replay_live_answer_quiet_p99_ms', percentile(quiet, 99), undefined, 'the same before anybody looked back'),
  ]
}

/** What the server has to read for that moment, by nobody else and kept by nobody. */
async function bareRead(client: pg.Client, seq: number): Promise<number> {
  const beganMs = performance.now()
  const found = await client.query<{ seq: string }>(
    'SELECT seq, state FROM snapshot WHERE partition = 0 AND seq <= $1 ORDER BY seq DESC LIMIT 1',
    [seq],
  )
  await client.query('SELECT * FROM event WHERE partition = 0 AND seq > $1 AND seq <= $2 ORDER BY seq', [
    Number(found.rows[0]?.seq ?? 0),
    seq,
  ])
  return performance.now() - beganMs
}

async function searchFigures(
  product: BenchProduct,
  client: pg.Client,
  events: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const { rows } = await client.query<{ session: string }>(
    "SELECT session FROM event WHERE kind = 'session.ended' AND seq > $1 ORDER BY seq LIMIT $2",
    [Math.floor(events / 3), searches],
  )
  say(
    `replay: text in ${rows.length} sessions, and in one of ${Math.round(events / longShare).toLocaleString('en')} events`,
  )
  const search = async (session: string, text: string) =>
    await timed(product, `/api/sessions/${session}/events?limit=50&q=${encodeURIComponent(text)}`, 'events')
  const bareOf = async (session: string, text: string) => {
    const beganMs = performance.now()
    await client.query(
      'SELECT * FROM event WHERE session = $1 AND strpos(lower(data::text), $2) > 0 ORDER BY seq DESC LIMIT 50',
      [session, text],
    )
    return performance.now() - beganMs
  }
  const usual: number[] = []
  const bareUsual: number[] = []
  for (const { session } of rows) {
    usual.push(await search(session, 'refs/pull'))
    bareUsual.push(await bareOf(session, 'nobody says this'))
    usual.push(await search(session, 'nobody says this'))
  }
  const common: number[] = []
  const rare: number[] = []
  const bareRare: number[] = []
  for (let n = 0; n < searches / 3; n += 1) {
    common.push(await search(longSession, 'shard 7/16'))
    rare.push(await search(longSession, rareText))
    bareRare.push(await bareOf(longSession, rareText))
  }
  const long = `one session of ${Math.round(events / longShare).toLocaleString('en')} events`
  return [
    ms(
      'replay_text_p50_ms',
      percentile(usual, 50),
      300,
      `${usual.length} searches in ${rows.length} sessions of some 2,400 events; half of them find nothing`,
    ),
    ms('replay_text_p99_ms', percentile(usual, 99), 300, 'the same'),
    ms(
      'replay_text_bare_sql_p50_ms',
      percentile(bareUsual, 50),
      undefined,
      'the same sessions read to their end by SQL alone',
    ),
    ms('replay_text_long_p50_ms', percentile(common, 50), 300, `${long}: a text that it says often`),
    ms('replay_text_long_rare_p50_ms', percentile(rare, 50), 300, `${long}: a text that it said once, long ago`),
    ms('replay_text_long_rare_p99_ms', percentile(rare, 99), 300, 'the same'),
    ms(
      'replay_text_long_bare_sql_p50_ms',
      percentile(bareRare, 50),
      undefined,
      'all of its events looked at by one statement of SQL',
    ),
  ]
}

async function incidentFigures(
  cleanup: Cleanup,
  product: BenchProduct,
  say: (line: string) => void,
): Promise<Figure[]> {
  say('replay: the page of an incident that goes on since yesterday, in a real browser')
  const shown = await consolePage(cleanup, product)
  try {
    const { titleMs, drawnMs, bareMs } = await incidentPaints(shown.page, product, openIncident)
    const { items } = await product.json<{ items: unknown[] }>(`/api/incidents/${openIncident}/timeline`)
    const answered: number[] = []
    for (let n = 0; n < titleMs.length; n += 1) {
      await sleep(sharedForMs)
      answered.push(await timed(product, `/api/incidents/${openIncident}/timeline`, 'items'))
    }
    const { dragged, zoomed } = await incidentFrames(shown.page, product, openIncident)
    const note = `a new load until painted, ${titleMs.length} times`
    return [
      ms('replay_incident_first_paint_p50_ms', percentile(titleMs, 50), 1_000, `its title, state and times: ${note}`),
      ms('replay_incident_first_paint_worst_ms', Math.max(...titleMs), 1_000, 'the same'),
      ms(
        'replay_incident_drawn_p50_ms',
        percentile(drawnMs, 50),
        undefined,
        `its lanes with ${items.length} facts: ${note}`,
      ),
      ms(
        'replay_incident_bare_page_p50_ms',
        percentile(bareMs, 50),
        undefined,
        'a page of the console that asks nothing of the log, until its title is painted',
      ),
      ms(
        'replay_incident_timeline_answer_p50_ms',
        percentile(answered, 50),
        undefined,
        'its facts over HTTP, without a browser',
      ),
      frames('replay_incident_dragged_frames', dragged, `its lanes with ${items.length} facts, dragged to and fro`),
      frames('replay_incident_zoomed_frames', zoomed, 'the same, zoomed in and out by the wheel'),
    ]
  } finally {
    await shown.close()
  }
}

function ms(name: string, value: number, aim: number | undefined, note: string): Figure {
  return { group: 'replay', name, value, unit: 'ms', ...(aim !== undefined && { aim: { atMost: aim } }), note }
}

/** Until the whole answer is here and read. */
async function timed(product: BenchProduct, pathname: string, list: string): Promise<number> {
  const beganMs = performance.now()
  const answer = await product.api(pathname)
  const told = (await answer.json()) as Record<string, unknown>
  if (!answer.ok || !Array.isArray(told[list])) throw new Error(`${pathname} was answered ${answer.status}`)
  return performance.now() - beganMs
}

function pinging(product: BenchProduct): { stop(): Promise<number[]> } {
  const times: number[] = []
  let isOn = true
  const running = (async () => {
    while (isOn) {
      const beganMs = performance.now()
      const answer = await product.api('/healthz')
      await answer.text()
      times.push(performance.now() - beganMs)
      await sleep(pingEveryMs)
    }
  })()
  return {
    async stop() {
      isOn = false
      await running
      return times
    },
  }
}

/** After a start it reads the log's end again for attribution and detection: that is another figure. */
async function untilQuiet(product: BenchProduct): Promise<void> {
  let lastCpu = Number.NEGATIVE_INFINITY
  for (let round = 0; round < 30; round += 1) {
    const metrics = await (await product.api('/metrics')).text()
    const cpu = Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1] ?? 0)
    if (cpu - lastCpu < quietMs / 1_000 / 10) return
    lastCpu = cpu
    await sleep(quietMs)
  }
}

function frames(name: string, value: number, note: string): Figure {
  return { group: 'replay', name, value, unit: 'frames/s', aim: { atLeast: 55 }, note }
}

// GPUs, egress and numbers of a past moment through the front door of a real server: what was known then, and nothing that came later.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { connectProbe } from './probe-by-hand.test-fixture.ts'
import type { DestinationDetail, DestinationPage } from './protocol/destination-view.ts'
import type { GpuSeries } from './protocol/gpu-series-view.ts'
import type { GpuTruthView } from './protocol/gpu-truth-view.ts'
import type { NumbersView } from './protocol/numbers-view.ts'
import type { SignalView } from './protocol/signal-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

let folder: string
let database: EmbeddedPostgres
let server: TestServer
let pool: pg.Pool
/** Between what is early and what is late. */
let then = 0

const json = async <T>(pathname: string) => (await (await server.api(pathname)).json()) as T
const gpusAt = async (at: number, query = '') =>
  await json<{ gpus: GpuTruthView[]; readings?: string }>(`/api/gpus?at=${at}${query}`)
const destinationsAt = async (at: number) => await json<DestinationPage>(`/api/egress/destinations?at=${at}`)
const signalsAt = async (at: number, query = '') =>
  await json<{ signals: SignalView[]; counts: { alerts: { kept: number } }; sinceMs?: number }>(
    `/api/signals?at=${at}${query}`,
  )

async function ingest(format: string, body: string, query = ''): Promise<void> {
  const answer = await server.api(`/api/ingest/${format}${query}`, { method: 'POST', body: `${body}\n` })
  expect(answer.status).toBe(200)
}
const alert = (title: string) =>
  JSON.stringify({
    timestamp: new Date().toISOString().replace('Z', '+0000'),
    event_type: 'alert',
    ...{ src_ip: '10.8.0.7', src_port: 40_001, dest_ip: '198.51.100.33', dest_port: 3333, proto: 'TCP' },
    alert: { action: 'allowed', signature_id: 1, signature: title, severity: 1 },
  })
const scrape = (util: number, recordedAtMs: number) =>
  ingest(
    'dcgm-exporter',
    `DCGM_FI_DEV_GPU_UTIL{gpu="3",UUID="GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005",modelName="NVIDIA H100"} ${util}`,
    `?host=node-1&recordedAtMs=${recordedAtMs}`,
  )
const opened = (connection: string, address: string) => ({
  kind: 'connection.opened',
  session: 'ep-1',
  data: {
    connection,
    protocol: 'tcp',
    local: { address: '10.0.0.5', port: 40_000 },
    remote: { address, port: 22 },
    direction: 'out',
    state: 'ESTAB',
  },
})
/** The next event is seen at a later moment than this. */
async function momentNow(): Promise<number> {
  const atMs = Date.now()
  while (Date.now() <= atMs + 1) await new Promise((resolve) => setImmediate(resolve))
  return atMs
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-rooms-'))
  database = await startEmbeddedPostgres({ dataDir: folder })
  server = await startForTest({ DATABASE_URL: database.connectionString })
  pool = new pg.Pool({ connectionString: database.connectionString })
  const made = await server.api('/api/keys', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'p', scopes: ['probe'], host: 'node-1' }),
  })
  const probe = await connectProbe(server.url, 'node-1', ((await made.json()) as { key: string }).key)
  await probe.hello('s-1')
  // given: what is known early
  const start = { kind: 'session.started', session: 'ep-1', data: { held: 'cgroup', abilities: [], labels: {} } }
  const early = [start, opened('a', '203.0.113.40')]
  expect((await probe.send('s-1', 1, early)).rejected ?? []).toEqual([])
  await ingest('suricata-eve', alert('early alert'))
  await scrape(40, Date.now() - 20_000)
  then = await momentNow()
  // and: what comes later
  const computes = {
    kind: 'gpu.process.started',
    session: 'ep-1',
    data: { gpu: 'GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005', pid: 9, comm: 'miner' },
  }
  const late = [
    opened('b', '203.0.113.40'),
    opened('c', '198.51.100.7'),
    { kind: 'connection.closed', session: 'ep-1', data: { connection: 'a', bytesOut: 800, bytesIn: 90 } },
    computes,
  ]
  expect((await probe.send('s-1', 1 + early.length, late)).rejected ?? []).toEqual([])
  await ingest('suricata-eve', alert('late alert'))
  await scrape(99, Date.now())
  const stepsNow = async () =>
    (await json<GpuSeries>('/api/gpus/node-1/GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005/samples')).steps.length
  await vi.waitFor(async () => expect(await stepsNow()).toBe(2), { timeout: 20_000 })
  const keptNow = async () => (await json<DestinationPage>('/api/egress/destinations')).kept
  await vi.waitFor(async () => expect(await keptNow()).toBe(2), { timeout: 20_000 })
  probe.close()
}, 90_000)
afterAll(async () => {
  await pool.end()
  await server.stop()
  await database.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('destinations of a past moment', () => {
  it('are those that sessions had connected to by then, with what was counted by then', async () => {
    const { destinations, past } = await destinationsAt(then)
    expect(destinations).toMatchObject([{ address: '203.0.113.40', connections: 1, bytesOut: 0, isNew: true }])
    expect(past).toMatchObject({ unknown: 0 })
    expect(past?.countedSinceMs).toBeUndefined()
    const now = await destinationsAt(Date.now())
    expect(now.destinations).toHaveLength(2)
    expect(now.destinations.find(({ address }) => address === '203.0.113.40')).toMatchObject({ bytesOut: 800 })
  })

  it('have pages of their own, and what was not known then has none', async () => {
    const one = await json<DestinationDetail>(`/api/egress/destinations/tcp~203.0.113.40~22?at=${then}`)
    expect(one.uses).toMatchObject([{ session: 'ep-1', connections: 1, bytesOut: 0 }])
    expect((await server.api(`/api/egress/destinations/tcp~198.51.100.7~22?at=${then}`)).status).toBe(404)
  })

  it('before the first event are none', async () => {
    expect(await destinationsAt(then - 86_400_000)).toMatchObject({ destinations: [], kept: 0 })
  })
})

describe('signals of a past moment', () => {
  it('are those that had come by then, and one that came later is not found', async () => {
    const { signals, counts, sinceMs } = await signalsAt(then)
    expect(signals.map(({ title }) => title)).toEqual(['early alert'])
    expect([counts.alerts.kept, sinceMs]).toEqual([1, undefined])
    const [late] = (await signalsAt(Date.now(), '&q=late')).signals
    expect((await server.api(`/api/signals/${late?.id}?at=${Date.now()}`)).status).toBe(200)
    expect((await server.api(`/api/signals/${late?.id}?at=${then}`)).status).toBe(404)
  })

  it('a session’s events end at that moment too, where that is asked for', async () => {
    const kinds = async (query: string) =>
      (await json<{ events: { kind: string }[] }>(`/api/sessions/ep-1/events?${query}`)).events.map(({ kind }) => kind)
    expect(await kinds(`until=${then}`)).not.toContain('gpu.process.started')
    expect(await kinds('limit=100')).toContain('gpu.process.started')
  })
})

describe('GPUs of a past moment', () => {
  it('show the newest reading before it and who used them by then, never what came later', async () => {
    const { gpus, readings } = await gpusAt(then, '&points=60')
    expect(readings).toBe('whole')
    expect(gpus).toMatchObject([
      { gpu: 'GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005', users: [], reading: { utilPercent: 40 } },
    ])
    expect(gpus[0]?.points).toHaveLength(1)
    const [now] = (await gpusAt(Date.now())).gpus
    expect(now).toMatchObject({ reading: { utilPercent: 99 }, users: [{ session: 'ep-1' }] })
  })

  it('have a course that ends at that moment, whatever span is asked for', async () => {
    const asked = `/api/gpus/node-1/GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005/samples?from=${then - 60_000}&to=${Date.now() + 1}&at=${then}`
    const { steps, toMs } = await json<GpuSeries>(asked)
    expect(steps.map(({ utilPercentMost }) => utilPercentMost)).toEqual([40])
    expect(toMs).toBe(then + 1)
  })

  it('show means of minutes where readings are gone, say so, and show none where nothing is kept', async () => {
    await pool.query('DELETE FROM gpu_sample')
    await pool.query('DELETE FROM gpu_sample_minute')
    const minute = Math.floor(then / 60_000) * 60_000 - 60_000
    await pool.query(
      `INSERT INTO gpu_sample_minute (host, gpu, minute, gpu_index, util_percent_avg, util_percent_max, n)
       VALUES ('node-1', 'GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005', to_timestamp($1 / 1000.0), 3, 35, 70, 4),
              ('node-1', 'GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005', to_timestamp($1 / 1000.0 + 60), 3, 91, 99, 4)`,
      [minute],
    )
    const rolled = await gpusAt(then)
    expect(rolled.readings).toBe('minutes')
    // The minute that the moment is in holds later readings: it is not told.
    expect(rolled.gpus[0]?.reading).toEqual({ atMs: minute + 59_999, utilPercent: 35 })
    await pool.query('DELETE FROM gpu_sample_minute')
    const gone = await gpusAt(Date.now())
    expect(gone.readings).toBe('none')
    expect(gone.gpus).toHaveLength(1)
    expect(gone.gpus[0]).not.toHaveProperty('reading')
  })
})

describe('numbers of a past moment', () => {
  it('are reckoned as of then', async () => {
    const numbers = await json<NumbersView>(`/api/numbers?days=7&at=${then}`)
    expect(numbers.atMs).toBe(then)
    expect((await server.api(`/api/numbers?at=${Date.now() + 60_000}`)).status).toBe(422)
  })
})

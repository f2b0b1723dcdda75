// One GPU's course through the front door of a real server: what was read is told in few steps, what was not read is no figure at all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GpuSeries } from './protocol/gpu-series-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
const second = 1_000
const minute = 60 * second
// Where a step of a day (241 s) ends, so that they fall the same way at whatever time this runs.
const endMs = Math.floor(Date.now() / (241 * second)) * 241 * second

beforeAll(async () => {
  server = await startForTest()
  // A reading every 15 s for ten minutes, except the fifth and sixth; the driver tells no power in the last.
  for (let atMs = endMs - 10 * minute; atMs < endMs; atMs += 15 * second) {
    const past = endMs - atMs
    if (past <= 6 * minute && past > 4 * minute) continue
    await scrape(atMs, { util: past <= minute ? 99 : 40, power: past <= minute ? undefined : 300 })
  }
})
afterAll(async () => {
  await server.stop()
})

async function scrape(atMs: number, { util, power }: { util: number; power: number | undefined }): Promise<void> {
  const labels = '{gpu="3",UUID="GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005",modelName="NVIDIA H100 80GB HBM3"}'
  const lines = [`DCGM_FI_DEV_GPU_UTIL${labels} ${util}`, `DCGM_FI_DEV_GPU_TEMP${labels} 61`]
  if (power !== undefined) lines.push(`DCGM_FI_DEV_POWER_USAGE${labels} ${power}`)
  const answer = await server.api(`/api/ingest/dcgm-exporter?host=n1&recordedAtMs=${atMs}`, {
    method: 'POST',
    body: `${lines.join('\n')}\n`,
  })
  expect(answer.status).toBe(200)
}

const uuid = 'GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005'
const ask = (gpu: string, query: string, init?: RequestInit) =>
  server.api(`/api/gpus/n1/${encodeURIComponent(gpu)}/samples?${query}`, init)
async function series(gpu: string, query: string): Promise<GpuSeries> {
  const answer = await ask(gpu, query)
  expect(answer.status).toBe(200)
  return (await answer.json()) as GpuSeries
}
const lastTen = `from=${endMs - 10 * minute}&to=${endMs}`

describe('the course of a GPU', () => {
  it('has no step where nothing was read, and tells how far apart its readings are', async () => {
    await expect.poll(async () => (await series(uuid, lastTen)).steps.length, { timeout: 10_000 }).toBe(32)
    const { steps, cadenceMs } = await series(uuid, lastTen)
    expect(cadenceMs).toBe(15 * second)
    const apart = steps.slice(1).map((step, at) => step.atMs - (steps[at]?.atMs ?? 0))
    expect(Math.max(...apart)).toBeGreaterThan(2 * minute)
  })

  it('leaves out a figure that the driver did not tell, never as zero', async () => {
    const { steps } = await series(uuid, lastTen)
    expect(steps[0]).toMatchObject({ utilPercent: 40, powerWatts: 300, temperatureC: 61 })
    expect(steps.at(-1)).toMatchObject({ utilPercent: 99 })
    expect(steps.at(-1)).not.toHaveProperty('powerWatts')
    expect(steps.at(-1)).not.toHaveProperty('memoryUsedBytes')
  })

  it('keeps a burst beside the mean, and never has more steps than are asked to be drawn', async () => {
    const { steps, stepMs } = await series(uuid, `from=${endMs - 24 * 60 * minute}&to=${endMs}`)
    expect(stepMs).toBeGreaterThan(4 * minute)
    expect(steps.length).toBeLessThanOrEqual(360)
    expect(steps.some((step) => (step.utilPercent ?? 0) < 99 && step.utilPercentMost === 99)).toBe(true)
  })

  it('is found by its index too, and by nothing else', async () => {
    expect((await series('index-3', lastTen)).steps).toHaveLength(32)
    expect((await ask('index-4', lastTen)).status).toBe(404)
  })

  it('of an empty or endless span, and of seconds taken for milliseconds, is refused', async () => {
    expect((await ask(uuid, `from=${endMs}&to=${endMs}`)).status).toBe(422)
    expect((await ask(uuid, `from=${endMs - 49 * 60 * minute}&to=${endMs}`)).status).toBe(422)
    expect((await ask(uuid, `from=${Math.floor(endMs / 1_000)}`)).status).toBe(422)
    expect((await ask(uuid, lastTen, { headers: { authorization: 'Bearer nobody' } })).status).toBe(401)
  })

  it('is listed with as many points as are asked for, of the one that is named', async () => {
    const listed = async (query: string) =>
      (
        (await (await server.api(`/api/gpus?${query}`)).json()) as {
          gpus: { points: unknown[]; usdPerHour?: number }[]
        }
      ).gpus
    expect((await listed('host=n1&gpu=index-3&points=5'))[0]?.points).toHaveLength(5)
    expect((await listed('points=0'))[0]).toMatchObject({ points: [], usdPerHour: 2.5 })
    expect(await listed('host=n2&points=0')).toEqual([])
  })
})

// What was read of GPUs up to a moment, by their source's clock: the newest readings of each that are kept whole, else the newest minute that
// was over by then. What is neither kept nor rolled up is not made up.
import type pg from 'pg'
import { emptySampleHistory, type SampleHistory } from '../model/sample-history.ts'
import type { GpuSample } from '../protocol/sample.ts'

/** A reading older than this says nothing of the moment, and is not looked for. */
export const readBackMs = 15 * 60_000
const minuteMs = 60_000

/** `whole`: single readings; `minutes`: means of minutes, because the readings themselves are gone; `none`: nothing of that time is kept. */
export type GpuReadingsAt = { samples: SampleHistory; kept: 'whole' | 'minutes' | 'none' }

type Asked = {
  atMs: number
  /** GPUs that are known by other ways; those with rolled-up minutes of then are found by themselves. */
  names: readonly { host: string; gpu: string }[]
  /** Newest readings of each. */
  points: number
}

type Row = {
  host: string
  gpu: string
  gpu_index: number
  at: Date
  is_minute: boolean
  util_percent: number | null
  memory_bandwidth_percent: number | null
  memory_used_bytes: string | null
  memory_total_bytes: string | null
  power_watts: number | null
  power_limit_watts: number | null
  temperature_c: number | null
  sm_clock_mhz: number | null
  memory_clock_mhz: number | null
  throttling: string[] | null
  user: string | null
}

// Each GPU by its own key: a bound by time alone would read a day of all of them.
const text = `
WITH known AS (
  SELECT * FROM unnest($1::text[], $2::text[]) AS t(host, gpu)
  UNION
  SELECT DISTINCT host, gpu FROM gpu_sample_minute
  WHERE minute > to_timestamp(($3::float8 - $5) / 1000.0) AND minute <= to_timestamp(($3::float8 - ${minuteMs}) / 1000.0)
)
SELECT known.host, known.gpu, reading.*
FROM known CROSS JOIN LATERAL (
  SELECT * FROM (
    (SELECT gpu_index, at, false AS is_minute, util_percent, memory_bandwidth_percent, memory_used_bytes, memory_total_bytes,
       power_watts, power_limit_watts, temperature_c, sm_clock_mhz, memory_clock_mhz, throttling, "user"
     FROM gpu_sample
     WHERE host = known.host AND gpu = known.gpu AND at > to_timestamp(($3::float8 - $5) / 1000.0) AND at <= to_timestamp($3::float8 / 1000.0)
     ORDER BY at DESC LIMIT $4)
    UNION ALL
    (SELECT gpu_index, minute, true, util_percent_avg, memory_bandwidth_percent_avg, memory_used_bytes_max, NULL,
       power_watts_avg, NULL, temperature_c_max, NULL, NULL, NULL, NULL
     FROM gpu_sample_minute
     WHERE host = known.host AND gpu = known.gpu AND minute > to_timestamp(($3::float8 - $5) / 1000.0)
       AND minute <= to_timestamp(($3::float8 - ${minuteMs}) / 1000.0)
     ORDER BY minute DESC LIMIT $4)
  ) AS both_kinds ORDER BY is_minute, at
) AS reading`

export async function readGpusAt(pool: pg.Pool, { atMs, names, points }: Asked): Promise<GpuReadingsAt> {
  const { rows } = await pool.query<Row>(text, [
    names.map(({ host }) => host),
    names.map(({ gpu }) => gpu),
    atMs,
    Math.max(1, points),
    readBackMs,
  ])
  const samples = emptySampleHistory()
  const whole = new Set(rows.filter(({ is_minute }) => !is_minute).map(keyOf))
  for (const row of rows) {
    // Minutes stand in only where no reading of the GPU is kept whole.
    if (row.is_minute && whole.has(keyOf(row))) continue
    const sample = sampleOf(row)
    const key = keyOf(row)
    samples.gpus.set(key, sample)
    if (points === 0) continue
    const { atMs: readAtMs, utilPercent, memoryBandwidthPercent, powerWatts } = sample
    const course = samples.gpuPoints.get(key) ?? []
    course.push({ atMs: readAtMs, utilPercent, memoryBandwidthPercent, powerWatts })
    samples.gpuPoints.set(key, course)
  }
  return { samples, kept: whole.size > 0 ? 'whole' : rows.length > 0 ? 'minutes' : 'none' }
}

function keyOf({ host, gpu }: Row): string {
  return `${host}/${gpu}`
}

/** A minute is told as read when it ended: its mean is of nothing newer. */
function sampleOf(row: Row): GpuSample {
  const bytes = (value: string | null) => (value === null ? null : Number(value))
  const figures = {
    utilPercent: row.util_percent,
    memoryBandwidthPercent: row.memory_bandwidth_percent,
    memoryUsedBytes: bytes(row.memory_used_bytes),
    memoryTotalBytes: bytes(row.memory_total_bytes),
    powerWatts: row.power_watts,
    powerLimitWatts: row.power_limit_watts,
    temperatureC: row.temperature_c,
    smClockMhz: row.sm_clock_mhz,
    memoryClockMhz: row.memory_clock_mhz,
    throttling: row.throttling,
    user: row.user,
  }
  return {
    type: 'gpu',
    atMs: row.at.getTime() + (row.is_minute ? minuteMs - 1 : 0),
    host: row.host as GpuSample['host'],
    gpu: row.gpu,
    index: row.gpu_index,
    ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null)),
  }
}

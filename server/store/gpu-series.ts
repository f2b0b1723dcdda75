// The course of one GPU's readings over a span, in few enough steps to draw. What was rolled up stands in only for the time before the oldest
// reading that is still kept whole, because it has no shorter gaps to show: ten seconds where they are drawn, minutes before those.
import type pg from 'pg'
import type { GpuSeries, GpuStep } from '../protocol/gpu-series-view.ts'

/** `names`: what the device is called in its readings, its uuid and `index-N`. Times in epoch milliseconds, `toMs` is not part of it. */
export type GpuSpan = { host: string; names: readonly string[]; fromMs: number; toMs: number; stepMs: number }

type Row = {
  at_ms: number
  util: number | null
  util_most: number | null
  bandwidth: number | null
  bandwidth_most: number | null
  power: number | null
  power_most: number | null
  memory: string | null
  temperature: number | null
  cadence_ms: number | null
}

const text = `
WITH raw AS (
  SELECT at, util_percent, memory_bandwidth_percent, power_watts, memory_used_bytes, temperature_c,
         extract(epoch FROM at - lag(at) OVER (ORDER BY at)) * 1000 AS apart_ms
  FROM gpu_sample
  WHERE host = $1 AND gpu = ANY($2::text[]) AND at >= to_timestamp($3 / 1000.0) AND at < to_timestamp($4 / 1000.0)
), tens AS (
  SELECT * FROM gpu_sample_step
  WHERE $5 < 60000.0 AND host = $1 AND gpu = ANY($2::text[]) AND at >= to_timestamp($3 / 1000.0)
    AND at < coalesce((SELECT date_bin('10 seconds', min(at), 'epoch') FROM raw), to_timestamp($4 / 1000.0))
), every AS (
  SELECT at, util_percent AS util, util_percent AS util_most, memory_bandwidth_percent AS bandwidth,
         memory_bandwidth_percent AS bandwidth_most, power_watts AS power, power_watts AS power_most,
         memory_used_bytes AS memory, temperature_c AS temperature
  FROM raw
  UNION ALL
  SELECT at, util_percent_avg, util_percent_max, memory_bandwidth_percent_avg, memory_bandwidth_percent_max,
         power_watts_avg, power_watts_max, memory_used_bytes_max, temperature_c_max
  FROM tens
  UNION ALL
  SELECT minute, util_percent_avg, util_percent_max, memory_bandwidth_percent_avg, memory_bandwidth_percent_max,
         power_watts_avg, power_watts_max, memory_used_bytes_max, temperature_c_max
  FROM gpu_sample_minute
  WHERE host = $1 AND gpu = ANY($2::text[]) AND minute >= to_timestamp($3 / 1000.0)
    AND minute < coalesce((SELECT date_trunc('minute', least((SELECT min(at) FROM raw), (SELECT min(at) FROM tens)))),
                          to_timestamp($4 / 1000.0))
)
SELECT ($3::float8 + floor((extract(epoch FROM at) * 1000 - $3) / $5) * $5)::float8 AS at_ms,
       avg(util)::float8 AS util, max(util_most)::float8 AS util_most,
       avg(bandwidth)::float8 AS bandwidth, max(bandwidth_most)::float8 AS bandwidth_most,
       avg(power)::float8 AS power, max(power_most)::float8 AS power_most,
       max(memory) AS memory, max(temperature)::float8 AS temperature,
       (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY apart_ms)::float8 FROM raw WHERE apart_ms > 0) AS cadence_ms
FROM every GROUP BY 1 ORDER BY 1`

export async function readGpuSeries(
  pool: pg.Pool,
  { host, names, fromMs, toMs, stepMs }: GpuSpan,
): Promise<Pick<GpuSeries, 'steps' | 'cadenceMs'>> {
  const { rows } = await pool.query<Row>(text, [host, names, fromMs, toMs, stepMs])
  const cadenceMs = rows[0]?.cadence_ms ?? undefined
  return { steps: rows.map(stepOf), ...(cadenceMs !== undefined && { cadenceMs }) }
}

function stepOf(row: Row): GpuStep {
  const figures = {
    utilPercent: row.util,
    utilPercentMost: row.util_most,
    memoryBandwidthPercent: row.bandwidth,
    memoryBandwidthPercentMost: row.bandwidth_most,
    powerWatts: row.power,
    powerWattsMost: row.power_most,
    memoryUsedBytes: row.memory === null ? null : Number(row.memory),
    temperatureC: row.temperature,
  }
  return { atMs: row.at_ms, ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== null)) }
}

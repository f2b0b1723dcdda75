// Samples: written in batches of their own, never in the way of events; rolled up to minutes; the only rows that may be shed.
import type pg from 'pg'
import type { SamplePoint } from '../protocol/browser-messages.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { GpuSample, SessionSample } from '../protocol/sample.ts'

export async function writeSessionSamples(
  pool: pg.Pool,
  samples: { sample: SessionSample; host: string }[],
): Promise<void> {
  if (samples.length === 0) return
  await pool.query(
    `INSERT INTO session_sample (at, session, host, cpu_percent, memory_bytes, bytes_out, bytes_in, process_count, connection_count)
     SELECT to_timestamp(a / 1000.0), s, h, c, m, o, i, p, n
     FROM unnest($1::float8[], $2::text[], $3::text[], $4::float4[], $5::int8[], $6::int8[], $7::int8[], $8::int4[], $9::int4[])
       AS t(a, s, h, c, m, o, i, p, n)
     ON CONFLICT DO NOTHING`,
    [
      samples.map(({ sample }) => sample.atMs),
      samples.map(({ sample }) => sample.session),
      samples.map(({ host }) => host),
      samples.map(({ sample }) => sample.cpuPercent),
      samples.map(({ sample }) => Math.round(sample.memoryBytes ?? 0)),
      samples.map(({ sample }) => Math.round(sample.bytesOut)),
      samples.map(({ sample }) => Math.round(sample.bytesIn)),
      samples.map(({ sample }) => sample.processCount),
      samples.map(({ sample }) => sample.connectionCount),
    ],
  )
}

export async function writeGpuSamples(pool: pg.Pool, samples: GpuSample[]): Promise<void> {
  if (samples.length === 0) return
  const column = (pick: (sample: GpuSample) => number | undefined) => samples.map((sample) => pick(sample) ?? null)
  const whole = (value: number | undefined) => (value === undefined ? undefined : Math.round(value))
  await pool.query(
    `INSERT INTO gpu_sample (at, host, gpu, gpu_index, util_percent, memory_used_bytes, memory_total_bytes,
                             memory_bandwidth_percent, power_watts, temperature_c, sm_clock_mhz, memory_clock_mhz,
                             power_limit_watts, throttling, "user")
     SELECT to_timestamp(a / 1000.0), h, g, x, u, mu, mt, mb, p, t, sc, mc, pl, string_to_array(th, ','), us
     FROM unnest($1::float8[], $2::text[], $3::text[], $4::int4[], $5::float4[], $6::int8[], $7::int8[], $8::float4[], $9::float4[], $10::float4[],
                 $11::float4[], $12::float4[], $13::float4[], $14::text[], $15::text[])
       AS r(a, h, g, x, u, mu, mt, mb, p, t, sc, mc, pl, th, us)
     ON CONFLICT DO NOTHING`,
    [
      samples.map((sample) => sample.atMs),
      samples.map((sample) => sample.host),
      samples.map((sample) => sample.gpu),
      samples.map((sample) => sample.index),
      column((sample) => sample.utilPercent),
      column((sample) => whole(sample.memoryUsedBytes)),
      column((sample) => whole(sample.memoryTotalBytes)),
      column((sample) => sample.memoryBandwidthPercent),
      column((sample) => sample.powerWatts),
      column((sample) => sample.temperatureC),
      column((sample) => sample.smClockMhz),
      column((sample) => sample.memoryClockMhz),
      column((sample) => sample.powerLimitWatts),
      samples.map((sample) => sample.throttling?.map((reason) => reason.replaceAll(',', ' ')).join(',') ?? null),
      samples.map((sample) => sample.user ?? null),
    ],
  )
}

/** What readings are rolled up to. */
type RollUp = { suffix: string; column: string; bucket: string }
const minutes: RollUp = { suffix: 'minute', column: 'minute', bucket: `date_trunc('minute', at)` }
const steps: RollUp = { suffix: 'step', column: 'at', bucket: `date_bin('10 seconds', at, 'epoch')` }

/**
 * Rolls up every whole minute in [fromMs, toMs). Doing it again writes nothing; a minute of more readings than before is written anew, and one of
 * which some were dropped since stays as it was.
 */
export const rollUpSamples = (pool: pg.Pool, fromMs: number, toMs: number): Promise<void> =>
  rollUp(pool, minutes, fromMs, toMs)

/** The same, to ten seconds: of readings that are to be dropped, for as long as they are there a chart is made of themselves. */
export const rollUpSteps = (pool: pg.Pool, fromMs: number, toMs: number): Promise<void> =>
  rollUp(pool, steps, fromMs, toMs)

async function rollUp(pool: pg.Pool, { suffix, column, bucket }: RollUp, fromMs: number, toMs: number): Promise<void> {
  const span = 'WHERE at >= to_timestamp($1 / 1000.0) AND at < to_timestamp($2 / 1000.0)'
  await pool.query(
    `INSERT INTO session_sample_${suffix} AS old (session, ${column}, cpu_percent_avg, cpu_percent_max, memory_bytes_max, bytes_out_max, bytes_in_max, n)
     SELECT session, ${bucket}, avg(cpu_percent), max(cpu_percent), max(memory_bytes), max(bytes_out), max(bytes_in), count(*)
     FROM session_sample ${span}
     GROUP BY 1, 2
     ON CONFLICT (session, ${column}) DO UPDATE SET
       cpu_percent_avg = excluded.cpu_percent_avg, cpu_percent_max = excluded.cpu_percent_max,
       memory_bytes_max = excluded.memory_bytes_max, bytes_out_max = excluded.bytes_out_max,
       bytes_in_max = excluded.bytes_in_max, n = excluded.n
     WHERE excluded.n > old.n`,
    [fromMs, toMs],
  )
  await pool.query(
    `INSERT INTO gpu_sample_${suffix} AS old (host, gpu, ${column}, gpu_index, util_percent_avg, util_percent_max, memory_used_bytes_max,
       memory_bandwidth_percent_avg, memory_bandwidth_percent_max, power_watts_avg, power_watts_max, temperature_c_max, n)
     SELECT host, gpu, ${bucket}, max(gpu_index), avg(util_percent), max(util_percent), max(memory_used_bytes),
       avg(memory_bandwidth_percent), max(memory_bandwidth_percent), avg(power_watts), max(power_watts), max(temperature_c), count(*)
     FROM gpu_sample ${span}
     GROUP BY 1, 2, 3
     ON CONFLICT (host, gpu, ${column}) DO UPDATE SET
       gpu_index = excluded.gpu_index,
       util_percent_avg = excluded.util_percent_avg, util_percent_max = excluded.util_percent_max,
       memory_used_bytes_max = excluded.memory_used_bytes_max,
       memory_bandwidth_percent_avg = excluded.memory_bandwidth_percent_avg,
       memory_bandwidth_percent_max = excluded.memory_bandwidth_percent_max,
       power_watts_avg = excluded.power_watts_avg, power_watts_max = excluded.power_watts_max,
       temperature_c_max = excluded.temperature_c_max, n = excluded.n
     WHERE excluded.n > old.n`,
    [fromMs, toMs],
  )
}

type RawPoint = { at: Date; cpu_percent: number; memory_bytes: string; bytes_out: string; bytes_in: string }

/**
 * The newest `limit` readings of a session as chart points, ascending: what a page shows of a session older than this process. Where single readings
 * are gone, steps of ten seconds stand in for them.
 */
export async function readSessionPoints(
  pool: pg.Pool,
  session: SessionId,
  limit: number,
  untilMs?: number,
): Promise<SamplePoint[]> {
  let result = await pool.query<RawPoint>(
    `SELECT at, cpu_percent, memory_bytes, bytes_out, bytes_in FROM session_sample
     WHERE session = $1 AND ($3::float8 IS NULL OR at <= to_timestamp($3 / 1000.0)) ORDER BY at DESC LIMIT $2`,
    [session, limit + 1, untilMs ?? null],
  )
  if (result.rows.length === 0) {
    result = await pool.query<RawPoint>(
      `SELECT at, cpu_percent_avg AS cpu_percent, memory_bytes_max AS memory_bytes, bytes_out_max AS bytes_out, bytes_in_max AS bytes_in
       FROM session_sample_step
       WHERE session = $1 AND ($3::float8 IS NULL OR at <= to_timestamp($3 / 1000.0)) ORDER BY at DESC LIMIT $2`,
      [session, limit + 1, untilMs ?? null],
    )
  }
  const rows = result.rows.reverse()
  const points: SamplePoint[] = []
  for (let i = 1; i < rows.length; i += 1) {
    const before = rows[i - 1]
    const now = rows[i]
    if (!before || !now) continue
    const seconds = (now.at.getTime() - before.at.getTime()) / 1000
    if (seconds <= 0) continue
    points.push({
      atMs: now.at.getTime(),
      cpuPercent: now.cpu_percent,
      memoryBytes: Number(now.memory_bytes),
      bytesOutPerSecond: Math.max(0, Number(now.bytes_out) - Number(before.bytes_out)) / seconds,
      bytesInPerSecond: Math.max(0, Number(now.bytes_in) - Number(before.bytes_in)) / seconds,
    })
  }
  return points
}

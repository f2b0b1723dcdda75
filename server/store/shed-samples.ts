// What goes first when the disk is nearly full: readings, the oldest day first, and never what an incident holds. A day's table is dropped whole, or
// written anew without them: rows that are only deleted give nothing back to the disk. Each time it is noted in the same transaction what went, so
// that it is told as a gap also when the server ends in between.
import type pg from 'pg'
import { z } from 'zod'
import type { RetentionHolds } from '../model/retention-holds.ts'
import { dayMs } from './partitions.ts'
import { hourMs, inTransaction, isHeld, type SampleDay, sampleDaysBefore } from './retention.ts'
import { rollUpSamples } from './samples.ts'

const noteKey = 'samples.shed'

/** What went of one table: how many readings, from the first of them to the last. */
export const Shed = z.object({ rows: z.number(), fromMs: z.number(), toMs: z.number() })
export type Shed = z.infer<typeof Shed>
type Held = Pick<RetentionHolds, 'sessions' | 'hosts'>

/** Days that have readings from before that moment, oldest first; the last may go on beyond it. */
export async function sampleDaysToShed(pool: pg.Pool, beforeMs: number): Promise<SampleDay[]> {
  return await sampleDaysBefore(pool, beforeMs + dayMs - 1)
}

/** Drops what is older than `beforeMs` and held by nobody. undefined where there was nothing of that kind; nothing is touched then. */
export async function shedSampleDay(
  pool: pg.Pool,
  { table, name, dayStartMs }: SampleDay,
  held: Held,
  beforeMs: number,
): Promise<Shed | undefined> {
  const { sql, values } = isHeld(table, 'at', held, 2)
  const isKept = `(at >= to_timestamp($1 / 1000.0) OR ${sql})`
  const endMs = Math.min(dayStartMs + dayMs, beforeMs)
  const free = await pool.query(
    `SELECT FROM ${table} WHERE at >= to_timestamp(${dayStartMs} / 1000.0) AND at < to_timestamp(${endMs} / 1000.0) AND NOT ${isKept} LIMIT 1`,
    [beforeMs, ...values],
  )
  if (free.rowCount === 0) return undefined
  for (let fromMs = dayStartMs; fromMs < endMs; fromMs += hourMs) await rollUpSamples(pool, fromMs, fromMs + hourMs)
  return await inTransaction(pool, async (client) => {
    const there = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name])
    if (!there.rows[0]?.found) return undefined // retention was first
    const counted = await client.query<{ rows: string; from_ms: string | null; to_ms: string | null }>(
      `SELECT count(*) AS rows, floor(extract(epoch FROM min(at)) * 1000)::int8 AS from_ms,
              ceil(extract(epoch FROM max(at)) * 1000)::int8 AS to_ms FROM ${name} WHERE NOT ${isKept}`,
      [beforeMs, ...values],
    )
    const [goes] = counted.rows
    if (!goes || goes.from_ms === null || goes.to_ms === null) return undefined
    await client.query(`ALTER TABLE ${table} DETACH PARTITION ${name}`)
    await client.query(`ALTER TABLE ${name} RENAME TO ${name}_old`)
    const isOver = dayStartMs + dayMs <= beforeMs
    const into = isOver ? `${table}_default` : name
    if (!isOver) await client.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
    await client.query(`INSERT INTO ${into} SELECT * FROM ${name}_old WHERE ${isKept}`, [beforeMs, ...values])
    if (!isOver) {
      const [from, to] = [dayStartMs, dayStartMs + dayMs].map((ms) => new Date(ms).toISOString())
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`)
    }
    await client.query(`DROP TABLE ${name}_old`)
    const shed: Shed = { rows: Number(goes.rows), fromMs: Number(goes.from_ms), toMs: Number(goes.to_ms) }
    await client.query(
      `INSERT INTO setting (key, value) VALUES ($1, $2::jsonb)
       ON CONFLICT (key) DO UPDATE SET value = setting.value || excluded.value`,
      [noteKey, JSON.stringify([shed])],
    )
    return shed
  })
}

/** Noted, and not told yet; oldest first. */
export async function readShedNotes(pool: pg.Pool): Promise<Shed[]> {
  const { rows } = await pool.query<{ value: unknown }>('SELECT value FROM setting WHERE key = $1', [noteKey])
  return z.array(Shed).parse(rows[0]?.value ?? [])
}

/** The oldest one was told. */
export async function dropShedNote(pool: pg.Pool): Promise<void> {
  await pool.query('UPDATE setting SET value = value - 0 WHERE key = $1', [noteKey])
}

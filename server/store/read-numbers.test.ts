// given a log in a real PostgreSQL, when the room of numbers counts it, then what came after a drill is no drill's, and who decided is read.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventId } from '../protocol/ids.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { openEventLog } from './event-log.ts'
import { applyMigrations } from './migrate.ts'
import { readApprovalFacts, readFlagCounts } from './read-numbers.ts'

const nowMs = Date.now()
const minuteMs = 60_000
const span = { fromMs: nowMs - 60 * minuteMs, toMs: nowMs + 1 }
let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
let log: Awaited<ReturnType<typeof openEventLog>>

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-numbers-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const { connectionString } = postgres
  await applyMigrations({
    connectionString,
    migrationsDir: path.resolve(import.meta.dirname, '../../prisma/migrations'),
  })
  pool = new pg.Pool({ connectionString, max: 2 })
  log = await openEventLog({ connectionString, partition: 0, log: () => undefined })
})
afterAll(async () => {
  await log.close()
  await pool.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

async function write(minutesAgo: number, kind: string, session: string | undefined, data: object): Promise<void> {
  const seenAtMs = nowMs - minutesAgo * minuteMs
  const row = { id: randomUUID() as EventId, key: undefined, atMs: seenAtMs, kind, version: 1, trust: 'vigil' }
  const rows = [{ ...row, session, host: undefined, source: undefined, dataJson: JSON.stringify(data) }]
  await log.append({ seenAtMs, rows, streams: [] })
}

describe('flags of drills', () => {
  it('are those of a drill’s session while it was one; of others, and of after it, none', async () => {
    const flag = { rule: 'tunnel', title: 'Reverse tunnel' }
    await write(30, 'flag.raised', 'drill-rome-1', flag)
    await write(10, 'flag.raised', 'drill-rome-1', flag)
    await write(30, 'flag.raised', 'ep-1', flag)
    await write(30, 'flag.raised', undefined, flag)
    const counted = async (drills: Parameters<typeof readFlagCounts>[1]['drills']) =>
      (await readFlagCounts(pool, { ...span, stepMs: 24 * 60 * minuteMs, drills })).rows
    const all = { step: 0, rule: 'tunnel', flags: 4 }
    const session = 'drill-rome-1'
    expect(await counted([{ session, untilMs: nowMs - 20 * minuteMs }])).toEqual([{ ...all, ofDrills: 1 }])
    expect(await counted([{ session, untilMs: nowMs }])).toEqual([{ ...all, ofDrills: 2 }])
    expect(await counted([])).toEqual([{ ...all, ofDrills: 0 }])
  })
})

describe('who decided an approval', () => {
  it('is read beside the decision, whatever they wrote and whatever they are called', async () => {
    const named = (type: string) => ({ type, id: 'x', name: '","by":{"type":"operator' })
    await write(9, 'approval.requested', 'ep-1', { approval: 'apr-1', call: 'c1', tool: 'Bash' })
    await write(8, 'approval.decided', 'ep-1', { approval: 'apr-1', decision: 'denied', by: named('operator') })
    await write(7, 'approval.decided', 'ep-1', { approval: 'apr-2', decision: 'approved', by: named('key') })
    await write(6, 'approval.decided', 'ep-1', { approval: 'apr-3', decision: 'expired', by: named('server') })
    const { rows } = await readApprovalFacts(pool, span)
    expect(rows.map(({ approval, decision, by }) => [approval, decision, by])).toEqual([
      ['apr-1', undefined, undefined],
      ['apr-1', 'denied', 'operator'],
      ['apr-2', 'approved', 'key'],
      ['apr-3', 'expired', 'server'],
    ])
  })
})

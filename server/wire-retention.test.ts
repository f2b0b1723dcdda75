// given a real disk with less free than it is told to have, when readings are shed, then a gap is in the log and people are told.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { emptyState } from './model/state.ts'
import type { Occasion } from './notify/occasion.ts'
import { parseEvent } from './protocol/parse-event.ts'
import type { RetentionStore } from './retention-keeper.ts'
import type { Shed } from './store/shed-samples.ts'
import { wireRetention } from './wire-retention.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'vigil-disk-'))
})
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const nowMs = 1_790_000_000_000
const nothingOld: RetentionStore = {
  daysBefore: async () => [],
  dropDay: async () => 0,
  dropDefault: async () => 0,
  hasRolledUpBefore: async () => false,
  dropRolledUp: async () => 0,
  oldestMs: async () => undefined,
  days: { read: () => undefined, write: async () => undefined },
}

function open(databaseUrl?: string) {
  const notes: Shed[] = []
  const submitted: unknown[] = []
  let occasions: () => Occasion[] = () => []
  let left = 1
  const retention = wireRetention({
    config: { dataDir, databaseUrl, disk: { warnBytes: 1e15, shedBytes: 1e15 }, bundle: undefined },
    store: {
      retention: nothingOld,
      shed: {
        daysToShed: async () => (left > 0 ? [{ table: 'gpu_sample', name: 'gpu_sample_20260921', dayStartMs: 0 }] : []),
        async shedDay() {
          left -= 1
          notes.push({ rows: 12, fromMs: nowMs - 9_000, toMs: nowMs - 8_000 })
          return notes[0]
        },
        notes: async () => [...notes],
        dropNote: async () => void notes.shift(),
      },
    },
    pipeline: {
      state: emptyState(),
      submit: async (batch) => {
        submitted.push(...batch.events)
        return { accepted: 1, duplicates: 0, rejected: [] } as never
      },
    },
    start: async () => ({ refused: 'no long work here' }),
    notify: {
      alsoSay(more) {
        occasions = more
      },
    },
    nowMs: () => nowMs,
    say: () => undefined,
    patienceMs: 0,
    onError: (_, error) => {
      throw error
    },
  })
  return { retention, submitted, occasions: () => occasions() }
}

it('reads the free space of the disk itself, sheds, and says so in the log, in Settings and to people', async () => {
  const { retention, submitted, occasions } = open()
  await retention.lookAtDisk()
  await retention.close()
  expect(submitted).toHaveLength(1)
  expect(parseEvent(submitted[0])).toMatchObject({
    ok: true,
    event: {
      kind: 'gap.recorded',
      data: {
        stream: 'samples',
        count: 12,
        fromMs: nowMs - 9_000,
        toMs: nowMs - 8_000,
        reason: expect.stringContaining('disk'),
      },
    },
  })
  const { disk } = await retention.view()
  expect(disk).toMatchObject({ level: 'very-low', shedRows: 12, databaseIsElsewhere: false })
  expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? 0)
  expect(occasions()).toMatchObject([{ key: 'disk:data', state: 'open', severity: 'critical' }])
})

it('sheds nothing where the database has a disk of its own', async () => {
  const { retention, submitted } = open('postgresql://db.example/vigil')
  await retention.lookAtDisk()
  await retention.close()
  expect(submitted).toEqual([])
  expect((await retention.view()).disk).toMatchObject({ level: 'very-low', databaseIsElsewhere: true, shedRows: 0 })
})

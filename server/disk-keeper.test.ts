// given a disk that fills and a store of readings, when the keeper looks, what does it drop, and what does it say?
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepDisk, type ShedStore } from './disk-keeper.ts'
import { holdsOf } from './model/retention-holds.ts'
import { diskOccasion } from './notify/disk-occasion.ts'
import type { SampleDay } from './store/retention.ts'
import type { Shed } from './store/shed-samples.ts'

const nowMs = 1_790_000_000_000
const dayMs = 86_400_000
const day = (n: number): SampleDay => ({ table: 'gpu_sample', name: `gpu_sample_${n}`, dayStartMs: n * dayMs })

let free: number
let days: SampleDay[]
let dropped: string[]
let notes: Shed[]
let gaps: { count: number; reason: string; fromMs: number; toMs: number }[]
let said: string[]
/** As the real one: what went is noted with it. Each day dropped gives 50 back. */
const store: ShedStore = {
  daysToShed: async () => [...days],
  async shedDay({ name, dayStartMs }) {
    days = days.filter((each) => each.name !== name)
    dropped.push(name)
    free += 50
    const shed = { rows: 10, fromMs: dayStartMs, toMs: dayStartMs + 1 }
    notes.push(shed)
    return shed
  },
  notes: async () => [...notes],
  dropNote: async () => void notes.shift(),
}
let opened: ReturnType<typeof keepDisk>[]
let clockMs: number
function open(
  of: ShedStore | 'elsewhere' = store,
  recordGap = async (gap: (typeof gaps)[number]) => void gaps.push(gap),
  patienceMs = 0,
) {
  const keeper = keepDisk({
    space: async () => ({ freeBytes: free, totalBytes: 10_000 }),
    limits: { warnBytes: 500, shedBytes: 200 },
    store: of === 'elsewhere' ? undefined : of,
    holds: () => holdsOf([]),
    recordGap,
    nowMs: () => clockMs,
    patienceMs,
    say: (line) => void said.push(line),
    onError: (_, error) => void said.push(String(error)),
  })
  opened.push(keeper)
  return keeper
}

beforeEach(() => {
  vi.useFakeTimers()
  clockMs = nowMs
  free = 1_000
  days = [day(1), day(2), day(3), day(4)]
  dropped = []
  notes = []
  gaps = []
  said = []
  opened = []
})
afterEach(async () => {
  for (const each of opened) await each.close()
  vi.useRealTimers()
})

describe('the keeper of the disk', () => {
  it('says nothing and drops nothing while there is room', async () => {
    const keeper = open()
    await keeper.look()
    expect(keeper.view()).toMatchObject({ level: 'ok', freeBytes: 1_000, totalBytes: 10_000, shedRows: 0 })
    expect([said, dropped]).toEqual([[], []])
  })

  it('warns before it drops anything: in the log once, and people as long as it is so', async () => {
    const keeper = open()
    free = 400
    await keeper.look()
    await keeper.look()
    expect(said).toEqual([expect.stringContaining('make room')])
    expect(dropped).toEqual([])
    const view = keeper.view()
    expect(view?.level).toBe('low')
    expect(view && diskOccasion(view)).toMatchObject({ key: 'disk:data', state: 'open', severity: 'high' })
    free = 1_000
    await keeper.look()
    const after = keeper.view()
    expect(after && diskOccasion(after)).toMatchObject({ state: 'resolved' })
  })

  it('drops the oldest days, one after the other, until there is room, and records each as a gap', async () => {
    const keeper = open()
    free = 160
    await keeper.look()
    expect(dropped).toEqual(['gpu_sample_1', 'gpu_sample_2'])
    expect(gaps).toEqual(
      [1, 2].map((n) => ({ count: 10, reason: expect.any(String), fromMs: n * dayMs, toMs: n * dayMs + 1 })),
    )
    expect(keeper.view()).toMatchObject({ level: 'low', shedRows: 20, lastShedAtMs: nowMs, nothingLeft: false })
  })

  it('says so when nothing is left that may be dropped', async () => {
    const keeper = open()
    days = [day(1)]
    free = 100
    await keeper.look()
    await keeper.look()
    const view = keeper.view()
    expect(view).toMatchObject({ level: 'very-low', nothingLeft: true })
    expect(said.filter((line) => line.includes('no reading left'))).toHaveLength(1)
    expect(view && diskOccasion(view)).toMatchObject({
      severity: 'critical',
      title: expect.stringContaining('no room'),
    })
  })

  it('drops nothing for a disk that the readings are not on, and says that it cannot see theirs', async () => {
    free = 1
    const keeper = open('elsewhere')
    await keeper.look()
    expect(keeper.view()).toMatchObject({ level: 'very-low', databaseIsElsewhere: true })
    expect([dropped, gaps]).toEqual([[], []])
    expect(said).toEqual([expect.stringContaining('The database is elsewhere')])
  })

  it('tells what was dropped also when the log took it only later, and never forgets it', async () => {
    let isAway = true
    const keeper = open(store, async (gap) => {
      if (isAway) throw new Error('the log is away')
      gaps.push(gap)
    })
    free = 190
    await keeper.look().catch(() => undefined)
    expect([dropped, gaps, notes.length]).toEqual([['gpu_sample_1'], [], 1])
    isAway = false
    await keeper.look()
    expect(gaps.map(({ fromMs }) => fromMs)).toEqual([dayMs])
    expect(notes).toEqual([])
  })

  it('drops nothing right after a start, when incidents that hold something may not be open yet', async () => {
    const keeper = open(store, undefined, 60_000)
    free = 100
    await keeper.look()
    expect([keeper.view()?.level, dropped]).toEqual(['very-low', []])
    clockMs += 60_000
    await keeper.look()
    expect(dropped).toHaveLength(3)
  })

  it('looks by itself every quarter of a minute', async () => {
    const keeper = open()
    await vi.advanceTimersByTimeAsync(0)
    free = 400
    await vi.advanceTimersByTimeAsync(15_000)
    expect(keeper.view()?.level).toBe('low')
  })
})

// given what there is to drop and a list of long work, when retention runs, is refused or cannot begin, then it runs again the next time.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { holdsOf } from './model/retention-holds.ts'
import type { RetentionDays } from './protocol/retention.ts'
import { keepRetention, type RetentionStore, type StartJob } from './retention-keeper.ts'
import type { SampleDay } from './store/retention.ts'

const dayMs = 86_400_000
const nowMs = 1_790_000_000_000
const ada = { type: 'operator' as const, id: 'op-1', name: 'Ada' }

let old: { days: SampleDay[]; minutes: boolean }
let kept: RetentionDays
let asked: { minutesBeforeMs: number[] }
const store: RetentionStore = {
  daysBefore: async () => old.days,
  dropDay: async () => 0,
  dropDefault: async () => 0,
  async hasRolledUpBefore(kind, cutoffMs) {
    if (kind === 'step') return false
    asked.minutesBeforeMs.push(cutoffMs)
    return old.minutes
  },
  async dropRolledUp(kind) {
    if (kind === 'step') return 0
    old.minutes = false
    return 1
  },
  oldestMs: async () => undefined,
  days: { read: () => kept, write: async () => undefined },
}

let begun: string[]
/** As the list of long work does it; `whether` it comes so far that it begins. */
const starts =
  (whether: () => boolean): StartJob =>
  async (about, work, ended) => {
    begun.push(about.title)
    if (whether())
      await work({ signal: new AbortController().signal, progress: () => undefined }).catch(() => undefined)
    ended()
    return { id: `job-${begun.length}` }
  }
let opened: ReturnType<typeof keepRetention>[]
function open(start: StartJob) {
  const keeper = keepRetention({
    store,
    holds: () => holdsOf([]),
    start,
    nowMs: () => nowMs,
    onError: (_, error) => {
      throw error
    },
  })
  opened.push(keeper)
  return keeper
}

beforeEach(() => {
  vi.useFakeTimers()
  old = { days: [], minutes: false }
  kept = { readings: 30, minutes: 60 }
  asked = { minutesBeforeMs: [] }
  begun = []
  opened = []
})
afterEach(() => {
  for (const each of opened) each.close()
  vi.useRealTimers()
})

describe('retention', () => {
  it('can be run again after a run that did not even begin', async () => {
    let isWorking = false
    const keeper = open(starts(() => isWorking))
    expect(await keeper.run(ada)).toEqual({ id: 'job-1' })
    isWorking = true
    expect(await keeper.run(ada)).toEqual({ id: 'job-2' })
    expect((await keeper.view()).lastRun).toMatchObject({ minutesDropped: 1 })
  })

  it('is refused while it runs', async () => {
    let end: () => void = () => undefined
    const keeper = open(async (_about, _work, ended) => {
      end = ended
      return { id: 'job-1' }
    })
    await keeper.run(ada)
    expect(await keeper.run(ada)).toMatchObject({ refused: expect.stringContaining('runs already') })
    end()
    expect(await keeper.run(ada)).toEqual({ id: 'job-1' })
  })

  it('runs by itself when there are days of readings that are too old, or only minutes', async () => {
    open(starts(() => true))
    await vi.advanceTimersByTimeAsync(5 * 60_000)
    expect(begun).toEqual([])
    // when: somebody keeps minutes for a shorter time
    old.minutes = true
    kept = { readings: 30, minutes: 40 }
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(begun).toEqual(['Dropping readings older than 30 days and minutes older than 40'])
    expect(asked.minutesBeforeMs.at(-1)).toBe(Math.floor(nowMs / dayMs) * dayMs - 40 * dayMs)
    // and then there is nothing to do
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(begun).toHaveLength(1)
    old.days = [{ table: 'gpu_sample', name: 'gpu_sample_20250101', dayStartMs: 0 }]
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(begun).toHaveLength(2)
  })
})

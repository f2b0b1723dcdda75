// given imports that run elsewhere, when they are heard, fall silent or come back, then the list of long work says what is known of them.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type ImportWatch, watchImports } from './import-watch.ts'
import type { Followed } from './jobs.ts'
import type { ImportTold, JobState } from './protocol/job.ts'

const by = { type: 'key' as const, id: 'key-1', name: 'importer' }
const about = { by, source: 'auditd/node-7' }
const told = (change: Partial<ImportTold> = {}): ImportTold => ({
  id: 'one-file-run',
  file: 'audit.log',
  readBytes: 100,
  sizeBytes: 1_000,
  state: 'running',
  ...change,
})

let nowMs = 0
let watch: ImportWatch
let states: Map<string, Followed & { state: JobState }>
let cancels: Map<string, () => void>
beforeEach(() => {
  vi.useFakeTimers()
  nowMs = 1_000_000
  states = new Map()
  cancels = new Map()
  watch = watchImports(
    {
      follow: async (id, _about, now, cancel) => {
        states.set(id, now())
        cancels.set(id, cancel)
      },
      tell: (id, now) => void (states.get(id)?.state === 'running' && states.set(id, now)),
      stateOf: (id) => states.get(id)?.state,
    },
    () => nowMs,
  )
})
afterEach(() => {
  watch.close()
  vi.useRealTimers()
})
const only = () => [...states.values()][0]
const pass = (ms: number) => {
  nowMs += ms
  vi.advanceTimersByTime(ms)
}

it('counts what was taken, and not what is only on its way', async () => {
  expect(await watch.began(about, told())).toBe('take')
  await watch.began(about, told({ readBytes: 900 }))
  expect(only()).toMatchObject({ state: 'running', done: 100, of: 1_000 })
  watch.took(about, told({ readBytes: 900 }))
  expect(only()).toMatchObject({ state: 'running', done: 900 })
})

it('says after two minutes of silence that it is not known, and goes on when it is heard again', async () => {
  await watch.began(about, told())
  pass(115_000)
  expect(only()?.state).toBe('running')
  pass(10_000)
  expect(only()).toMatchObject({ state: 'failed', problem: expect.stringContaining('Nothing was heard') })
  expect(await watch.began(about, told({ readBytes: 500 }))).toBe('take')
  expect(only()).toMatchObject({ state: 'running', done: 500 })
})

it('takes nothing more of one that was cancelled, and another key cannot speak for it', async () => {
  await watch.began(about, told())
  const other = { ...about, by: { ...by, id: 'key-2' } }
  await watch.began(other, told())
  cancels.get('import-key-2-one-file-run')?.()
  expect(states.get('import-key-1-one-file-run')?.state).toBe('running')
  expect(await watch.began(other, told({ readBytes: 200 }))).toBe('cancelled')
  expect(await watch.began(about, told({ readBytes: 200 }))).toBe('take')
})

it('lists twenty at once and takes the others all the same', async () => {
  for (let n = 0; n < 30; n += 1) expect(await watch.began(about, told({ id: `a-file-${100 + n}` }))).toBe('take')
  expect(states.size).toBe(20)
})

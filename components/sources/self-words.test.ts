// given what a server measured of itself, when it is told, then trouble is named with what to do, and a quiet server has none.
import { expect, it } from 'vitest'
import type { SelfStep, SelfView } from '../../server/protocol/self-view.ts'
import { selfCharts, selfTroubles } from './self-words.ts'

const nowMs = 1_790_000_000_000
const step = (change: Partial<SelfStep> = {}): SelfStep => ({
  atMs: nowMs,
  events: 1_200,
  commits: 30,
  commitMsP50: 1,
  commitMsP99: 4,
  queuedRows: 0,
  loopLateMsP99: 3,
  cpuPercent: 20,
  rssBytes: 3e8,
  heapBytes: 1e8,
  handles: 60,
  browsers: 2,
  probes: 1,
  samplesShed: 0,
  databaseConnected: true,
  ...change,
})
const view = (steps: SelfStep[], errors: SelfView['errors'] = []): SelfView => ({
  atMs: nowMs,
  startedAtMs: nowMs - 60_000,
  runtime: 'Node.js 20',
  stepMs: 10_000,
  steps,
  errors,
})

it('says nothing of a server that is well, or that has measured nothing yet', () => {
  expect(selfTroubles(view([step(), step()]), nowMs)).toEqual([])
  expect(selfTroubles(view([]), nowMs)).toEqual([])
})

it('names each trouble: a database that is away, a queue, slow commits, a late loop, samples that were shed, errors', () => {
  const bad = step({
    databaseConnected: false,
    queuedRows: 20_000,
    commitMsP99: 900,
    loopLateMsP99: 400,
    samplesShed: 7,
  })
  const troubles = selfTroubles(view([step(), bad], [{ context: 'append', count: 2, lastAtMs: nowMs - 5_000 }]), nowMs)
  expect(troubles).toHaveLength(6)
  expect(troubles[0]).toContain('PostgreSQL does not answer')
  expect(troubles.join(' ')).toContain('7 samples were dropped')
})

it('forgets what was a while ago: errors of an hour before, and samples that were shed before the newest minute', () => {
  const steps = Array.from({ length: 12 }, () => step({ samplesShed: 50 }))
  const old = [{ context: 'append', count: 2, lastAtMs: nowMs - 3_600_000 }]
  expect(selfTroubles(view(steps, old), nowMs)).toEqual([])
})

it('draws nothing where nothing was measured', () => {
  const { commitMsP99: _none, ...quiet } = step()
  expect(selfCharts.find(({ id }) => id === 'commit')?.read(quiet)).toBeUndefined()
})

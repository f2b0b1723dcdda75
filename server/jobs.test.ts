// given long work in a data folder of its own, when it goes on, is cancelled, fails or is broken off, then the list says so and nothing is left.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Jobs, type JobWork, openJobs } from './jobs.ts'
import { jobKeptMs } from './protocol/job.ts'

const eve = { type: 'operator' as const, id: 'op-eve', name: 'eve' }
const asker = { id: eve.id, isAdmin: false, mayControl: true }
const about = { kind: 'bundle' as const, title: 'Evidence bundle of INC-1', by: eve, unit: 'events' }

let dataDir: string
let nowMs: number
let audit: string[]
let auditFails: boolean
let opened: Jobs[]

async function open(): Promise<Jobs> {
  let ids = 0
  const jobs = await openJobs({
    dataDir,
    newId: () => `${opened.length}-${++ids}`,
    nowMs: () => nowMs,
    async recordAudit(by, change, subject) {
      if (auditFails) throw new Error('the log is full')
      audit.push(`${by.name} ${change} ${subject}`)
    },
    onError: (_, error) => {
      throw error
    },
  })
  opened.push(jobs)
  return jobs
}
function signalled(): { given: Promise<void>; give: () => void } {
  let give: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}
/** Work that goes on until it is let go, or no longer wanted. */
function held(): { work: JobWork; begun: Promise<void>; letGo: () => void } {
  const [begun, released] = [signalled(), signalled()]
  const work: JobWork = async ({ signal, file, progress }) => {
    progress({ done: 3, of: 10, phase: 'reading the log' })
    await writeFile(file, 'half of it')
    begun.give()
    const gone = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    await Promise.race([released.given, gone])
    return { file: { name: 'it.tar', bytes: 10 } }
  }
  return { work, begun: begun.given, letGo: released.give }
}
const started = async (jobs: Jobs, work: JobWork): Promise<string> => {
  const answer = await jobs.start(about, work)
  if ('refused' in answer) throw new Error(answer.refused)
  return answer.id
}
const ended = (jobs: Jobs, id: string) =>
  expect.poll(() => jobs.get(id, asker)?.state, { interval: 5 }).not.toBe('running')
const files = async () => (await readdir(path.join(dataDir, 'jobs'))).filter((name) => name.endsWith('.file'))

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'vigil-jobs-'))
  nowMs = 1_790_000_000_000
  audit = []
  auditFails = false
  opened = []
})
afterEach(async () => {
  for (const jobs of opened) await jobs.close()
  await rm(dataDir, { recursive: true, force: true })
})

describe('long work', () => {
  it('tells how far it is while it runs, and has its file when it is done', async () => {
    const jobs = await open()
    const { work, begun, letGo } = held()
    const id = await started(jobs, work)
    await begun
    expect(jobs.list(asker)).toMatchObject([
      { id, state: 'running', done: 3, of: 10, phase: 'reading the log', by: 'eve', mayCancel: true },
    ])
    expect(jobs.file(id)).toBeUndefined()
    letGo()
    await ended(jobs, id)
    expect(jobs.get(id, asker)).toMatchObject({ state: 'done', result: { href: `/api/jobs/${id}/file`, bytes: 10 } })
    expect(jobs.file(id)).toMatchObject({ name: 'it.tar', bytes: 10 })
    expect(audit).toEqual([`eve job.started ${id} bundle: Evidence bundle of INC-1`])
  })

  it('is cancelled by whoever started it or by an admin, by nobody else, and leaves no file', async () => {
    const jobs = await open()
    const { work, begun } = held()
    const id = await started(jobs, work)
    await begun
    const mallory = { type: 'operator' as const, id: 'op-mallory', name: 'mallory' }
    expect(jobs.get(id, { id: mallory.id, isAdmin: false, mayControl: true })?.mayCancel).toBe(false)
    expect(await jobs.cancel(id, mallory, false)).toBe('not-yours')
    expect(jobs.get(id, asker)?.state).toBe('running')
    expect(await jobs.cancel(id, { ...mallory, name: 'root' }, true)).toBe('asked')
    await ended(jobs, id)
    expect(jobs.get(id, asker)).toMatchObject({ state: 'cancelled', done: 3 })
    expect(await jobs.cancel(id, eve, false)).toBe('ended')
    expect(await files()).toEqual([])
    expect(audit.at(-1)).toBe(`root job.cancelled ${id} bundle: Evidence bundle of INC-1`)
  })

  it('ends, is on record as failed and can be started again when the audit could not be written', async () => {
    const jobs = await open()
    auditFails = true
    let ends = 0
    const never: JobWork = () => Promise.reject(new Error('it began without a record'))
    const answer = await jobs.start(about, never, () => {
      ends += 1
    })
    const id = 'id' in answer ? answer.id : ''
    await ended(jobs, id)
    expect(jobs.get(id, asker)).toMatchObject({ state: 'failed', problem: 'the log is full' })
    await expect.poll(() => ends, { interval: 5 }).toBe(1)
    // and a server that starts again tells the same, not that it was lost
    await jobs.close()
    expect((await open()).get(id, asker)).toMatchObject({ state: 'failed', problem: 'the log is full' })
  })

  it('offers its file to who may fetch it, and to nobody else', async () => {
    const jobs = await open()
    const { work, letGo } = held()
    const id = await started(jobs, work)
    letGo()
    await ended(jobs, id)
    expect(jobs.get(id, { ...asker, mayControl: false })).toMatchObject({ state: 'done' })
    expect(jobs.get(id, { ...asker, mayControl: false })?.result).toBeUndefined()
    expect(jobs.get(id, asker)?.result).toBeDefined()
  })

  it('says why it failed, in the words of what failed', async () => {
    const jobs = await open()
    const id = await started(jobs, async () => {
      throw new Error('3,000,000 events: narrow it with from and to')
    })
    await ended(jobs, id)
    expect(jobs.get(id, asker)).toMatchObject({
      state: 'failed',
      problem: '3,000,000 events: narrow it with from and to',
    })
  })

  it('is found again after a restart: what was done is there, and what ran is told as lost with what to do', async () => {
    const before = await open()
    const [done, running] = [held(), held()]
    const doneId = await started(before, done.work)
    done.letGo()
    await ended(before, doneId)
    const runningId = await started(before, running.work)
    await running.begun
    await before.close()
    const after = await open()
    expect(after.get(runningId, asker)).toMatchObject({
      state: 'lost',
      problem: expect.stringMatching(/stopped before it ended.*start it again/),
      mayCancel: false,
    })
    expect(after.file(doneId)).toMatchObject({ name: 'it.tar' })
    expect(await files()).toEqual([`${doneId}.file`])
  })

  it('is lost also where the server was killed, and no half of a file is kept', async () => {
    const before = await open()
    const { work, begun, letGo } = held()
    const id = await started(before, work)
    await begun
    const after = await open()
    expect(after.get(id, asker)?.state).toBe('lost')
    expect(await files()).toEqual([])
    letGo()
  })

  it('is forgotten an hour after it ended, with its file', async () => {
    const before = await open()
    const { work, letGo } = held()
    const id = await started(before, work)
    letGo()
    await ended(before, id)
    await before.close()
    nowMs += jobKeptMs + 1
    const after = await open()
    expect([after.list(asker), await files()]).toEqual([[], []])
  })

  it('is refused beyond what may run at once, and says what to do', async () => {
    const jobs = await open()
    const all = Array.from({ length: 5 }, held)
    const answers = await Promise.all(all.map(({ work }) => jobs.start(about, work)))
    expect(answers.filter((answer) => 'refused' in answer)).toEqual([
      { refused: '4 are running already: wait for one, or cancel one (GET /api/jobs)' },
    ])
    await Promise.all(all.slice(0, 4).map(({ begun }) => begun))
  })

  it('that another part runs is told as that part tells it, and not after its end', async () => {
    const jobs = await open()
    let asked = 0
    const told = { ...about, kind: 'backtest' as const, href: '/rules/edit?backtest=bt-1' }
    await jobs.follow(
      'bt-1',
      told,
      () => ({ state: 'running', done: 1, of: 4 }),
      () => {
        asked += 1
      },
    )
    expect(await jobs.cancel('bt-1', eve, false)).toBe('asked')
    expect([asked, jobs.get('bt-1', asker)?.state]).toEqual([1, 'running'])
    jobs.tell('bt-1', { state: 'done', done: 4, of: 4 })
    jobs.tell('bt-1', { state: 'running', done: 1, of: 4 })
    expect(jobs.get('bt-1', asker)).toMatchObject({ state: 'done', done: 4, result: { href: told.href } })
  })
})

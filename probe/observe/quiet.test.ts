// Quiet is what was used, not what was asked: a frozen loop is quiet, a running one is not, and the unknown never is.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { know, SessionsHere } from '../cgroup-session.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { leaveOut } from '../probe-rig.test-fixture.ts'
import { type GpuWork, type QuietReaders, quietMeasures, watchQuiet } from './quiet.ts'
import { readCpuUsageUs } from './quiet-readers.ts'
import { readStat } from './read-process.ts'

const skip = leaveOut('quiet of a cgroup')
const here = new SessionsHere()
afterEach(() => here.end())
const cpu = { read: { cpuUsageUs: readCpuUsageUs }, measures: quietMeasures.pause, forMs: 300 }
const busy = ['-c', 'while :; do :; done']

describe.skipIf(skip !== undefined)(`quiet${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  test('a frozen busy loop is quiet, and the same loop running is not', async () => {
    const session = here.inCgroup('loop')
    await here.start(session, 'bash', busy)
    const running = await watchQuiet(session, cpu)
    expect(running.quiet).toBe(false)
    expect(running.observed).toMatch(/^\d{2,3} ms CPU time in 0\.\d s$/)
    expect(running.left).toHaveLength(1)
    fs.writeFileSync(path.join(session.cgroupFolder, 'cgroup.freeze'), '1')
    await until('frozen', () =>
      fs.readFileSync(path.join(session.cgroupFolder, 'cgroup.events'), 'utf8').includes('frozen 1'),
    )
    expect(await watchQuiet(session, cpu)).toMatchObject({ quiet: true, left: [], observedFrom: 'CPU time' })
  })

  test('a frozen cgroup whose escaped process works on is not quiet', async () => {
    const session = here.inCgroup('escaped')
    const pid = await here.start(session, 'bash', busy)
    know(session, pid, { escaped: true })
    fs.writeFileSync(path.join(session.cgroupFolder, 'cgroup.freeze'), '1')
    fs.writeFileSync(path.resolve(session.cgroupFolder, '../../cgroup.procs'), String(pid))
    expect((await watchQuiet(session, cpu)).quiet).toBe(false)
  })
})

test('without a cgroup stopped processes are quiet and running ones are not', async () => {
  const session = here.withoutCgroup('group')
  const pid = await here.start(session, 'bash', busy)
  session.main = { pid, startTicks: readStat(pid)?.startTicks ?? 0 }
  expect((await watchQuiet(session, cpu)).quiet).toBe(false)
  process.kill(pid, 'SIGSTOP')
  await until('stopped', () => readStat(pid)?.state === 'T')
  expect((await watchQuiet(session, cpu)).quiet).toBe(true)
})

/** Watches three seconds of invented time; `values` are what the readers answer in turn, the last one again and again. */
function watch(values: { cpu?: unknown[]; packets?: unknown[]; flows?: unknown[]; gpu?: unknown[] }) {
  let nowMs = 0
  const next = (list: unknown[] | undefined) => {
    let i = 0
    return () => {
      const value = list?.[Math.min(i, list.length - 1)]
      i += 1
      if (value instanceof Error) throw value
      return value as never
    }
  }
  const read: QuietReaders = {
    cpuUsageUs: next(values.cpu ?? [5]),
    ...(values.packets ? { packetsPassed: next(values.packets) } : {}),
    ...(values.flows ? { openFlows: next(values.flows) } : {}),
    ...(values.gpu ? { gpuBusy: next(values.gpu) } : {}),
  }
  return watchQuiet(here.withoutCgroup('invented'), {
    read,
    measures: quietMeasures.contain,
    forMs: 3_000,
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms
      return Promise.resolve()
    },
  })
}
const still = { cpu: [5], packets: [7], flows: [0], gpu: [{ processes: 0, utilPercent: 0 }] }
const works = (processes: number, utilPercent: number | undefined): GpuWork => ({ processes, utilPercent })

test('of a contained session nothing grew, nothing is open and nothing computes: quiet, in plain words', async () => {
  expect(await watch(still)).toEqual({
    quiet: true,
    observed: 'no CPU time, no packet got through, no open flow, no GPU work for 3.0 s',
    observedFrom: 'CPU time, packet counters, open flows, nvidia-smi',
    left: [],
  })
})

test('what was used is told in numbers', async () => {
  const reading = await watch({ ...still, cpu: [0, 4_000, 12_000], packets: [7, 7, 10] })
  expect(reading).toMatchObject({ quiet: false, observed: '12 ms CPU time, 3 packets in 3.0 s' })
  expect(reading.left).toEqual(['12 ms CPU time in 3.0 s', '3 packets in 3.0 s'])
  expect((await watch({ ...still, cpu: [0, 1] })).observed).toBe('0.1 ms CPU time in 3.0 s')
})

test('a flow that was open for a moment only is not quiet', async () => {
  expect(await watch({ ...still, flows: [0, 1, 0] })).toMatchObject({ quiet: false, observed: '1 open flow in 3.0 s' })
})

test('a counter that is unknown, goes down, or whose reader fails is never quiet', async () => {
  for (const packets of [[undefined], [7, undefined, 7], [7, 6], [7, new Error('nft failed')], undefined]) {
    const reading = await watch({ ...still, packets } as never)
    expect(reading.quiet).toBe(false)
    expect(reading.left[0]).toMatch(/^packets are not known: /)
  }
  expect((await watch({ ...still, cpu: [undefined] })).quiet).toBe(false)
  expect((await watch({ ...still, flows: [0, undefined] })).quiet).toBe(false)
})

test('work on the GPU is not quiet; a GPU that cannot be read is said, and forbids quiet only to a session that computes', async () => {
  expect(await watch({ ...still, gpu: [works(2, 0), works(2, 97), works(2, 0)] })).toMatchObject({
    quiet: false,
    observed: '2 compute processes on a GPU that is up to 97 % busy in 3.0 s',
  })
  expect((await watch({ ...still, gpu: [works(2, 0)] })).quiet).toBe(true)
  expect((await watch({ ...still, gpu: [works(2, undefined)] })).quiet).toBe(false)
  expect(await watch({ ...still, gpu: [works(1, 0), { problem: 'no answer' }] })).toMatchObject({ quiet: false })
  expect(await watch({ ...still, gpu: [{ problem: 'no answer' }] })).toEqual({
    quiet: true,
    observed: 'no CPU time, no packet got through, no open flow for 3.0 s',
    observedFrom: 'CPU time, packet counters, open flows, nvidia-smi',
    left: ['GPU work is not known: no answer'],
  })
})

// Taking the GPU away, with a stand-in for nvidia-smi that lists real processes in real cgroups in the format of a recorded H200.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ControlId } from '../../server/protocol/ids.ts'
import { know, SessionsHere } from '../cgroup-session.test-fixture.ts'
import { until } from '../fake-server.test-fixture.ts'
import { askComputeProcesses, askGpuUse, type GpuListing, parseListing } from '../observe/gpu-ask.ts'
import { isAlive } from '../observe/members.ts'
import { gpuWorkReader } from '../observe/quiet-readers.ts'
import { readStat } from '../observe/read-process.ts'
import { leaveOut } from '../probe-rig.test-fixture.ts'
import { toolEnvironment } from '../run-command.ts'
import type { Session } from '../session.ts'
import { gpuProcesses } from './gpu-processes.ts'

const skip = leaveOut('taking the GPU from a cgroup')
const here = new SessionsHere()
let folder = ''
const pathBefore = toolEnvironment.PATH
const file = (what: string): string => path.join(folder, what)

/** One line per PID in `pids` as the driver would answer: only living processes are listed. `fail` makes it fail. */
const standIn = (): string => `#!/bin/sh
[ -e ${file('fail')} ] && { echo 'Unable to determine the device handle for GPU 0000:83:00.0: Unknown Error' >&2; exit 15; }
echo run >>${file('runs')}
case "$1" in
  --query-gpu=uuid,index,utilization.gpu) echo "GPU-a, 0, $(cat ${file('util')})";;
  --query-compute-apps=gpu_uuid,pid,used_gpu_memory)
    for pid in $(cat ${file('pids')}); do [ -e ${file('ghosts')} ] || kill -0 $pid 2>/dev/null || continue; echo "GPU-a, $pid, 2566"; done;;
  *) exit 2;;
esac
`
const list = (...pids: number[]): void => fs.writeFileSync(file('pids'), pids.join(' '))
const runs = (): number =>
  fs.existsSync(file('runs')) ? fs.readFileSync(file('runs'), 'utf8').split('\n').length - 1 : 0

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-gpu-'))
  fs.writeFileSync(file('nvidia-smi'), standIn(), { mode: 0o755 })
  toolEnvironment.PATH = `${folder}:${pathBefore}`
})
beforeEach(() => {
  for (const name of ['fail', 'ghosts', 'runs']) fs.rmSync(file(name), { force: true })
  list()
  fs.writeFileSync(file('util'), '0')
})
afterEach(() => here.end())
afterAll(() => {
  toolEnvironment.PATH = pathBefore
  fs.rmSync(folder, { recursive: true })
})

const enforcer = (more: { ask?: () => Promise<GpuListing>; device?: RegExp } = {}) =>
  gpuProcesses({ ask: askComputeProcesses, absent: () => undefined, ...more })
const alive = (pid: number): boolean => isAlive({ pid, startTicks: readStat(pid)?.startTicks ?? -1 })
const want = (session: Session, restrict: ('gpu' | 'pause')[]): void => {
  session.wanted = { session: session.id, restrict, pending: [{ control: ControlId.parse('c'), action: 'revoke' }] }
}

describe.skipIf(skip !== undefined)(`the GPU of a cgroup${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  test("ends the session's compute processes and no other, and is taken only when nvidia-smi lists none of them", async () => {
    const [mine, other] = [here.inCgroup('mine'), here.inCgroup('other')]
    const [a, b, idle] = [
      await here.start(mine, 'sleep', ['61']),
      await here.start(mine, 'sleep', ['62']),
      await here.start(mine, 'sleep', ['63']),
    ]
    const theirs = await here.start(other, 'sleep', ['64'])
    list(a, b, theirs)
    const gpu = enforcer()
    expect(await gpu.observe(mine)).toMatchObject({
      restricted: false,
      observed: 'nvidia-smi lists 2 compute processes of this session, from which the GPU is not taken',
    })
    const [step] = await gpu.apply(mine)
    expect(step).toMatchObject({
      name: 'GPU processes ended',
      detail: `2 compute processes ended: sleep[${a}], sleep[${b}]`,
    })
    expect(await gpu.observe(mine)).toEqual({
      restricted: true,
      observed: 'nvidia-smi lists no compute process of this session',
      observedFrom: 'nvidia-smi --query-compute-apps',
      empty: false,
      left: [],
    })
    expect([a, b, idle, theirs].map(alive)).toEqual([false, false, true, true])
    expect((await gpu.observe(other)).restricted).toBe(false)
    expect(gpu.count(mine)).toBe(1)
  })

  test('a new compute process is seen, and ended by the next turn while it is wanted', async () => {
    const session = here.inCgroup('again')
    const gpu = enforcer()
    const first = await here.start(session, 'sleep', ['61'])
    list(first)
    await gpu.apply(session)
    const second = await here.start(session, 'sleep', ['62'])
    list(first, second)
    await until('it is older than the question', () => alive(second))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await gpu.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`sleep[${second}] still computes on a GPU`],
    })
    await gpu.apply(session)
    expect((await gpu.observe(session)).restricted).toBe(true)
    expect(await gpu.apply(session)).toEqual([])
  })

  test('after a restart of the probe what is wanted still counts, and after restoring it an empty list proves nothing', async () => {
    const session = here.inCgroup('restart')
    await here.start(session, 'sleep', ['61'])
    want(session, ['gpu'])
    const gpu = enforcer()
    expect((await gpu.observe(session)).restricted).toBe(true)
    want(session, [])
    expect(await gpu.revert(session)).toEqual([])
    expect(await gpu.observe(session)).toMatchObject({
      restricted: false,
      observed: 'nvidia-smi lists no compute process of this session, from which the GPU is not taken',
    })
  })

  test('an nvidia-smi that fails, or answers what cannot be read, is never "restricted"', async () => {
    const session = here.inCgroup('failing')
    const pid = await here.start(session, 'sleep', ['61'])
    list(pid)
    want(session, ['gpu'])
    const gpu = enforcer()
    fs.writeFileSync(file('fail'), '')
    await expect(gpu.observe(session)).rejects.toThrow(/cannot be read: Unable to determine the device handle/)
    await expect(gpu.apply(session)).rejects.toThrow(/cannot be read/)
    expect(alive(pid)).toBe(true)
    const odd = enforcer({ ask: () => Promise.resolve(parseListing('GPU-a, [Not Found], 3\n')) })
    await expect(odd.observe(session)).rejects.toThrow(/a line that cannot be read/)
  })

  test('a listed PID that belongs by now to a younger process of the session is neither ended nor called gone', async () => {
    const session = here.inCgroup('reuse')
    let young = 0
    const gpu = enforcer({
      ask: async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        if (young === 0) young = await here.start(session, 'sleep', ['61'])
        return [{ gpu: 'GPU-a', pid: young, name: '', memoryUsedBytes: undefined }]
      },
    })
    expect(await gpu.apply(session)).toEqual([])
    expect(alive(young)).toBe(true)
    young = 0
    expect((await gpu.observe(session)).restricted).toBe(false)
  })

  test('two hundred observations at once are at most two runs, and none is answered by a run that began before it', async () => {
    const session = here.inCgroup('crowd')
    const gpu = enforcer()
    await gpu.observe(session)
    const before = runs()
    const pid = await here.start(session, 'sleep', ['61'])
    const early = gpu.observe(session)
    await new Promise((resolve) => setTimeout(resolve, 1))
    list(pid)
    const readings = await Promise.all(Array.from({ length: 200 }, () => gpu.observe(session)))
    expect(readings.every(({ observed }) => observed.startsWith('nvidia-smi lists 1 compute process'))).toBe(true)
    await early
    expect(runs() - before).toBe(2)
  })

  test('a process that has a GPU open without being listed is named, and the GPU is taken in part only', async () => {
    const session = here.inCgroup('graphics')
    const device = file('nvidia0')
    fs.writeFileSync(device, '')
    const pid = await here.start(session, 'tail', ['-f', device])
    want(session, ['gpu'])
    const gpu = enforcer({ device: /\/nvidia0$/ })
    await until('it has it open', () =>
      fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
        try {
          return fs.readlinkSync(`/proc/${pid}/fd/${fd}`) === device
        } catch {
          return false
        }
      }),
    )
    expect(await gpu.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`tail[${pid}] has ${device} open, though nvidia-smi does not list it`],
    })
  })

  test('the work on its GPUs is read for the sessions that compute there, and for no other', async () => {
    const session = here.inCgroup('work')
    const idle = here.inCgroup('idle')
    list(await here.start(session, 'sleep', ['61']))
    fs.writeFileSync(file('util'), '97')
    const work = gpuWorkReader({ ask: askComputeProcesses, askUse: askGpuUse, absent: () => undefined })
    expect(await work(session)).toEqual({ processes: 1, utilPercent: 97 })
    expect(await work(idle)).toEqual({ processes: 0, utilPercent: 0 })
    fs.writeFileSync(file('util'), '[N/A]')
    expect(await work(session)).toEqual({ processes: 1, utilPercent: undefined })
  })
})

test('without a cgroup a known process is ended, and one whose start time differs is not', async () => {
  const session = here.withoutCgroup('known')
  const [a, b] = [await here.start(session, 'sleep', ['61']), await here.start(session, 'sleep', ['62'])]
  know(session, a)
  know(session, b, { startTicks: (readStat(b)?.startTicks ?? 0) - 1 })
  list(a, b)
  const gpu = enforcer()
  expect(await gpu.apply(session)).toMatchObject([{ detail: `1 compute process ended: sleep[${a}]` }])
  expect([a, b].map(alive)).toEqual([false, true])
})

test('a host without a GPU says no and why; one with a GPU says that ended work cannot be brought back', async () => {
  const absent = 'no GPU here: nvidia-smi is not installed'
  const without = gpuProcesses({ ask: () => Promise.resolve([]), absent: () => absent })
  expect(without.can()).toEqual({ name: 'gpu', can: 'no', enforcer: '', detail: absent })
  await expect(without.apply(here.withoutCgroup('none'))).rejects.toThrow(absent)
  expect(enforcer().can()).toMatchObject({ name: 'gpu', can: 'proven', enforcer: 'gpu-processes' })
  expect(enforcer().can().detail).toContain('cannot be brought back')
})

test('the recorded listings of real GPUs are read in full', ({ skip }) => {
  const recordings = path.resolve(import.meta.dirname, '../../../shared/fixtures/nvidia-smi-text')
  if (!fs.existsSync(recordings)) {
    console.warn(`LEFT OUT: recorded listings (${recordings} is not there)`)
    return skip()
  }
  const names = fs.readdirSync(recordings).filter((name) => name.endsWith('.compute-apps.csv'))
  expect(names.length).toBeGreaterThan(3)
  for (const name of names) {
    const rows = fs.readFileSync(path.join(recordings, name), 'utf8').trim().split('\n').slice(1)
    const asked = rows
      .map((row) => row.split(', '))
      .map((cells) => [cells[4], cells[5], cells.at(-1)?.replace(' MiB', '')])
    expect(parseListing(asked.map((cells) => cells.join(', ')).join('\n'))).toMatchObject(
      asked.map(([gpu, pid]) => ({ gpu, pid: Number(pid) })),
    )
  }
})

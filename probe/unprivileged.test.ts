// The probe without root and without a cgroup: best effort, said so beforehand, and read back all the same.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCgroupHome } from './cgroup-mount.ts'
import { until } from './fake-server.test-fixture.ts'
import { readStat } from './observe/read-process.ts'
import { isRoot, name, Rig } from './probe-rig.test-fixture.ts'

function reason(): string | undefined {
  if (!isRoot) return findCgroupHome().ok ? 'this user can use cgroups, so there is no fallback to see' : undefined
  const tried = spawnSync('setpriv', [
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    process.execPath,
    '--version',
  ])
  return tried.status === 0 ? undefined : `setpriv cannot start node as another user: ${tried.stderr ?? tried.error}`
}
const skip = reason()
if (skip !== undefined && process.env.CI === 'true') throw new Error(`under CI these tests must run, but: ${skip}`)
if (skip !== undefined) console.warn(`LEFT OUT: the probe without root (${skip})`)

describe.skipIf(skip !== undefined)(`the probe without root${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new Rig({ ordinaryUser: true })
  const started: number[] = []
  beforeAll(() => rig.start())
  afterAll(async () => {
    for (const pid of started) if (readStat(pid)?.pgrp === pid) process.kill(-pid, 'SIGKILL')
    await rig.stop()
    expect(rig.server.problems).toEqual([])
  })

  async function runTree(id: string, script: string): Promise<{ pid: number; file: string; out: () => string }> {
    const file = path.join(rig.data, id)
    const { out } = rig.run(id, script.replaceAll('FILE', file))
    await until('its processes are seen', () => rig.server.of('process.started', id).length >= 3)
    const pid = rig.server.of('session.started', id)[0]?.data.pid ?? 0
    started.push(pid)
    return { pid, file, out }
  }
  const tree = `(while :; do printf x >>FILE; sleep 0.05; done) & (while :; do printf x >>FILE; sleep 0.05; done) & wait`
  const sizeOf = (file: string): number => (fs.existsSync(file) ? fs.statSync(file).size : 0)

  test('a session is a process group, and what it cannot promise is said before anyone clicks, with the reason', async () => {
    const id = name('group')
    const { pid, out } = await runTree(id, tree)
    const { data } = rig.server.of('session.started', id)[0] ?? { data: undefined }
    expect(data).toMatchObject({ held: 'process-group', pid })
    expect(data?.cgroup).toBeUndefined()
    expect(readStat(pid)?.pgrp).toBe(pid)
    const pause = data?.abilities.find((ability) => ability.name === 'pause')
    expect(pause).toMatchObject({ can: 'best-effort', enforcer: 'process-group-stop' })
    expect(pause?.detail).toMatch(/slip through\. No cgroup can be used: .*cgroup/)
    expect(data?.abilities.filter((ability) => ability.can === 'proven')).toEqual([])
    expect(rig.server.of('probe.connected').at(-1)?.data.observers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'processes', can: 'partly' }),
        expect.objectContaining({ name: 'udp', can: 'partly', detail: expect.stringContaining('not counted') }),
      ]),
    )
    expect(out()).toMatch(/^vigil: this host cannot hold a session in a cgroup \(.+\): pausing is best effort only\n/)
    process.kill(-pid, 'SIGKILL')
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
  })

  test('pause stops every known process, reads T back, and says by what and how well; resume lets them go on', async () => {
    const id = name('stop')
    const { pid, file } = await runTree(id, tree)
    await until('it counts', () => sizeOf(file) > 4)
    await rig.control(id, 'pause', `p-${id}`)
    const pause = rig.server.of('control.ended', id)[0]?.data
    expect(pause).toMatchObject({
      outcome: 'enforced',
      enforcer: 'process-group-stop',
      observedFrom: '/proc/PID/stat',
      detail: expect.stringContaining('best effort'),
    })
    expect(pause?.observed).toMatch(/^(\d+) of \1 known processes read T$/)
    expect(readStat(pid)?.state).toBe('T')
    expect(rig.server.of('session.observed', id).at(-1)?.data.paused).toBe(true)
    const stoppedAt = sizeOf(file)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sizeOf(file)).toBe(stoppedAt)
    await rig.control(id, 'resume', `r-${id}`)
    expect(rig.server.of('control.ended', id)[1]?.data).toMatchObject({ outcome: 'enforced' })
    expect(rig.server.of('control.ended', id)[1]?.data.observed).toMatch(/^0 of \d+ known processes read T$/)
    await until('it counts again', () => sizeOf(file) > stoppedAt)
    expect(rig.server.of('session.ended', id)).toEqual([])
    process.kill(-pid, 'SIGKILL')
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
  })

  test('it ends when no process is left, not when the first one goes, and passes the exit code on', async () => {
    const id = name('outlive')
    const file = path.join(rig.data, id)
    const { exit } = rig.run(id, `(sleep 0.8; printf x >>${file}; sleep 0.8) & sleep 0.4; exit 3`)
    expect(await exit).toBe(3)
    expect(rig.server.of('session.ended', id)).toEqual([])
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    expect(sizeOf(file)).toBe(1)
    expect(rig.server.of('session.ended', id)[0]?.data).toMatchObject({ exitCode: 3 })
    expect(rig.server.of('process.exited', id).length).toBe(rig.server.of('process.started', id).length)
  })
})

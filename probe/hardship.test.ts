// What the probe must live through: a key that is revoked, a log that nobody reads, a host that was restarted, a name that is
// taken, a disk that cannot be written. Restrictions stay through all of it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from './fake-server.test-fixture.ts'
import { frozenLine, isRoot, leaveOut, name, probeKey, Rig, type RigOptions } from './probe-rig.test-fixture.ts'

const skip = leaveOut("the probe's hardships")
const rigs: Rig[] = []
const newRig = (options?: RigOptions): Rig => {
  const rig = new Rig(options)
  rigs.push(rig)
  return rig
}
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop()
})
const times = (text: string, part: string): number => text.split(part).length - 1
const endless = 'while :; do sleep 0.2; done'

describe.skipIf(skip !== undefined)(`in hardship${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  test('with its key revoked it says so once, tries on, keeps what is frozen frozen, and comes back with the key', async () => {
    const rig = newRig()
    await rig.start()
    const id = name('revoked')
    rig.run(id, endless)
    await until('it runs', () => rig.server.of('process.started', id).length > 1)
    await rig.control(id, 'pause', `p-${id}`)
    rig.server.changeKey('another-key-0123456789abcdef0123')
    await until('it was refused more than once', () => rig.server.refusals >= 2)
    fs.writeFileSync(path.join(rig.cgroupOf(id), 'cgroup.freeze'), '0')
    await until('it is frozen again', () => frozenLine(rig.cgroupOf(id)).includes('frozen 1'), 4_000)
    expect(times(rig.said, 'refuses this probe: unknown probe key')).toBe(1)
    expect(rig.said).not.toContain(probeKey)
    expect(rig.probe?.exitCode).toBeNull()
    rig.server.changeKey(probeKey)
    await until(
      'it is back and tells what it saw meanwhile',
      () => rig.server.of('session.observed', id).length >= 3,
      12_000,
    )
    await rig.control(id, 'resume', `r-${id}`)
    expect(frozenLine(rig.cgroupOf(id))).toContain('frozen 0')
  })

  test('killed the moment after a pause and started without its server, it keeps the pause and not an older wish', async () => {
    const rig = newRig()
    await rig.start()
    const id = name('last-wish')
    rig.run(id, endless)
    await until('it runs', () => rig.server.of('process.started', id).length > 1)
    await rig.control(id, 'pause', `p-${id}`)
    await rig.control(id, 'resume', `r-${id}`)
    await new Promise((resolve) => setTimeout(resolve, 2_200)) // long enough for any checkpoint
    await rig.control(id, 'pause', `q-${id}`)
    await rig.stopProbe('SIGKILL')
    await rig.server.stop()
    rig.spawnProbe()
    await until('it observes', () => rig.said.split('probe is observing').length === 3, 20_000)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(frozenLine(rig.cgroupOf(id))).toContain('frozen 1')
    // Its own book agrees: thawed from outside, it freezes again.
    fs.writeFileSync(path.join(rig.cgroupOf(id), 'cgroup.freeze'), '0')
    await until('it is frozen again', () => frozenLine(rig.cgroupOf(id)).includes('frozen 1'), 4_000)
  })

  const shell = (script: string): RigOptions => ({ probePrefix: ['sh', '-c', script, 'sh'] })
  const fifo = path.join(os.tmpdir(), `vigil-test-fifo-${process.pid}`)
  // A pipe holds 64 KiB: nothing more fits, and nobody ever reads it.
  const stuck = `mkfifo ${fifo}; exec 9<>${fifo}; rm ${fifo}; head -c 65536 /dev/zero >&9; exec "$@" 2>&9`
  test.each([
    ['a pipe whose reader is gone', {}],
    ['closed', shell('exec "$@" >&- 2>&-')],
    ['on a full disk', shell('exec "$@" >/dev/full 2>&1')],
    ['a pipe that nobody reads', shell(stuck)],
  ])('with a log that is %s it goes on', async (_, options) => {
    const rig = newRig(options)
    await rig.start()
    rig.probe?.stdout?.destroy()
    rig.probe?.stderr?.destroy()
    // Two lines of log: the line is cut, the line is back.
    const { port } = rig.server
    await rig.server.stop()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await rig.server.start(port)
    await until('it is connected again', () => rig.server.connected)
    const id = name('unread')
    rig.run(id, endless)
    await until('a session is seen', () => rig.server.of('process.started', id).length > 1)
    await rig.control(id, 'pause', `p-${id}`)
    expect(rig.server.of('control.ended', id)[0]?.data).toMatchObject({ outcome: 'enforced', observed: 'frozen 1' })
    expect(rig.probe?.exitCode).toBeNull()
    const startMs = Date.now()
    await rig.stopProbe('SIGTERM')
    expect([rig.probe?.exitCode, rig.probe?.signalCode]).toEqual([0, null])
    expect(Date.now() - startMs).toBeLessThan(3_000)
  })

  test('after a restart of the host the sessions of before are told as ended, with the reason', async () => {
    const rig = newRig()
    await rig.start()
    const id = name('rebooted')
    rig.run(id, endless)
    await until('it runs', () => rig.server.of('process.started', id).length > 1)
    await rig.stopProbe('SIGKILL')
    fs.writeFileSync(path.join(rig.cgroupOf(id), 'cgroup.kill'), '1')
    await until('nothing of it is left', () => frozenLine(rig.cgroupOf(id)).includes('populated 0'))
    const folder = path.join(rig.data, 'probe', 'sessions')
    for (const file of fs.readdirSync(folder)) {
      const saved = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'))
      fs.writeFileSync(path.join(folder, file), JSON.stringify({ ...saved, bootId: 'an-earlier-boot' }))
    }
    await rig.startProbe()
    await until('the end is told', () => rig.server.of('session.ended', id).length === 1)
    expect(rig.server.of('session.ended', id)[0]?.data).toEqual({ reason: 'the host was restarted' })
    await until('nothing of it is kept', () => fs.readdirSync(folder).length === 0)
    expect(fs.existsSync(rig.cgroupOf(id))).toBe(false)
  })

  test('where a session cannot be noted on disk it does not begin, the probe goes on, and the next one begins when it can', async () => {
    const rig = newRig()
    await rig.start()
    const folder = path.join(rig.data, 'probe', 'sessions')
    fs.rmSync(folder, { recursive: true })
    const id = name('unnoted')
    const marker = path.join(rig.data, 'ran')
    const { exit, out } = rig.run(id, `touch ${marker}`)
    expect(await exit).toBe(125)
    expect(out()).toMatch(/^vigil: session \S+ cannot be noted on this host's disk: .+\n$/)
    expect([fs.existsSync(marker), rig.probe?.exitCode]).toEqual([false, null])
    await until('nothing of it is left', () => !fs.existsSync(rig.cgroupOf(id)))
    fs.mkdirSync(folder)
    expect(await rig.run(id, `touch ${marker}`).exit).toBe(0)
    expect(fs.existsSync(marker)).toBe(true)
  })

  test('a session whose name still holds processes of an earlier one is refused, and its command does not run', async () => {
    const rig = newRig()
    await rig.start()
    const id = name('taken')
    rig.run(id, endless)
    await until('it runs', () => rig.server.of('process.started', id).length > 1)
    await rig.stopProbe('SIGKILL')
    fs.rmSync(path.join(rig.data, 'probe', 'sessions'), { recursive: true })
    await rig.startProbe()
    const marker = path.join(rig.data, 'ran')
    const { exit, out } = rig.run(id, `touch ${marker}`)
    expect(await exit).toBe(125)
    expect(out()).toMatch(
      /^vigil: no cgroup could be made for session \S+: .* still holds processes of an earlier session of this name: choose another --session\n$/,
    )
    expect(fs.existsSync(marker)).toBe(false)
    expect(frozenLine(rig.cgroupOf(id))).toContain('populated 1')
  })
})

test.each([
  ['a file in its place', false],
  ['a folder without the right to write', true],
])('a spool folder that cannot be used (%s) is one line and exit code 1', async (_, ordinaryUser) => {
  const rig = newRig({ ordinaryUser })
  await rig.prepare()
  const folder = path.join(rig.data, 'probe')
  fs.mkdirSync(folder)
  if (ordinaryUser) fs.mkdirSync(path.join(folder, 'spool'), { mode: 0o500 })
  else fs.writeFileSync(path.join(folder, 'spool'), '')
  if (isRoot && ordinaryUser)
    for (const made of [folder, path.join(folder, 'spool')]) fs.chownSync(made, 65_534, 65_534)
  const probe = rig.spawnProbe()
  const code = await new Promise((resolve) => probe.once('close', resolve))
  expect(rig.said).toMatch(/^vigil probe: the spool folder cannot be used \(\S+\/probe\/spool\): .+\n$/)
  expect(code).toBe(1)
})

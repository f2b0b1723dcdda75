// What a rule of a cgroup does not reach, against the real kernel: it is named, and nothing is claimed of the rest.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFlowsIn } from '../enforcement.ts'
import { readNetns, readStat } from '../observe/read-process.ts'
import { finding, leaveOut } from '../probe-rig.test-fixture.ts'
import { type Egress, openEgress } from './egress.ts'
import { arriving, EgressRig, flows, type Listener, must, until } from './egress-rig.test-fixture.ts'

const skip = leaveOut('taking the network away')
const home = finding.ok ? finding.home : undefined
const owner = `egress-limits-test-${process.pid}`
const hostNetns = readNetns('self')
const warnings: string[] = []
const open = async (): Promise<Egress> => {
  const found = await openEgress({ home, owner, hostNetns, warn: (text) => warnings.push(text) })
  if (!found.ok) throw new Error(found.reason)
  return found.egress
}

describe.skipIf(skip !== undefined)(`egress${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  let rig: EgressRig
  let egress: Egress
  let far: { name: string; there: string; there6: string }
  let listener: Listener
  let _listener6: Listener
  beforeAll(async () => {
    if (!home) return
    rig = new EgressRig(home)
    egress = await open()
    far = rig.namespace(10)
    listener = await rig.listen(far.name, far.there, 7001, 7002, 7003)
    _listener6 = await rig.listen(far.name, far.there6, 7001)
  })
  afterAll(async () => {
    for (const session of rig.sessions) await rig.end(session)
    for (const session of rig.sessions) await egress.forget(session)
    const table = egress.tableName
    await egress.close()
    await rig.stop()
    expect(must('nft', 'list', 'tables')).not.toContain(table)
    expect(warnings).toEqual([])
  })

  test('a process that left the cgroup is named with its open sockets, and nothing is claimed', async () => {
    const session = rig.session('escaped')
    const sender = rig.sender(session, { protocol: 'tcp', address: far.there, port: 7001 })
    await flows(listener, 'tcp7001')
    const pid = sender.pid ?? 0
    const refuge = rig.session('refuge')
    fs.writeFileSync(`${refuge.cgroupFolder}/cgroup.procs`, String(pid))
    session.processes.set(pid, {
      pid,
      ppid: 1,
      startTicks: readStat(pid)?.startTicks ?? 0,
      comm: 'node "x"',
      exe: undefined,
      commandLine: '',
      escaped: true,
      seenAtMs: 0,
      checkedAtMs: 0,
      netns: 0,
    })
    await egress.apply(session)
    expect(await arriving(listener, 'tcp7001')).toBe(0)
    // Its flow of before was made in the cgroup and is gone; what it opens now is out of reach.
    expect((await egress.observe(session)).restricted).toBe(true)
    sender.kill('SIGKILL')
    const other = rig.sender(refuge, { protocol: 'tcp', address: far.there, port: 7001 })
    await flows(listener, 'tcp7001')
    const known = session.processes.get(pid)
    if (known) Object.assign(known, { pid: other.pid, startTicks: readStat(other.pid ?? 0)?.startTicks })
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [
        `Process ${other.pid} ("node \\"x\\"") is outside the session's cgroup with 1 open socket: ${far.there}:7001.`,
      ],
    })
    await rig.end(refuge)
    await rig.end(session)
  })

  test('a socket that was made outside and one below IP are named, and nothing is claimed', async () => {
    const session = rig.session('besides')
    const outside = rig.session('outside')
    const sender = rig.sender(outside, { protocol: 'tcp', address: far.there, port: 7001 })
    await flows(listener, 'tcp7001')
    fs.writeFileSync(`${session.cgroupFolder}/cgroup.procs`, String(sender.pid))
    await egress.apply(session)
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`Process ${sender.pid} holds a socket that was made outside the session: ${far.there}:7001.`],
    })
    await rig.end(session)
    const packet = 'import socket, time; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3); time.sleep(60)'
    if (spawnSync('python3', ['-c', '']).status !== 0) return
    const child = rig.run(session, ['python3', '-c', packet])
    const sentence = 'holds a packet socket, which no rule of a cgroup stops.'
    await until('the packet socket is seen', async () =>
      (await egress.observe(session)).left.some((text) => text.endsWith(sentence)),
    )
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`Process ${child.pid} ${sentence}`],
    })
    await rig.end(session)
  })

  test('an unconnected UDP socket of a cgroup that is gone is named, and so is a device past every rule: nothing is claimed', async () => {
    const session = rig.session('gone-socket')
    const helper = rig.session('helper')
    const to = { protocol: 'udp', address: far.there, port: 7002, how: 'unconnected', below: '/passing' } as const
    const sender = rig.sender(helper, to)
    await flows(listener, 'udp7002')
    fs.writeFileSync(`${session.cgroupFolder}/cgroup.procs`, String(sender.pid))
    fs.rmdirSync(`${helper.cgroupFolder}/passing`)
    await egress.apply(session)
    expect(await arriving(listener, 'udp7002')).toBeGreaterThan(0)
    const reading = await egress.observe(session)
    expect(reading).toMatchObject({
      restricted: 'mixed',
      left: [expect.stringMatching(`^Process ${sender.pid} holds a socket that was made outside the session: udp `)],
    })
    expect(openFlowsIn(reading)).toBeUndefined()
    await rig.end(session)
    if (!fs.existsSync('/dev/net/tun')) return
    const holder = rig.run(session, ['sh', '-c', 'exec 9<>/dev/net/tun; exec sleep 60'])
    const sentence = `Process ${holder.pid} holds /dev/net/tun, which no rule of a cgroup stops.`
    await until('the device is seen', async () => (await egress.observe(session)).left.includes(sentence))
    expect((await egress.observe(session)).restricted).toBe('mixed')
    await rig.end(session)
    if (spawnSync('python3', ['-c', '']).status !== 0) return
    const raw =
      'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 253); print("open", flush=True); '
    const child = rig.run(session, ['python3', '-c', `${raw}time.sleep(60)`])
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    // The rule reaches a raw socket of its own: it is named only where the kernel does not say whose it is.
    const { left } = await egress.observe(session)
    const unclear = `Process ${child.pid} holds a raw socket of which the kernel does not say who made it.`
    expect(left.filter((text) => text !== unclear)).toEqual([])
    await rig.end(session)
  })
})

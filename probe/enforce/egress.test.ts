// The egress cut against the real kernel: real sessions, real traffic to a far end, and nothing taken for granted.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readNetns } from '../observe/read-process.ts'
import { finding, leaveOut } from '../probe-rig.test-fixture.ts'
import { type Egress, openEgress } from './egress.ts'
import { arriving, EgressRig, flows, type Listener, must, sleep, until } from './egress-rig.test-fixture.ts'

const skip = leaveOut('taking the network away')
const home = finding.ok ? finding.home : undefined
const owner = `egress-test-${process.pid}`
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
  let listener6: Listener
  beforeAll(async () => {
    if (!home) return
    rig = new EgressRig(home)
    egress = await open()
    far = rig.namespace(0)
    listener = await rig.listen(far.name, far.there, 7001, 7002, 7003)
    listener6 = await rig.listen(far.name, far.there6, 7001)
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

  test('what it can do is proven and said in words that fit', () => {
    expect(egress.can()).toMatchObject({ name: 'network', can: 'proven', enforcer: 'nft-egress' })
    expect(egress.can().detail.length).toBeLessThan(512)
  })

  test('an open TCP flow is cut: not one more byte arrives, neither then nor after a restore, and then it can connect anew', async () => {
    const session = rig.session('tcp')
    const neighbour = rig.session('neighbour')
    rig.sender(session, { protocol: 'tcp', address: far.there, port: 7001, how: 'again' })
    rig.sender(neighbour, { protocol: 'tcp', address: far.there, port: 7002 })
    await flows(listener, 'tcp7001')
    await flows(listener, 'tcp7002')
    expect(await egress.observe(session)).toMatchObject({
      restricted: false,
      observed: 'not in set cut, 1 flow open',
      left: [],
    })
    const steps = await egress.apply(session)
    const { connections } = await listener.count('tcp7001')
    expect(await arriving(listener, 'tcp7001')).toBe(0)
    await flows(listener, 'tcp7002')
    expect(steps.map(({ name }) => name)).toEqual(['egress dropped', 'flows killed'])
    expect(steps[0]?.detail).toContain(`cgroup added to table inet ${egress.tableName}`)
    expect(steps[1]?.detail).toBe('1 flow cut')
    // The sender tries again and again: the SYNs are dropped and counted, and an attempt is an open flow until it is killed.
    await egress.apply(session)
    const reading = await egress.observe(session)
    expect(reading.observedFrom).toBe(`nft list table inet ${egress.tableName}; ss`)
    expect(await egress.packetsPassed(session)).toBe(0)
    await until('dropped packets are counted', async () => ((await egress.packetsDropped(session)) ?? 0) > 0)
    expect((await listener.count('tcp7001')).connections).toBe(connections)
    await egress.revert(session)
    await until('it is let go', async () => (await egress.observe(session)).restricted === false)
    await flows(listener, 'tcp7001')
    expect(await egress.packetsPassed(session)).toBeUndefined()
    expect((await egress.observe(neighbour)).observed).toBe('not in set cut, 1 flow open')
    await rig.end(session)
    await rig.end(neighbour)
  })

  test('data that a program queued while it was cut is never sent, also when the flow outlived the first kill', async () => {
    const session = rig.session('queued')
    rig.sender(session, { protocol: 'tcp', address: far.there, port: 7003 })
    await flows(listener, 'tcp7003')
    // As if the kill had been too early: the drop alone, and a sender that goes on writing into its socket.
    const path = `${home?.nftPath}/${session.cgroupFolder?.split('/').at(-1)}`
    must(
      'nft',
      `add element inet ${egress.tableName} cut { "${path}" }; add element inet ${egress.tableName} passed { "${path}" }`,
    )
    await sleep(300)
    const before = await listener.bytes('tcp7003')
    const reading = await egress.observe(session)
    expect(reading).toMatchObject({ restricted: 'mixed', left: [`1 flow still open: ${far.there}:7003.`] })
    expect(reading.observed).toMatch(/^in set cut, 1 flow open, \d+ packets? dropped$/)
    const steps = await egress.revert(session)
    expect(steps[0]).toMatchObject({ name: 'flows killed', detail: '1 flow cut: nothing queued is sent' })
    await sleep(1_000)
    expect(await listener.bytes('tcp7003')).toBe(before)
    expect((await egress.observe(session)).restricted).toBe(false)
    await rig.end(session)
  })

  test('a frozen session is cut as well: its flow ends while it stands still, and nothing of it arrives after the thaw', async () => {
    const session = rig.session('frozen')
    rig.sender(session, { protocol: 'tcp', address: far.there, port: 7002 })
    await flows(listener, 'tcp7002')
    fs.writeFileSync(`${session.cgroupFolder}/cgroup.freeze`, '1')
    const [, killed] = await egress.apply(session)
    expect(killed?.detail).toBe('1 flow cut')
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await egress.revert(session)
    const before = await listener.bytes('tcp7002')
    fs.writeFileSync(`${session.cgroupFolder}/cgroup.freeze`, '0')
    await sleep(500)
    expect(await listener.bytes('tcp7002')).toBe(before)
    await rig.end(session)
  })

  test('a restore of a session that is not cut leaves its flows alone', async () => {
    const session = rig.session('untouched')
    rig.sender(session, { protocol: 'tcp', address: far.there, port: 7001 })
    await flows(listener, 'tcp7001')
    expect(await egress.revert(session)).toEqual([])
    await flows(listener, 'tcp7001')
    await rig.end(session)
  })

  test.each([
    ['UDP on a connected socket', 'udp', 4, 'once', '1 flow cut'],
    ['UDP on an unconnected socket', 'udp', 4, 'unconnected', '0 flows cut'],
    ['TCP over IPv6', 'tcp', 6, 'once', '1 flow cut'],
    ['UDP over IPv6', 'udp', 6, 'once', '1 flow cut'],
  ] as const)(
    '%s is cut, and flows again to a new socket after a restore',
    async (_, protocol, family, how, killed) => {
      const session = rig.session('family')
      const end = family === 4 ? listener : listener6
      const to = { protocol, address: family === 4 ? far.there : far.there6, port: 7001, how }
      const key = `${protocol}7001`
      rig.sender(session, to)
      await flows(end, key)
      const [, step] = await egress.apply(session)
      expect(await arriving(end, key)).toBe(0)
      expect(step?.detail).toBe(killed)
      expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [], empty: false })
      await egress.revert(session)
      rig.sender(session, to)
      await flows(end, key)
      await rig.end(session)
    },
  )

  test('questions to a resolver on loopback are cut too', async () => {
    const session = rig.session('dns')
    const resolver = await rig.listen(undefined, '127.0.0.1', 7953)
    rig.sender(session, { protocol: 'udp', address: '127.0.0.1', port: 7953, how: 'unconnected' })
    await flows(resolver, 'udp7953')
    await egress.apply(session)
    expect(await arriving(resolver, 'udp7953')).toBe(0)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await rig.end(session)
    await egress.forget(session)
  })

  test('a process in a cgroup inside its own is cut, also after that cgroup was removed', async () => {
    const session = rig.session('nested')
    rig.sender(session, { protocol: 'tcp', address: far.there, port: 7001, below: '/inner/most inner' })
    await flows(listener, 'tcp7001')
    const [, killed] = await egress.apply(session)
    expect(await arriving(listener, 'tcp7001')).toBe(0)
    expect(killed?.detail).toBe('1 flow cut')
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await egress.revert(session)
    const sender = rig.sender(session, { protocol: 'tcp', address: far.there, port: 7001, below: '/inner/gone' })
    await flows(listener, 'tcp7001')
    fs.writeFileSync(`${session.cgroupFolder}/cgroup.procs`, String(sender.pid))
    fs.rmdirSync(`${session.cgroupFolder}/inner/gone`)
    const [, again] = await egress.apply(session)
    expect(await arriving(listener, 'tcp7001')).toBe(0)
    expect(again?.detail).toBe('1 flow cut')
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await rig.end(session)
  })

  test('a rule that was flushed, put to sleep or deleted behind our back is read as not in force, and put back', async () => {
    const session = rig.session('flushed')
    rig.sender(session, { protocol: 'udp', address: far.there, port: 7002, how: 'unconnected' })
    await flows(listener, 'udp7002')
    await egress.apply(session)
    const table = egress.tableName
    for (const harm of [
      `flush chain inet ${table} out`,
      `insert rule inet ${table} out accept`,
      `add table inet ${table} { flags dormant; }`,
      `delete table inet ${table}`,
    ]) {
      expect((await egress.observe(session)).restricted).toBe(true)
      must('nft', harm)
      const reading = await egress.observe(session)
      expect(reading.restricted, harm).toBe(false)
      if (!harm.startsWith('delete')) {
        expect(reading.left).toEqual(["The drop rule is missing or changed in this host's network namespace."])
      }
      await flows(listener, 'udp7002')
      await egress.apply(session)
      expect(await arriving(listener, 'udp7002')).toBe(0)
    }
    must('nft', `flush chain inet ${table} out_passed`)
    expect((await egress.observe(session)).restricted).toBe(true)
    expect(await egress.packetsPassed(session)).toBeUndefined()
    await rig.end(session)
  })

  test('a restart finds the cut again without a gap, also for a table of another shape, and can lift it', async () => {
    const session = rig.session('restart')
    rig.sender(session, { protocol: 'udp', address: far.there, port: 7003, how: 'unconnected' })
    await flows(listener, 'udp7003')
    await egress.apply(session)
    const before = await listener.bytes('udp7003')
    await sleep(500)
    // An element whose cgroup is gone, and a chain of another shape.
    const gone = rig.session('gone')
    await egress.apply(gone)
    rig.remove(gone)
    const table = egress.tableName
    must('nft', `delete chain inet ${table} into; add chain inet ${table} into { type filter hook input priority 5; }`)
    const second = await open()
    const after = await second.observe(session)
    expect(after).toMatchObject({ restricted: true, left: [] })
    expect(Number(/(\d+) packets dropped/.exec(after.observed)?.[1])).toBeGreaterThan(20)
    // By its path each: none of a cgroup that is gone.
    expect(must('nft', 'list', 'set', 'inet', table, 'cut')).not.toMatch(/[^"] counter packets/)
    expect(await listener.bytes('udp7003')).toBe(before)
    await second.close()
    expect(must('nft', 'list', 'tables')).toContain(table)
    const third = await open()
    expect(await listener.bytes('udp7003')).toBe(before)
    await third.revert(session)
    await flows(listener, 'udp7003')
    await rig.end(session)
  })

  test('a session with thousands of flows keeps no other waiting for its cut, and is cut in the end itself', async () => {
    const crowd = rig.session('crowd')
    const good = rig.session('good')
    const many = `
import resource, socket, time
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
held = []
for n in range(3000):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(('${far.there}', 7003))
    held.append(s)
print('open', flush=True)
time.sleep(120)`
    if (spawnSync('python3', ['-c', '']).status !== 0) return
    let said = ''
    rig.run(crowd, ['python3', '-c', many]).stdout?.on('data', (data: Buffer) => {
      said += data.toString()
    })
    rig.sender(good, { protocol: 'tcp', address: far.there, port: 7001 })
    await flows(listener, 'tcp7001')
    await until('all are open', () => said.includes('open'), 30_000)
    const order: string[] = []
    const note = (name: string) => () => order.push(name)
    const bad = egress.apply(crowd).then(note('crowd'))
    await sleep(50)
    await egress.apply(good).then(note('good'))
    expect(await egress.observe(good)).toMatchObject({ restricted: true, left: [] })
    await bad
    expect(order).toEqual(['good', 'crowd'])
    await until(
      'the crowd is cut',
      async () => {
        const { restricted, left } = await egress.observe(crowd)
        if (restricted === true) return true
        expect(left).toEqual([expect.stringMatching(/^\d+ flows? still open: /)])
        await egress.apply(crowd)
        return false
      },
      30_000,
    )
    await rig.end(crowd)
    await rig.end(good)
  }, 60_000)

  test('two hundred sessions are cut, observed and restored in a few runs, and one that is gone does not spoil it', async () => {
    const sessions = Array.from({ length: 200 }, () => rig.session('many'))
    const server = await rig.listen(undefined, '127.0.0.1', 7961)
    const wanderer = `
const fs = require('node:fs'), net = require('node:net')
let closed = 0
const next = (folders) => {
  if (folders.length === 0) return console.log('open')
  fs.writeFileSync(folders[0] + '/cgroup.procs', String(process.pid))
  const socket = net.connect(7961, '127.0.0.1', () => next(folders.slice(1)))
  socket.on('error', () => {}).on('close', () => { if (++closed === 200) console.log('closed') })
}
next(process.argv.slice(1))`
    const [first] = sessions
    if (!first) return
    const folders = sessions.map(({ cgroupFolder }) => cgroupFolder ?? '')
    const child = rig.run(first, [process.execPath, '-e', wanderer, ...folders])
    let said = ''
    child.stdout?.on('data', (data: Buffer) => {
      said += data.toString()
    })
    await until('each session has a flow', () => said.includes('open'))
    const runsBefore = { ...egress.runs }
    const steps = await Promise.all(sessions.map((session) => egress.apply(session)))
    const cutRuns = { nft: egress.runs.nft - runsBefore.nft, ss: egress.runs.ss - runsBefore.ss }
    expect(cutRuns.nft).toBeLessThanOrEqual(3)
    expect(cutRuns.ss).toBeLessThanOrEqual(8)
    // A slow machine may not get to the end of it at once, and then it says so.
    const details = steps.map((its) => its[1]?.detail)
    const late = sessions.filter((_, i) => details[i] === '0 flows cut, 1 still open')
    expect(new Set(details)).toEqual(new Set(['1 flow cut', ...(late.length > 0 ? ['0 flows cut, 1 still open'] : [])]))
    for (const session of late) expect((await egress.apply(session))[1]?.detail).toBe('1 flow cut')
    await until('every flow is closed', () => said.includes('closed'))
    const readings = await Promise.all(sessions.map((session) => egress.observe(session)))
    expect(new Set(readings.map(({ restricted }) => restricted))).toEqual(new Set([true]))
    expect(egress.runs.nft - runsBefore.nft - cutRuns.nft).toBeLessThanOrEqual(8)
    await rig.end(first)
    for (const session of sessions) await rig.end(session)
    const gone = sessions.slice(0, 1)
    for (const session of gone) rig.remove(session)
    const again = await Promise.allSettled(sessions.map((session) => egress.apply(session)))
    expect(again.map(({ status }) => status)).toEqual([
      ...gone.map(() => 'rejected'),
      ...sessions.slice(1).map(() => 'fulfilled'),
    ])
    await Promise.all(sessions.map((session) => egress.revert(session)))
    const released = await Promise.all(sessions.map((session) => egress.observe(session)))
    expect(new Set(released.map(({ restricted }) => restricted))).toEqual(new Set([false]))
    expect(await server.bytes('tcp7961')).toBe(0)
  })
})

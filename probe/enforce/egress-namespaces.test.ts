// The egress cut of sessions in network namespaces of their own or of several, against the real kernel: from inside, and from the
// host's side where nobody else is in there.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readNetns } from '../observe/read-process.ts'
import { finding, leaveOut } from '../probe-rig.test-fixture.ts'
import { type Egress, openEgress } from './egress.ts'
import { arriving, EgressRig, flows, type Listener, must, until } from './egress-rig.test-fixture.ts'

const skip = leaveOut('taking the network away in other network namespaces')
const home = finding.ok ? finding.home : undefined
const owner = `egress-namespaces-test-${process.pid}`
const warnings: string[] = []
const open = async (): Promise<Egress> => {
  const found = await openEgress({ home, owner, hostNetns: readNetns('self'), warn: (text) => warnings.push(text) })
  if (!found.ok) throw new Error(found.reason)
  return found.egress
}
const inodeOf = (name: string): number => fs.statSync(`/run/netns/${name}`).ino

describe.skipIf(skip !== undefined)(`egress in namespaces${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  let rig: EgressRig
  let egress: Egress
  beforeAll(async () => {
    if (!home) return
    rig = new EgressRig(home)
    egress = await open()
  })
  afterAll(async () => {
    for (const session of rig.sessions) await rig.end(session)
    for (const session of rig.sessions) await egress.forget(session)
    await egress.close()
    const tables = must('nft', 'list', 'tables')
    await rig.stop()
    expect(tables).not.toContain(egress.tableName)
    expect(warnings).toEqual([])
  })
  const tablesIn = (netns: string): string => must('ip', 'netns', 'exec', netns, 'nft', 'list', 'tables')
  const flush = (netns: string): string => must('ip', 'netns', 'exec', netns, 'nft', 'flush', 'ruleset')
  const listen = (address: string, ...ports: number[]): Promise<Listener> => rig.listen(undefined, address, ...ports)

  test('a session alone in its namespace is cut from the host too, and stays cut when root inside flushes the table there', async () => {
    const own = rig.namespace(1)
    const host = await listen(own.here, 7101, 7102)
    const session = rig.session('own-netns')
    rig.sender(session, { protocol: 'tcp', address: own.here, port: 7101, netns: own.name })
    rig.sender(session, { protocol: 'udp', address: own.here, port: 7102, how: 'unconnected', netns: own.name })
    await flows(host, 'tcp7101')
    await flows(host, 'udp7102')
    const [dropped, killed] = await egress.apply(session)
    const inside = `network namespace ${inodeOf(own.name)}`
    expect(dropped?.detail).toBe(
      `cgroup added to table inet ${egress.tableName}, also in ${inside} (device ${own.device} cut on the host's side)`,
    )
    expect(killed?.detail).toBe('1 flow cut')
    expect(await arriving(host, 'tcp7101')).toBe(0)
    expect(await arriving(host, 'udp7102')).toBe(0)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    flush(own.name)
    expect(await arriving(host, 'udp7102')).toBe(0)
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [
        `Not in the cut set of ${inside}; cut on the host's side: ${own.device}; only traffic that stays inside it passes.`,
      ],
    })
    must('nft', 'delete', 'table', 'netdev', egress.tableName)
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`Not in the cut set of ${inside}.`, `No longer cut on the host's side: ${own.device}.`],
    })
    await egress.apply(session)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    expect(await arriving(host, 'udp7102')).toBe(0)
    await egress.revert(session)
    await flows(host, 'udp7102')
    expect(await egress.observe(session)).toMatchObject({ restricted: false, left: [] })
    expect(tablesIn(own.name)).toBe('')
    expect(must('nft', 'list', 'tables')).not.toContain(`netdev ${egress.tableName}`)
    await rig.end(session)
  })

  test('of two sessions in one namespace only the one is cut: the other keeps its traffic', async () => {
    const shared = rig.namespace(2)
    const host = await listen(shared.here, 7103, 7104)
    const session = rig.session('shared')
    const neighbour = rig.session('shared-neighbour')
    rig.sender(session, { protocol: 'tcp', address: shared.here, port: 7103, netns: shared.name })
    rig.sender(neighbour, { protocol: 'tcp', address: shared.here, port: 7104, netns: shared.name })
    await flows(host, 'tcp7103')
    await flows(host, 'tcp7104')
    const [dropped] = await egress.apply(session)
    expect(dropped?.detail).toContain('(no device cut: others use it too)')
    expect(await arriving(host, 'tcp7103')).toBe(0)
    expect(await arriving(host, 'tcp7104')).toBeGreaterThan(0)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    flush(shared.name)
    expect(await egress.observe(session)).toMatchObject({
      restricted: 'mixed',
      left: [`Not in the cut set of network namespace ${inodeOf(shared.name)}.`],
    })
    await egress.apply(session)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await egress.apply(neighbour)
    await egress.revert(session)
    expect(await egress.observe(neighbour)).toMatchObject({ restricted: true, left: [] })
    await egress.revert(neighbour)
    expect(tablesIn(shared.name)).toBe('')
    await rig.end(session)
    await rig.end(neighbour)
  })

  test('a process that enters another namespace after the cut is noticed, and the next apply covers it', async () => {
    const later = rig.namespace(3)
    const host = await listen(later.here, 7105)
    const session = rig.session('mover')
    const mover = rig.run(session, [
      'sh',
      '-c',
      'read x; exec "$@"',
      'sh',
      'ip',
      'netns',
      'exec',
      later.name,
      'sleep',
      '60',
    ])
    await egress.apply(session)
    expect(await egress.observe(session)).toMatchObject({ restricted: true })
    mover.stdin?.write('go\n')
    const missing = `Not in the cut set of network namespace ${inodeOf(later.name)}.`
    await until('it has moved', async () => (await egress.observe(session)).left.includes(missing))
    expect(await egress.observe(session)).toMatchObject({ restricted: 'mixed', left: [missing] })
    rig.sender(session, { protocol: 'udp', address: later.here, port: 7105, how: 'unconnected', netns: later.name })
    await flows(host, 'udp7105')
    await egress.apply(session)
    expect(await arriving(host, 'udp7105')).toBe(0)
    expect(await egress.observe(session)).toMatchObject({ restricted: true, left: [] })
    await rig.end(session)
    await egress.forget(session)
    expect(tablesIn(later.name)).toBe('')
    expect(must('nft', 'list', 'tables')).not.toContain(`netdev ${egress.tableName}`)
  })

  test('after a restart the cut in a namespace and at its device is known again, and can be lifted', async () => {
    const again = rig.namespace(4)
    const host = await listen(again.here6, 7106)
    const session = rig.session('netns-restart')
    rig.sender(session, { protocol: 'udp', address: again.here6, port: 7106, how: 'unconnected', netns: again.name })
    await flows(host, 'udp7106')
    await egress.apply(session)
    const before = await host.bytes('udp7106')
    const second = await open()
    expect(await second.observe(session)).toMatchObject({ restricted: true, left: [] })
    expect(await host.bytes('udp7106')).toBe(before)
    await second.revert(session)
    await flows(host, 'udp7106')
    expect(await second.observe(session)).toMatchObject({ restricted: false, left: [] })
    expect(tablesIn(again.name)).toBe('')
    expect(must('nft', 'list', 'tables')).not.toContain(`netdev ${egress.tableName}`)
    await rig.end(session)
  })
})

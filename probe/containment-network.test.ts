// The network of a running session taken away and given back: over UDP and IPv6, from a program that never stops trying, in a network
// namespace of its own, and with somebody who undoes it behind our back.
import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ContainmentRig, sizeOf, sleep } from './containment-rig.test-fixture.ts'
import { must } from './enforce/egress-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { Counter, FarEnd } from './far-end.test-fixture.ts'
import { leaveOut, name } from './probe-rig.test-fixture.ts'

const skip = leaveOut('taking the network away from running sessions')

describe.skipIf(skip !== undefined)(`network${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new ContainmentRig()
  let far: FarEnd
  let counter: Counter
  const here: Counter[] = []
  beforeAll(async () => {
    far = await FarEnd.open()
    const listen = [`listen,${far.there},7001`, `listen,${far.there6},7002`, `listen,${far.there},7003`]
    counter = await far.counter(...listen, `listen,${far.there},7004`, `listen,${far.there},7005`)
    await rig.start()
  })
  afterAll(async () => {
    for (const { child } of here) child.kill('SIGKILL')
    await rig.stop().finally(() => far.stop())
  })

  const connectionCount = (id: string): unknown =>
    rig.server.samples.findLast((sample) => sample.type === 'session' && sample.session === id)?.connectionCount

  test('a UDP and an IPv6 flow are cut while their program runs on, both are told as closed, and new ones flow after a restore', async () => {
    const id = name('flows')
    const beats = rig.heartbeatOf(id)
    await rig.runs(id, rig.traffic(id, `udp,${far.there},7001`, `tcp,${far.there6},7002`))
    await counter.flows('udp7001')
    await counter.flows('tcp7002')
    await until('both are known', () => rig.server.of('connection.opened', id).length === 2, 20_000)
    await until('both are counted', () => connectionCount(id) === 2, 20_000)
    const ended = await rig.control(id, 'revoke', `v-${id}`, 'network')
    expect(ended).toMatchObject({ outcome: 'enforced', enforcer: 'nft-egress' })
    expect(ended.observed).toMatch(/^in set cut, 0 flows open/)
    const beatsThen = sizeOf(beats)
    const { connections } = await counter.count('tcp7002')
    expect((await rig.step(id, `v-${id}`, 'verified')).data.ok).toBe(true)
    for (const key of ['udp7001', 'tcp7002'])
      expect((await counter.count(key)).newestStampMs, key).toBeLessThanOrEqual(rig.cutAtMs(id))
    expect(sizeOf(beats)).toBeGreaterThan(beatsThen + 20)
    expect(rig.isFrozen(id)).toBe(false)
    const opened = rig.server.of('connection.opened', id).map(({ data }) => data.connection)
    const closed = () => rig.server.of('connection.closed', id).map(({ data }) => data.connection)
    await until('both are told as closed', () => opened.every((each) => closed().includes(each)), 20_000)
    await until('none is counted', () => connectionCount(id) === 0, 20_000)

    await rig.control(id, 'restore', `o-${id}`, 'network')
    expect(rig.isCut(id)).toBe(false)
    fs.writeFileSync(`${beats}.again`, '')
    await counter.flows('tcp7002')
    expect((await counter.count('tcp7002')).connections).toBe(connections + 1)
    expect(rig.saidOfNetwork(id)).toEqual([true, false])
    expect(rig.notOnce(id, [`v-${id}`, `o-${id}`])).toEqual([])
  })

  test('a program that tries to connect again and again is cut all the same, and its attempts are not called open flows', async () => {
    const id = name('tireless')
    const beats = rig.heartbeatOf(id)
    fs.writeFileSync(`${beats}.again`, '')
    await rig.runs(id, rig.traffic(id, ...Array.from({ length: 5 }, () => `tcp,${far.there},7003`)))
    await counter.flows('tcp7003')
    expect(await rig.control(id, 'revoke', `v-${id}`, 'network')).toMatchObject({ outcome: 'enforced' })
    const { connections } = await counter.count('tcp7003')
    expect((await rig.step(id, `v-${id}`, 'verified')).data.ok).toBe(true)
    expect(await counter.count('tcp7003')).toMatchObject({ connections })
    expect((await counter.count('tcp7003')).newestStampMs).toBeLessThanOrEqual(rig.cutAtMs(id))
    expect(rig.steps(id, `v-${id}`).map(({ data }) => data.name)).toEqual([
      'egress dropped',
      'flows killed',
      'verified',
    ])
    expect(await rig.control(id, 'restore', `o-${id}`, 'network')).toMatchObject({ outcome: 'enforced' })
    await counter.flows('tcp7003')
    expect(rig.saidOfNetwork(id)).toEqual([true, false])
  })

  test('a session in a network namespace of its own is cut from the host too, and stays cut when root in there flushes every rule', async () => {
    const own = await FarEnd.open()
    try {
      const inside = await Counter.start(undefined, `listen,${own.here},7101`, `listen,${own.here},7102`)
      here.push(inside)
      const id = name('own-netns')
      const traffic = rig.traffic(id, `free,${own.here},7101`, `tcp,${own.here},7102`)
      await rig.runs(id, `exec ip netns exec ${own.name} ${traffic}`)
      await inside.flows('udp7101')
      await inside.flows('tcp7102')
      expect(await rig.control(id, 'contain', `c-${id}`)).toMatchObject({ outcome: 'enforced' })
      const dropped = await rig.step(id, `c-${id}`, 'egress dropped')
      expect(dropped.data.detail).toContain(`(device ${own.device} cut on the host's side)`)
      const evidence = rig.server.of('evidence.recorded', id).map(({ data }) => data.evidence)
      const sockets = evidence.flatMap((each) => (each.part === 'sockets' ? each.items : []))
      expect(sockets.map(({ remote }) => remote)).toContainEqual({ address: own.here, port: 7102 })
      // It is let run on: what it sends now nobody but the cut holds back.
      await rig.control(id, 'revoke', `v-${id}`, 'network')
      expect(await rig.control(id, 'release', `r-${id}`)).toMatchObject({ outcome: 'enforced' })
      expect(rig.isFrozen(id)).toBe(false)
      const beats = sizeOf(rig.heartbeatOf(id))
      must('ip', 'netns', 'exec', own.name, 'nft', 'flush', 'ruleset')
      await until('it runs', () => sizeOf(rig.heartbeatOf(id)) > beats + 50, 20_000)
      for (const key of ['udp7101', 'tcp7102'])
        expect((await inside.count(key)).newestStampMs, key).toBeLessThanOrEqual(rig.cutAtMs(id))
      expect(await rig.control(id, 'restore', `o-${id}`, 'network')).toMatchObject({ outcome: 'enforced' })
      await inside.flows('udp7101')
      expect(must('nft', 'list', 'tables')).not.toContain(`netdev ${rig.cutTable}`)
      await rig.finish(id)
    } finally {
      await own.stop()
    }
  })

  test.each([
    ['empties the rules', (table: string) => ['flush', 'table', 'inet', table]],
    ['takes the table away', (table: string) => ['delete', 'table', 'inet', table]],
    ['empties the set', (table: string) => ['flush', 'set', 'inet', table, 'cut']],
  ])('somebody who %s behind our back is told, and the cut is made again at once', async (_, harm) => {
    const id = name('undone')
    await rig.runs(id, rig.traffic(id, `free,${far.there},7004`))
    await counter.flows('udp7004')
    await rig.control(id, 'revoke', `v-${id}`, 'network')
    const undoneAtMs = Date.now()
    must('nft', ...harm(rig.cutTable))
    await until('told and cut again', () => rig.saidOfNetwork(id).length >= 3, 20_000)
    expect(rig.saidOfNetwork(id)).toEqual([true, false, true])
    const [, told, again] = rig.server.of('restriction.observed', id)
    console.info(
      `told after ${(told?.atMs ?? 0) - undoneAtMs} ms, cut again after ${(again?.atMs ?? 0) - undoneAtMs} ms`,
    )
    await sleep(1_000)
    expect((await counter.count('udp7004')).newestStampMs).toBeLessThanOrEqual(again?.atMs ?? 0)
    expect(rig.endsOf(id, `v-${id}`)).toHaveLength(1)
    await rig.finish(id)
  })

  test('a containment that is undone behind our back, both its freeze and its cut, is told and made again', async () => {
    const id = name('both')
    await rig.runs(id, rig.traffic(id, `free,${far.there},7005`))
    await counter.flows('udp7005')
    await rig.control(id, 'contain', `c-${id}`)
    must('nft', 'delete', 'table', 'inet', rig.cutTable)
    fs.writeFileSync(`${rig.cgroupOf(id)}/cgroup.freeze`, '0')
    const paused = () => rig.server.of('session.observed', id).map(({ data }) => data.paused)
    await until('told and made again', () => rig.saidOfNetwork(id).length >= 3 && paused().length >= 3, 20_000)
    expect([paused(), rig.saidOfNetwork(id)]).toEqual([
      [true, false, true],
      [true, false, true],
    ])
    expect([rig.isCut(id), rig.isFrozen(id)]).toEqual([true, true])
    const again = rig.server.of('restriction.observed', id).at(-1)?.atMs ?? 0
    await sleep(1_000)
    expect((await counter.count('udp7005')).newestStampMs).toBeLessThanOrEqual(again)
    expect(rig.endsOf(id, `c-${id}`)).toHaveLength(1)
  })
})

// A probe that is killed, or loses its server, in the middle of a containment: what was asked comes to be, each control has one end,
// and what was once read as cut never passes again. Every packet carries the moment at which it was sent.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ContainmentRig, sizeOf, sleep } from './containment-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { type Counter, FarEnd } from './far-end.test-fixture.ts'
import { leaveOut, name } from './probe-rig.test-fixture.ts'

const skip = leaveOut('containments that are interrupted')
/** From the ask to the kill. */
const delaysMs = [0, 3, 6, 10, 15, 20, 25, 30, 40, 50, 70, 100]

describe.skipIf(skip !== undefined)(`interrupted${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new ContainmentRig()
  let far: FarEnd
  let counter: Counter
  const ports = [...delaysMs, 0].map((_, i) => 7200 + i)
  beforeAll(async () => {
    far = await FarEnd.open()
    counter = await far.counter(...ports.map((port) => `listen,${far.there},${port}`))
    await rig.start()
  })
  afterAll(async () => {
    await rig.stop().finally(() => far.stop())
  })

  test('killed at any moment of a containment and started again, it brings it about, ends each control once, and lets nothing pass in between', async () => {
    await rig.ensureProbe()
    const rounds = delaysMs.map((delayMs, i) => ({
      delayMs,
      id: name('killed'),
      port: ports[i],
      // A session that is only cut runs on and sends all the while: whatever gap there is shows at the far end.
      action: i % 2 === 0 ? ('revoke' as const) : ('contain' as const),
    }))
    for (const { id, port } of rounds) await rig.runs(id, rig.traffic(id, `free,${far.there},${port}`))
    const found: string[] = []
    for (const { delayMs, id, port, action } of rounds) {
      await counter.flows(`udp${port}`)
      rig.ask(id, action, `c-${id}`, action === 'revoke' ? 'network' : undefined)
      await sleep(delayMs)
      await rig.stopProbe('SIGKILL')
      const before = { cut: rig.isCut(id), frozen: rig.isFrozen(id), atMs: Date.now() }
      found.push(`${delayMs} ms: ${before.cut ? 'cut' : 'not cut'}${before.frozen ? ', frozen' : ''}`)
      await sleep(200)
      await rig.startProbe()
      await rig.ends(id, `c-${id}`)
      const [end] = rig.endsOf(id, `c-${id}`)
      // A host that is too slow to read it within the probe's five seconds says so, goes on, and says it when it is there.
      if (end?.outcome === 'partial') {
        expect(end.detail).toMatch(/still trying$/)
        await until(`${id} is cut after all`, () => rig.saidOfNetwork(id).includes(true), 20_000)
        await until(`${id} is frozen after all`, () => action === 'revoke' || rig.isFrozen(id), 20_000)
      } else expect(end?.outcome).toBe('enforced')
      expect([rig.isCut(id), rig.isFrozen(id)]).toEqual([true, action === 'contain'])
      const { newestStampMs } = await counter.count(`udp${port}`)
      expect(newestStampMs, `${delayMs} ms`).toBeLessThanOrEqual(before.cut ? before.atMs : rig.cutAtMs(id))
    }
    console.info(`killed ${found.join('; ')}`)
    // All the restarts that came after its own round, too: nothing more of any of them.
    for (const { id, port, action } of rounds) {
      expect(rig.notOnce(id, [`c-${id}`])).toEqual([])
      expect(rig.saidOfNetwork(id)).toEqual([true])
      expect((await counter.count(`udp${port}`)).newestStampMs).toBeLessThanOrEqual(rig.cutAtMs(id))
      const beats = sizeOf(rig.heartbeatOf(id))
      if (action === 'revoke') await until(`${id} runs on`, () => sizeOf(rig.heartbeatOf(id)) > beats, 20_000)
    }
    await rig.finish(...rounds.map(({ id }) => id))
    // Twelve restarts of a probe take 50 s on two quiet cores.
  }, 240_000)

  test('without its server from the moment of the ask on it brings the containment about, keeps it, and tells its end once', async () => {
    await rig.ensureProbe()
    const id = name('alone')
    const port = ports.at(-1)
    await rig.runs(id, rig.traffic(id, `free,${far.there},${port}`))
    await counter.flows(`udp${port}`)
    expect(await rig.askAll(id, [{ action: 'contain', control: `c-${id}` }])).toBe(true)
    const serverPort = rig.server.port
    await rig.server.stop()
    await until('it is cut and frozen', () => rig.isCut(id) && rig.isFrozen(id), 20_000)
    const { bytes } = await counter.count(`udp${port}`)
    await sleep(2_000)
    expect([rig.isCut(id), rig.isFrozen(id)]).toEqual([true, true])
    expect((await counter.count(`udp${port}`)).bytes).toBe(bytes)
    await rig.server.start(serverPort)
    await rig.ends(id, `c-${id}`)
    await rig.step(id, `c-${id}`, 'verified')
    expect(rig.endsOf(id, `c-${id}`)).toEqual([expect.objectContaining({ outcome: 'enforced' })])
    expect((await counter.count(`udp${port}`)).newestStampMs).toBeLessThanOrEqual(rig.cutAtMs(id))
    expect(rig.saidOfNetwork(id)).toEqual([true])
    // A few seconds on a quiet machine; each of its waits may take 20 s on one that is not.
  }, 120_000)
})

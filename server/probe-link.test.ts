// A probe's conversation with a real server: numbered events once and in order, a host's own word only, and a pause that is
// "paused" when it was read, not when it was acknowledged. The probe here is a socket that the test plays by hand.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectProbe as connectByHand } from './probe-by-hand.test-fixture.ts'
import { Welcome } from './protocol/probe-messages.ts'
import { startForTest, type TestServer, testKey } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

const abilities = [{ name: 'pause', can: 'proven', enforcer: 'cgroup-freeze', detail: 'x' }]

const connectProbe = (host: string, key = testKey) => connectByHand(server.url, host, key)
const started = (session: string) => ({
  kind: 'session.started',
  session,
  data: { held: 'cgroup', cgroup: `/vigil/${session}`, abilities },
})
const announce = {
  kind: 'probe.connected',
  data: { version: '1', bootId: 'boot', kernel: '6', abilities, observers: [] },
}
const detail = async (session: string) =>
  (await (await server.api(`/api/sessions/${session}`)).json()) as { row: { state: string; eventCount: number } }
const ask = async (session: string, action: string) =>
  (
    (await (
      await server.api(`/api/sessions/${session}/controls`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action }),
      })
    ).json()) as { id: string }
  ).id
const control = async (id: string, waitMs = 0) =>
  (await (await server.api(`/api/controls/${id}?waitMs=${waitMs}`)).json()) as {
    state: string
    receipt: object | null
    steps: { name: string }[]
  }
async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = Date.now() + 5_000
  while (!(await check())) {
    if (Date.now() > deadlineMs) throw new Error('it did not come true within 5 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('a probe', () => {
  it('has each numbered event kept once and in order, however often and raggedly it is sent', async () => {
    const probe = await connectProbe('host-a')
    const stream = 'stream-a'
    expect((await probe.hello(stream)).ackedN).toBe(0)
    const event = (n: number) => ({
      kind: 'process.started',
      session: 'numbered',
      data: { pid: n + 1, ppid: 1, startTicks: 1, comm: 'x', argv: [String(n)] },
    })
    expect(await probe.send(stream, 1, [announce, started('numbered'), event(3)])).toEqual({ ackedN: 3 })
    expect(await probe.send(stream, 2, [started('numbered'), event(3), event(4)])).toEqual({ ackedN: 4 })
    expect(await probe.send(stream, 9, [event(9)])).toMatchObject({ retry: true })
    probe.close()
    const again = await connectProbe('host-a')
    expect((await again.hello(stream, [{ session: 'numbered', paused: false }])).ackedN).toBe(4)
    await again.send(stream, 1, [announce, started('numbered'), event(3), event(4), event(5)])
    const events = (await (await server.api('/api/sessions/numbered/events?kinds=process.started')).json()) as {
      events: { data: { argv: string[] } }[]
    }
    expect(events.events.map((each) => each.data.argv[0])).toEqual(['3', '4', '5'])
    again.close()
  })

  it('has a refused event recorded as a gap: its number is taken and its loss is seen', async () => {
    const probe = await connectProbe('host-b')
    await probe.hello('stream-b')
    const ack = await probe.send('stream-b', 1, [{ kind: 'nonsense', session: 's', data: {} }, started('after-gap')])
    expect(ack).toMatchObject({ ackedN: 2, rejected: [{ n: 1 }] })
    expect((await detail('after-gap')).row.eventCount).toBe(1)
    probe.close()
  })

  it('is refused with a wrong key, or a wrong version, in words', async () => {
    await expect(connectProbe('host-c', 'vgl_wrong')).rejects.toThrow('not known here')
  })
})

const frozen = (session: string) => ({
  kind: 'session.observed',
  session,
  data: { paused: true, observed: 'frozen 1', observedFrom: '/x' },
})

describe('a host that comes back', () => {
  const pausedOn = async (host: string, session: string) => {
    const probe = await connectProbe(host)
    await probe.hello(`stream-${host}`)
    await probe.send(`stream-${host}`, 1, [announce, started(session)])
    const id = await ask(session, 'pause')
    const ended = { control: id, outcome: 'enforced', observed: 'frozen 1', observedFrom: '/x' }
    await probe.send(`stream-${host}`, 3, [frozen(session), { kind: 'control.ended', session, data: ended }])
    await until(async () => (await detail(session)).row.state === 'paused')
    probe.close()
    await until(async () => (await detail(session)).row.state === 'silent')
  }

  it('is not shown as paused by what was read before it left, when it says now that it runs', async () => {
    await pausedOn('host-thawed', 'thawed')
    const again = await connectProbe('host-thawed')
    await again.hello('stream-host-thawed', [{ session: 'thawed', paused: false }], 4)
    await until(async () => (await detail('thawed')).row.state === 'pausing')
    again.close()
  })

  it('stays silent until its spool is durable here: old pauses in it are not the present', async () => {
    await pausedOn('host-behind', 'behind')
    const again = await connectProbe('host-behind')
    await again.hello('stream-host-behind', [{ session: 'behind', paused: false }], 5)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await detail('behind')).row.state).toBe('silent')
    await again.send('stream-host-behind', 5, [
      {
        kind: 'session.observed',
        session: 'behind',
        data: { paused: false, observed: 'frozen 0', observedFrom: '/x' },
      },
    ])
    await until(async () => (await detail('behind')).row.state === 'pausing')
    again.close()
  })

  it('has its forgotten session ended, but never a new run of the same name', async () => {
    await pausedOn('host-forgot', 'forgotten')
    const again = await connectProbe('host-forgot')
    await again.hello('stream-host-forgot', [], 6)
    await again.send('stream-host-forgot', 5, [
      { kind: 'session.ended', session: 'forgotten', data: {} },
      started('forgotten'),
    ])
    await until(async () => (await detail('forgotten')).row.state === 'running')
    again.close()
    await until(async () => (await detail('forgotten')).row.state === 'silent')
    const third = await connectProbe('host-forgot')
    await third.hello('stream-host-forgot', [], 6)
    await until(async () => (await detail('forgotten')).row.state === 'ended')
    third.close()
  })

  it('of which a copy runs elsewhere with the same spool loses nothing: positions are a host’s own', async () => {
    const original = await connectProbe('host-original')
    await original.hello('stream-copied')
    await original.send('stream-copied', 1, [announce, started('of-original')])
    const copy = await connectProbe('host-copy')
    expect((await copy.hello('stream-copied')).ackedN).toBe(0)
    await copy.send('stream-copied', 1, [announce, started('of-copy')])
    await until(async () => (await detail('of-copy')).row.state === 'running')
    original.close()
    copy.close()
  })

  it('has what was refused on record when it speaks of a session that another host holds', async () => {
    const holder = await connectProbe('host-holder')
    await holder.hello('stream-holder')
    await holder.send('stream-holder', 1, [announce, started('shared-name')])
    const other = await connectProbe('host-other')
    await other.hello('stream-other')
    const ack = await other.send('stream-other', 1, [announce, started('shared-name')])
    expect(ack).toMatchObject({
      ackedN: 2,
      rejected: [{ n: 2, reason: 'session shared-name is held by another host' }],
    })
    const record = (await (await server.api('/api/sessions/shared-name/events?kinds=gap.recorded')).json()) as {
      events: object[]
    }
    expect(record.events).toMatchObject([
      { host: 'host-other', data: { count: 1, reason: expect.stringContaining('held by another host') } },
    ])
    holder.close()
    other.close()
  })
})

describe('a pause', () => {
  it('asked a hundred times of a silent host still reaches it when it is back', async () => {
    const probe = await connectProbe('host-nagged')
    await probe.hello('stream-nagged')
    await probe.send('stream-nagged', 1, [announce, started('nagged')])
    await until(async () => (await detail('nagged')).row.state === 'running')
    probe.close()
    await until(async () => (await detail('nagged')).row.state === 'silent')
    for (let i = 0; i < 110; i += 1) await ask('nagged', 'pause')
    const again = await connectProbe('host-nagged')
    const welcome = Welcome.parse(await again.hello('stream-nagged', [{ session: 'nagged', paused: false }], 2))
    expect(welcome.wanted[0]).toMatchObject({ session: 'nagged', restrict: ['pause'] })
    expect(welcome.wanted[0]?.pending.length).toBeLessThanOrEqual(20)
    again.close()
  })

  it('is wanted, delivered, and "paused" only once the host says what it read', async () => {
    const probe = await connectProbe('host-p')
    await probe.hello('stream-p')
    await probe.send('stream-p', 1, [announce, started('to-pause')])
    const id = await ask('to-pause', 'pause')
    await until(() => probe.wanted.some(({ pending }) => pending.length > 0))
    expect(probe.wanted.find(({ pending }) => pending.length > 0)).toEqual({
      session: 'to-pause',
      restrict: ['pause'],
      pending: [{ control: id, action: 'pause' }],
    })
    await until(async () => (await control(id)).state === 'delivered')
    expect(await detail('to-pause')).toMatchObject({ row: { state: 'pausing' } })
    const waiting = control(id, 5_000)
    await probe.send('stream-p', 3, [
      frozen('to-pause'),
      {
        kind: 'control.ended',
        session: 'to-pause',
        data: {
          control: id,
          outcome: 'enforced',
          observed: 'frozen 1',
          observedFrom: '/x',
          enforcer: 'cgroup-freeze',
          processCount: 3,
        },
      },
    ])
    expect(await waiting).toMatchObject({
      state: 'enforced',
      receipt: { observed: 'frozen 1', observedFrom: '/x', processCount: 3 },
    })
    expect(await detail('to-pause')).toMatchObject({ row: { state: 'paused' } })
    probe.close()
    await until(async () => (await detail('to-pause')).row.state === 'silent')
  })

  it('never yields "enforced" from a probe that acknowledges and does nothing', async () => {
    const probe = await connectProbe('host-lazy')
    await probe.hello('stream-lazy')
    await probe.send('stream-lazy', 1, [announce, started('lazy')])
    const id = await ask('lazy', 'pause')
    expect(await control(id, 300)).toMatchObject({ state: 'delivered', receipt: null })
    expect(await detail('lazy')).toMatchObject({ row: { state: 'pausing' } })
    probe.close()
  })

  it.each([
    ['says nothing of what it read', {}],
    ['has read otherwise', { observed: 'frozen 1', observedFrom: '/x' }],
  ])('yields "failed" from a probe that calls it enforced and %s', async (_how, proof) => {
    const host = `host-liar-${Object.keys(proof).length}`
    const session = `liar-${Object.keys(proof).length}`
    const probe = await connectProbe(host)
    await probe.hello(`stream-${host}`)
    await probe.send(`stream-${host}`, 1, [announce, started(session)])
    const id = await ask(session, 'pause')
    await probe.send(`stream-${host}`, 3, [
      { kind: 'control.ended', session, data: { control: id, outcome: 'enforced', ...proof } },
    ])
    const ended = (await control(id, 2_000)) as { state: string; receipt: unknown; detail?: string }
    expect(ended).toMatchObject({ state: 'failed', receipt: null })
    expect(ended.detail).toContain('not believed')
    expect(await detail(session)).toMatchObject({ row: { state: 'pausing' } })
    probe.close()
  })

  it('asked while the host is away is delivered with its next hello, also after a restart of the server', async () => {
    let probe = await connectProbe('host-away')
    await probe.hello('stream-away')
    await probe.send('stream-away', 1, [announce, started('away')])
    probe.close()
    await until(async () => (await detail('away')).row.state === 'silent')
    const id = await ask('away', 'pause')
    expect((await control(id)).state).toBe('requested')
    await server.restart()
    probe = await connectProbe('host-away')
    const welcome = await probe.hello('stream-away', [{ session: 'away', paused: false }])
    expect(welcome.wanted).toEqual([
      { session: 'away', restrict: ['pause'], pending: [{ control: id, action: 'pause' }] },
    ])
    await until(async () => (await control(id)).state === 'delivered')
    probe.close()
  })

  it('is cancelled when the session ends first', async () => {
    const probe = await connectProbe('host-end')
    await probe.hello('stream-end')
    await probe.send('stream-end', 1, [announce, started('ending')])
    const id = await ask('ending', 'pause')
    await probe.send('stream-end', 3, [{ kind: 'session.ended', session: 'ending', data: { exitCode: 0 } }])
    await until(async () => (await control(id)).state === 'cancelled')
    probe.close()
  })
})

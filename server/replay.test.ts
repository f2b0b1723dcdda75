// Looking back through the real server: what a socket is shown of a moment, playing on from it, and that nothing acts from there.
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Frame, operatorNamespace } from './protocol/browser-messages.ts'
import type { ReplayMoment, ReplaySnapshot } from './protocol/replay-messages.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

type Refused = { problem?: { status: number; title: string } }
let server: TestServer
let socket: Socket
/** When the server saw the first, and the second session. */
let early = 0
let late = 0

async function act(session: string): Promise<number> {
  const data = { call: 'c1', tool: 'shell', input: 'ls needle', summary: 'ls' }
  const event = { v: 1, kind: 'action.started', atMs: Date.now(), session, data }
  expect((await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })).ok).toBe(true)
  const { events } = await json<{ events: { seenAtMs: number }[] }>(`/api/sessions/${session}/events`)
  return events[0]?.seenAtMs ?? 0
}
const json = async <T>(path: string) => (await (await server.api(path)).json()) as T
const look = async (atMs: number, watch: object = { view: 'live' }) =>
  (await socket.emitWithAck('replay.watch', { watch, atMs })) as ReplaySnapshot & Refused

beforeAll(async () => {
  server = await startForTest()
  early = await act('ep-early')
  while (Date.now() <= early + 1) await new Promise((resolve) => setImmediate(resolve))
  late = await act('ep-late')
  const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify(testAdmin),
  })
  const cookie = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
  socket = io(server.url + operatorNamespace, {
    extraHeaders: { cookie: cookie.join('; ') },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  })
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
})
afterAll(async () => {
  socket.disconnect()
  await server.stop()
})

describe('a socket that looks back', () => {
  it('is shown the fleet and a session as they were known at that moment, and nothing that came later', async () => {
    const then = await look(early)
    expect(then.rows.map((row) => row.session)).toEqual(['ep-early'])
    expect(then.moment).toMatchObject({ atMs: early, playing: false })
    const session = await look(late, { view: 'session', session: 'ep-early' })
    expect(session.events?.map((event) => event.kind)).toEqual(['action.started'])
    expect((await look(early, { view: 'session', session: 'ep-late' })).problem?.status).toBe(404)
  })

  it('is told where the log begins before its first event, and that the future has not come', async () => {
    const before = await look(early - 86_400_000)
    expect(before.rows).toEqual([])
    expect(before.moment.seq).toBe(0)
    expect(before.moment.firstAtMs).toBeLessThanOrEqual(early)
    expect((await look(Date.now() + 60_000)).problem).toMatchObject({ status: 422, title: 'That moment has not come' })
  })

  it('plays on: what came next comes in frames, and it stops when it has caught up with now', async () => {
    const frames: Frame[] = []
    const moments: ReplayMoment[] = []
    socket.on('frame', (frame: Frame) => {
      frames.push(frame)
      socket.emit('painted', { n: frame.n })
    })
    const start = await look(early)
    const caughtUp = new Promise<void>((resolve) =>
      socket.on('replay.moment', (moment: ReplayMoment) => {
        moments.push(moment)
        if (moment.caughtUp) resolve()
      }),
    )
    await socket.emitWithAck('replay.play', { speed: 60 })
    await caughtUp
    const rows = frames.filter((frame) => frame.watch === start.watch).flatMap((frame) => frame.rows)
    expect(rows.map((row) => row.session)).toContain('ep-late')
    expect(moments.map((each) => each.atMs)).toEqual(moments.map((each) => each.atMs).sort((a, b) => a - b))
    expect(moments.at(-1)).toMatchObject({ playing: false, caughtUp: true })
  })

  it('acts on nothing, whatever it sends, until it watches what is live again', async () => {
    await look(early)
    const contain = ['contain', { selector: { run: 'nothing' } }] as const
    expect(await socket.emitWithAck(...contain)).toMatchObject({ problem: { status: 409, title: 'This is the past' } })
    await socket.emitWithAck('watch', { view: 'live' })
    expect(await socket.emitWithAck(...contain)).not.toHaveProperty('problem')
  })
})

describe('over HTTP', () => {
  it('the list and one session are read as of a moment, and a wrong one is refused', async () => {
    const iso = new Date(early).toISOString()
    for (const at of [String(early), iso])
      expect((await json<{ sessions: { session: string }[] }>(`/api/sessions?at=${at}`)).sessions).toMatchObject([
        { session: 'ep-early' },
      ])
    expect((await server.api(`/api/sessions/ep-late?at=${early}`)).status).toBe(404)
    expect((await server.api('/api/sessions?at=yesterday')).status).toBe(422)
    expect((await server.api(`/api/sessions?at=${Date.now() + 60_000}`)).status).toBe(422)
  })

  it('text is found in what a session says, whatever its case, and only there', async () => {
    const found = async (q: string) =>
      (await json<{ events: unknown[] }>(`/api/sessions/ep-early/events?q=${q}`)).events.length
    expect([await found('LS%20Needle'), await found('nothing%25like')]).toEqual([1, 0])
  })

  it('steps lead from mark to mark', async () => {
    const none = await json<{ step?: unknown }>(`/api/replay/step?at=${Date.now() + 1}&direction=next`)
    expect(none).toEqual({})
    const step = await json<{ step?: { what: string; atMs: number } }>(`/api/replay/step?at=${late}&direction=next`)
    expect(step.step?.what).toBe('control')
    const { marks } = await json<{ marks: { what: string; atMs: number }[] }>(
      `/api/replay/marks?from=${early}&to=${Date.now() + 1}`,
    )
    expect(marks.filter((each) => each.what === 'control')[0]?.atMs).toBe(step.step?.atMs)
  })
})

// A browser's socket stays open when its operator is removed or demoted: it must do nothing more from that moment on.
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { operatorNamespace } from './protocol/browser-messages.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

type Headers = Record<string, string>
type Answer = { id?: string; problem?: { status: number; title: string; detail: string } }
const password = 'another-long-password'
const json = { 'content-type': 'application/json' }
let server: TestServer
let admin: Headers
const sockets: Socket[] = []

beforeAll(async () => {
  server = await startForTest()
  admin = await signIn(testAdmin.email, testAdmin.password)
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect()
})
afterAll(async () => {
  await server.stop()
})

async function signIn(email: string, secret: string): Promise<Headers> {
  const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { ...json, origin: server.url },
    body: JSON.stringify({ email, password: secret }),
  })
  expect(answer.status).toBe(200)
  const cookie = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
  return { cookie: cookie.join('; '), origin: server.url }
}
async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const init = { method, headers: { ...json, ...admin }, ...(body && { body: JSON.stringify(body) }) }
  const answer = await fetch(server.url + path, init)
  expect(`${path} ${answer.status}`).toMatch(/ 20[01]$/)
  return (await answer.json()) as Record<string, unknown>
}
async function responder(email: string): Promise<{ id: string; socket: Socket }> {
  const made = await call('POST', '/api/operators', { email, name: 'Ben', role: 'responder' })
  const token = new URL(String(made.setupUrl)).searchParams.get('token')
  await call('POST', '/api/setup', { token, password })
  const { cookie = '' } = await signIn(email, password)
  const socket = io(server.url + operatorNamespace, {
    extraHeaders: { cookie },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  })
  sockets.push(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return { id: (made.operator as { id: string }).id, socket }
}
const session = 'no-such-session'
const acts = [
  ['control', { session, action: 'pause' }],
  ['extend', { control: 'ctl-1', ttlSeconds: 60 }],
  ['contain', { selector: { run: 'nothing' } }],
  ['lift', { containment: 'con-1' }],
  ['decide', { proposal: 'pro-1', decision: 'refused' }],
] as const

describe('an open socket', () => {
  it.each(acts)('does nothing on "%s" for an operator who was removed, and is closed', async (name, message) => {
    const { id, socket } = await responder(`gone-${name}@example.com`)
    const before = (await socket.emitWithAck(name, message)) as Answer
    expect(before.problem?.status).not.toBe(401)
    const closed = new Promise((resolve) => socket.once('disconnect', resolve))
    await call('DELETE', `/api/operators/${id}`)
    const after = (await socket.emitWithAck(name, message)) as Answer
    expect(after).toMatchObject({ problem: { status: 401, title: 'Not signed in' } })
    await closed
  })

  it('has the rights of a demoted operator from the next message on, and stays open for watching', async () => {
    const { id, socket } = await responder('less@example.com')
    const contain = ['contain', { selector: { run: 'nothing' } }] as const
    expect((await socket.emitWithAck(...contain)) as Answer).not.toHaveProperty('problem')
    await call('POST', `/api/operators/${id}/role`, { role: 'viewer' })
    expect((await socket.emitWithAck(...contain)) as Answer).toMatchObject({ problem: { status: 403 } })
    expect(socket.connected).toBe(true)
  })

  it('answers messages that were sent at once in the order in which they were sent', async () => {
    const { socket } = await responder('order@example.com')
    const order: number[] = []
    const send = (place: number) =>
      socket.emitWithAck('contain', { selector: { run: `r-${place}` } }).then(() => order.push(place))
    await Promise.all([0, 1, 2, 3, 4].map(send))
    expect(order).toEqual([0, 1, 2, 3, 4])
  })
})

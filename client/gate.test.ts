// What an agent's own code takes from Vigil, on a real server and against everything else that may answer in its place.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from '../server/gate-for-test.ts'
import { startForTest, type TestServer } from '../server/start-for-test.ts'
import { gate } from './gate.ts'

describe('on a real server', () => {
  let server: TestServer
  let key: string
  beforeAll(async () => {
    server = await startForTest()
    await holdCommands(server)
    key = await keyToAsk(server)
    await startSession(server, 'agent')
  })
  afterAll(async () => {
    await server.stop()
  })
  const ask = (tool: string, input: unknown, more: object = {}) =>
    gate({ session: 'agent', tool, input }, { url: `${server.url}/`, key, deadlineMs: 20_000, ...more })

  it('says what the policy says, and makes up an id for a call that has none', async () => {
    expect(await ask('Read', { path: 'a' })).toEqual({ decision: 'allow', reason: 'nothing restricts it' })
    expect(await ask('WebFetch', {})).toEqual({ decision: 'deny', reason: 'this run works offline' })
  })

  it('waits for a person: what was approved runs, what was edited runs as it was edited, what was denied does not', async () => {
    const held = async (decision: object) => {
      const asked = ask('Bash', { command: 'rm -rf /' })
      await decide(server, (await waitingOf(server, 'agent')).approval, decision)
      return await asked
    }
    expect(await held({ decision: 'approve' })).toMatchObject({ decision: 'allow' })
    expect(await held({ decision: 'edit', input: { command: 'ls' } })).toMatchObject({
      decision: 'edit',
      input: { command: 'ls' },
    })
    const denied = await held({ decision: 'deny', reason: 'not that' })
    expect(denied).toMatchObject({ decision: 'deny', reason: expect.stringContaining('not that') })
  })

  it('denies what is not decided in time, what is given up, and what a wrong key asks', async () => {
    expect(await ask('Bash', {}, { deadlineMs: 1_000 })).toMatchObject({ decision: 'deny' })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    expect(await ask('Bash', {}, { signal: stop.signal })).toMatchObject({ decision: 'deny', failed: true })
    expect(await ask('Read', {}, { key: 'wrong' })).toMatchObject({ decision: 'deny', failed: true })
  })
})

describe('whatever else happens, it denies', () => {
  const there = { key: 'k', deadlineMs: 600 }
  it.each<[string, () => Promise<unknown>]>([
    ['no server', () => gate({ session: 's', tool: 't' }, { ...there, url: 'http://127.0.0.1:2' })],
    ['no address', () => gate({ session: 's', tool: 't' }, { ...there, url: 'nowhere' })],
    [
      'no time',
      () => gate({ session: 's', tool: 't' }, { ...there, url: 'http://127.0.0.1:2', deadlineMs: Number.NaN }),
    ],
    [
      'an input that is no JSON',
      () => gate({ session: 's', tool: 't', input: 1n }, { ...there, url: 'http://127.0.0.1:2' }),
    ],
    ['nothing at all', () => gate(undefined as never, undefined as never)],
  ])('%s', async (_, ask) => {
    expect(await ask()).toMatchObject({ decision: 'deny', failed: true, reason: expect.stringMatching(/./) })
  })

  it('whatever answers: only a whole 200 with a decision and a reason lets anything run', async () => {
    let answer = ''
    const open = new Set<Socket>()
    const other = createServer((socket) => {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(answer))
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            decision: fc.constantFrom('allow', 'Allow', 'edit', 'deny', true, ['allow'], null),
            reason: fc.constantFrom('because', '', 1, null),
            input: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    )
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(200, 201, 204, 302, 400, 401, 403, 422),
        fc.nat(2),
        async (text, status, cut) => {
          const bytes = Buffer.byteLength(text)
          answer = `HTTP/1.1 ${status} X\r\nlocation: /\r\nconnection: close\r\ncontent-length: ${bytes + cut}\r\n\r\n${text}`
          const said = await gate({ session: 's', tool: 't' }, { key: 'k', url, deadlineMs: 400 })
          if (said.decision === 'deny') return
          expect([status, cut]).toEqual([200, 0])
          const { decision, reason } = JSON.parse(text)
          expect(said).toMatchObject({ decision, reason: expect.any(String) })
          expect(said.reason).toBe(reason)
        },
      ),
      { numRuns: 60 },
    )
    for (const socket of open) socket.destroy()
    other.close()
  }, 60_000)
})

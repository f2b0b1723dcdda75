// A standby between a client and an owner that the test plays: what goes through goes through as it was, nothing that a client writes is taken for
// a node's word, and where there is no owner nobody is told that something was done.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as requestOf, type Server } from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Lease } from '../store/lease.ts'
import { forwardedHeader, readMark, writeMark } from './forwarded-mark.ts'
import { createStandby, type Standby } from './standby.ts'

const secret = 'of the database'
let owner: Server
let front: Server
let standby: Standby
let lease: Lease | undefined
let ownerUrl = ''
let port = 0
const seen: IncomingMessage[] = []
type Answer = Parameters<NonNullable<Parameters<typeof createServer>[1]>>[1]
let answer: (request: IncomingMessage, response: Answer) => void

const listen = async (server: Server) => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as net.AddressInfo).port
}
beforeAll(async () => {
  owner = createServer((request, response) => {
    seen.push(request)
    answer(request, response)
  })
  ownerUrl = `http://127.0.0.1:${await listen(owner)}`
  standby = createStandby({ lease: () => lease, page: (_request, response) => void response.end('a page') })
  front = createServer((request, response) => standby.handle(request, response))
  front.on('upgrade', (request, socket, head) => standby.upgrade(request, socket, head))
  port = await listen(front)
})
afterAll(async () => {
  standby.close()
  for (const server of [owner, front]) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
const reset = () => {
  seen.length = 0
  lease = { epoch: 7, node: 'owner', url: ownerUrl, silentMs: 0, secret }
  answer = (_request, response) => void response.end('of the owner')
}
beforeAll(reset)
afterEach(reset)

type Got = { status: number; headers: IncomingMessage['headers']; text: string }
function send(path: string, options: { method?: string; headers?: string[]; body?: string } = {}): Promise<Got> {
  const { method = 'GET', headers = [], body } = options
  return new Promise((resolve, reject) => {
    const sent = requestOf(
      { port, path, method, headers: ['host', 'console.example', ...headers], agent: false },
      (got) => {
        let text = ''
        got.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        got.on('end', () => resolve({ status: got.statusCode ?? 0, headers: got.headers, text }))
        got.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('what a standby forwards', () => {
  it('arrives as it was sent: host, origin, cookies, repeated headers and body, without those of the hop', async () => {
    let body = ''
    answer = async (request, response) => {
      for await (const piece of request) body += piece
      response.writeHead(201, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-own', 'yes'])
      response.end('made')
    }
    const got = await send('/api/x?y=%2F..', {
      method: 'POST',
      headers: [
        ...['origin', 'http://console.example', 'cookie', 's=1', 'x-twice', '1', 'x-twice', '2'],
        ...['connection', 'x-of-the-hop', 'x-of-the-hop', '1', 'content-length', '4'],
      ],
      body: 'body',
    })
    expect(got).toMatchObject({ status: 201, text: 'made', headers: { 'set-cookie': ['a=1', 'b=2'], 'x-own': 'yes' } })
    expect([seen[0]?.method, seen[0]?.url, body]).toEqual(['POST', '/api/x?y=%2F..', 'body'])
    expect(seen[0]?.headers).toMatchObject({ host: 'console.example', origin: 'http://console.example', cookie: 's=1' })
    expect(seen[0]?.headers['x-twice']).toBe('1, 2')
    expect(seen[0]?.headers['x-of-the-hop']).toBeUndefined()
  })

  it('says that a body is empty where there is none, and sends one of unknown length in pieces', async () => {
    const lengths: unknown[] = []
    answer = (request, response) => {
      lengths.push([request.headers['content-length'], request.headers['transfer-encoding']])
      request.resume().on('end', () => response.end())
    }
    await send('/api/x', { method: 'POST', headers: ['content-length', '0'] })
    await send('/api/x', { method: 'DELETE' })
    await send('/api/x', { method: 'POST', headers: ['transfer-encoding', 'chunked'], body: 'pieces' })
    expect(lengths).toEqual([
      ['0', undefined],
      ['0', undefined],
      [undefined, 'chunked'],
    ])
  })

  it('flows: the first piece of an answer is there before the second is written', async () => {
    let more: (() => void) | undefined
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      more = () => response.end('data: 2\n\n')
    }
    const stream = await fetch(`http://127.0.0.1:${port}/api/stream`)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('data: 1\n\n')
    more?.()
    expect((await reader?.read())?.value).toBe('data: 2\n\n')
    expect((await reader?.read())?.done).toBe(true)
  })

  it('waits as long as the owner does, as for a call that a person decides about', async () => {
    answer = (_request, response) => void setTimeout(() => response.end('decided'), 2_300) // an idle connection is closed before
    expect(await send('/api/gate', { method: 'POST', headers: ['content-length', '2'], body: '{}' })).toMatchObject({
      status: 200,
      text: 'decided',
    })
  })

  it('never goes where the request says: a target that looks like a host is a path', async () => {
    expect((await send('//elsewhere.example/api/x')).text).toBe('a page')
    expect((await send('/api//elsewhere.example/')).text).toBe('of the owner')
    expect(seen.map(({ url }) => url)).toEqual(['/api//elsewhere.example/'])
  })

  it('is never a page: those are its own, whoever owns the log', async () => {
    lease = undefined
    expect(await send('/sessions/ep-1')).toMatchObject({ status: 200, text: 'a page' })
    expect(seen).toEqual([])
  })

  it('goes both ways over a WebSocket, with the first bytes that came with the handshake', async () => {
    owner.once('upgrade', (request, socket, head) => {
      seen.push(request)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\nhello,')
      socket.write(head)
      socket.pipe(socket)
    })
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    socket.write(
      'GET /socket.io/?x=1 HTTP/1.1\r\nhost: console.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nfirst,',
    )
    await until(() => text.endsWith('first,'))
    socket.write('second')
    await until(() => text.endsWith('second'))
    expect(text).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\nhello,first,second$/)
    expect(seen[0]?.headers).toMatchObject({ host: 'console.example', upgrade: 'websocket' })
    const closed = once(socket, 'close')
    lease = { epoch: 8, node: 'next', url: ownerUrl, silentMs: 0, secret } // another owner: what was the old one's ends
    await closed
  })
})

describe('a standby without an owner', () => {
  const comeAgain = { status: 503, headers: { 'retry-after': '1', 'content-type': 'application/problem+json' } }

  it('asks to come again, and says nothing in the owner’s place: none known, none listening, none answering', async () => {
    lease = undefined
    expect(
      await send('/api/ingest/events', { method: 'POST', headers: ['content-length', '2'], body: '{}' }),
    ).toMatchObject(comeAgain)
    lease = { epoch: 7, node: 'gone', url: 'http://127.0.0.1:1', silentMs: 0, secret }
    expect(await send('/api/sessions')).toMatchObject(comeAgain)
    expect(await send('/readyz')).toMatchObject(comeAgain)
    expect(await send('/healthz')).toMatchObject({ status: 200, text: 'ok\nrole: standby\n' })
    reset()
    answer = (request) => void request.socket.destroy()
    expect(await send('/api/sessions')).toMatchObject(comeAgain)
  })

  it('denies to a hook, which would let the call run after any other answer', async () => {
    lease = undefined
    const got = await send('/hooks/claude-code', { method: 'POST', headers: ['content-length', '2'], body: '{}' })
    expect([got.status, got.headers['retry-after']]).toEqual([200, '1'])
    expect(JSON.parse(got.text)).toMatchObject({ hookSpecificOutput: { permissionDecision: 'deny' } })
  })

  it('cuts an answer that its owner cut: a part is never taken for the whole', async () => {
    answer = (_request, response) => {
      response.writeHead(200).write('a part')
      setTimeout(() => response.socket?.destroy(), 20)
    }
    await expect(send('/api/sessions')).rejects.toThrow()
  })

  it('lets nobody wait for an owner that hangs once there is another', async () => {
    answer = () => undefined
    const asked = send('/api/sessions')
    await until(() => seen.length > 0)
    lease = { epoch: 8, node: 'next', url: ownerUrl, silentMs: 0, secret }
    expect(await asked).toMatchObject(comeAgain)
  })

  it('is ready exactly when the owner says that it is', async () => {
    answer = (_request, response) => void response.writeHead(200).end()
    expect((await send('/readyz')).status).toBe(200)
    answer = (_request, response) => void response.writeHead(503).end()
    expect((await send('/readyz')).status).toBe(503)
  })

  it('does not ask itself in a circle where the lease still names it', async () => {
    lease = { epoch: 7, node: 'itself', url: `http://127.0.0.1:${port}`, silentMs: 0, secret }
    expect(await send('/readyz')).toMatchObject(comeAgain)
    expect(await send('/api/sessions')).toMatchObject(comeAgain)
    expect(seen).toEqual([])
  })
})

describe('from whom a forwarded request came', () => {
  const asked = { epoch: 7, method: 'POST', url: '/api/auth/sign-in/email' }

  it('is told to the owner under a seal, in place of whatever the client wrote', async () => {
    await send(asked.url, { method: 'POST', headers: ['content-length', '0', 'x-forwarded-for', '203.0.113.9'] })
    expect(readMark(secret, seen[0]?.headers[forwardedHeader], asked)).toBe('127.0.0.1')
  })

  it('is nobody’s to write: a request that brings a mark is not forwarded at all', async () => {
    const mark = writeMark(secret, { ...asked, remote: '203.0.113.9' })
    for (const brought of [mark, '', 'x'])
      expect((await send(asked.url, { method: 'POST', headers: [forwardedHeader, brought] })).status).toBe(503)
    expect(seen).toEqual([])
  })

  it('is read back only with the same secret, owner, method and target, and with not a character changed', () => {
    const text = fc.string({ maxLength: 30 })
    const forwarded = fc.record({ epoch: fc.nat(), remote: fc.ipV4(), method: text, url: text })
    fc.assert(
      fc.property(forwarded, text, (each, other) => {
        const mark = writeMark(secret, each)
        expect(readMark(secret, mark, each)).toBe(each.remote)
        expect(readMark(`${secret}x`, mark, each)).toBeUndefined()
        expect(readMark(secret, mark, { ...each, epoch: each.epoch + 1 })).toBeUndefined()
        if (other !== each.url) expect(readMark(secret, mark, { ...each, url: other })).toBeUndefined()
        if (other !== each.method) expect(readMark(secret, mark, { ...each, method: other })).toBeUndefined()
        expect(readMark(secret, mark.replace(each.remote, '203.0.113.77'), each)).toBe(
          each.remote === '203.0.113.77' ? each.remote : undefined,
        )
        expect(readMark(secret, other, each)).toBeUndefined()
      }),
    )
  })
})

async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; !check(); tries += 1) {
    if (tries > 250) throw new Error('not within 5 s')
    await sleep(20)
  }
}

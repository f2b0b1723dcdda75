// MCP clients over Streamable HTTP, each with a server of its own behind the gate. Only this machine's loopback, only who knows the token, and
// no web page: what a browser sends from elsewhere names another host or an origin.
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { isInitializeRequest, isJSONRPCRequest } from '@modelcontextprotocol/sdk/types.js'

const bodyBytesMax = 4 * 1024 * 1024
/** Each is a process. */
const sessionsMax = 16
const idleMs = 15 * 60_000

export type McpHttp = {
  /** 0: any that is free. */
  port: number
  token: string
  explain: (text: string) => void
  /** Serves one client; `started` is called when its messages can be taken. Resolves when one of the two has gone. */
  open: (client: Transport, started: () => void) => Promise<void>
}

type Session = { transport: StreamableHTTPServerTransport; requests: number; usedAtMs: number }

export async function listenForMcp({ port, token, explain, open }: McpHttp) {
  const sessions = new Map<string, Session>()
  let opening = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = refusalOf(request, token)
    if (fault) return refuse(response, ...fault)
    const body = request.method === 'POST' ? await bodyOf(request) : undefined
    if (request.method === 'POST' && body === undefined)
      return refuse(response, 400, 'the body is not JSON, or too long')
    const id = request.headers['mcp-session-id']
    if (id !== undefined) {
      const session = sessions.get(String(id))
      if (!session) return refuse(response, 404, 'this session is over: initialize again')
      return await pass(session, request, response, body)
    }
    if (!isInitializeRequest(body)) return refuse(response, 400, 'the first request must be "initialize"')
    if (sessions.size + opening >= sessionsMax)
      return refuse(response, 503, `${sessionsMax} clients are served already`)
    opening += 1
    try {
      const session = await start()
      await pass(session, request, response, body)
      if (session.transport.sessionId === undefined) await session.transport.close()
    } finally {
      opening -= 1
    }
  }

  /** Resolves when its server can be talked to. */
  async function start(): Promise<Session> {
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
    })
    const session: Session = { transport, requests: 0, usedAtMs: Date.now() }
    await new Promise<void>((resolve, reject) => {
      // Its types leave out that an id may be missing, which `exactOptionalPropertyTypes` minds.
      open(transport as Transport, resolve)
        .catch((error: unknown) => {
          explain(`vigil: a client is not served: ${error instanceof Error ? error.message : String(error)}\n`)
          reject(error)
        })
        .finally(() => {
          if (transport.sessionId !== undefined) sessions.delete(transport.sessionId)
          void transport.close()
        })
    })
    return session
  }

  async function pass(session: Session, request: IncomingMessage, response: ServerResponse, body: unknown) {
    const { transport } = session
    session.requests += 1
    response.once('close', () => {
      session.requests -= 1
      session.usedAtMs = Date.now()
      // Who has gone reads no answer: what still waits for a person must not run for nobody.
      if (!response.writableFinished) for (const id of requestsIn(body)) cancel(transport, id)
    })
    await transport.handleRequest(request, response, body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => refuse(response, 502, 'the MCP server cannot be reached'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const sweep = setInterval(() => {
    for (const { transport, requests, usedAtMs } of sessions.values())
      if (requests === 0 && usedAtMs < Date.now() - idleMs) void transport.close()
  }, 60_000)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      clearInterval(sweep)
      await Promise.all([...sessions.values()].map(({ transport }) => transport.close()))
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function refusalOf(request: IncomingMessage, token: string): [number, string] | undefined {
  const { host = '', origin, authorization = '' } = request.headers
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)) return [403, 'this door is for this machine only']
  if (origin !== undefined) return [403, 'this door is not for web pages']
  const [given, right] = [Buffer.from(authorization), Buffer.from(`Bearer ${token}`)]
  if (given.length !== right.length || !timingSafeEqual(given, right)) return [401, 'the token is missing or wrong']
  if (new URL(request.url ?? '/', 'http://localhost').pathname !== '/mcp') return [404, 'the address is /mcp']
  return undefined
}

/** undefined: no JSON, or too long. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > bodyBytesMax) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

function requestsIn(body: unknown) {
  return (Array.isArray(body) ? body : [body]).filter(isJSONRPCRequest).map(({ id }) => id)
}

function cancel(transport: StreamableHTTPServerTransport, requestId: string | number): void {
  const params = { requestId, reason: 'the client has gone' }
  transport.onmessage?.({ jsonrpc: '2.0', method: 'notifications/cancelled', params })
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end()
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }))
}

// The other side of a drill: a process that plays the far ends. A pool that knows the first two sentences of Stratum and hands out no work,
// a place that takes uploads up to a bound, one that answers like a metadata service, and one that takes a connection and says nothing.
// Tells each connection with its ends as one JSON line, as a firewall in between would see it.
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { z } from 'zod'

export const PeerRole = z.enum(['pool', 'sink', 'metadata', 'silent'])
export type PeerRole = z.infer<typeof PeerRole>

export const PeerSays = z.discriminatedUnion('says', [
  z.object({ says: z.literal('ready'), ports: z.record(z.string(), z.number()) }),
  z.object({
    says: z.literal('connection'),
    role: PeerRole,
    atMs: z.number(),
    from: z.object({ address: z.string(), port: z.number() }),
    to: z.object({ address: z.string(), port: z.number() }),
  }),
])
export type PeerSays = z.infer<typeof PeerSays>
export type PeerConnection = Extract<PeerSays, { says: 'connection' }>

export const uploadMaxBytes = 1024 * 1024
const lineMaxBytes = 4_096
const answerAfterMs = 150

/** What a pool says to a line: greets, lets in, and never hands out work. Undefined: nothing. */
export function poolAnswer(line: string): string | undefined {
  try {
    const asked = z.object({ id: z.number(), method: z.string() }).parse(JSON.parse(line))
    if (asked.method === 'mining.subscribe')
      return JSON.stringify({ id: asked.id, result: [[['mining.notify', 'drill']], '00000000', 4], error: null })
    if (asked.method === 'mining.authorize') return JSON.stringify({ id: asked.id, result: true, error: null })
    return JSON.stringify({ id: asked.id, result: null, error: [20, 'this pool is a drill: no work here', null] })
  } catch {
    return undefined
  }
}

/** `specs`: `ROLE,ADDRESS,PORT` (0: any). Runs until standard input ends. */
export async function playFarEnds(specs: readonly string[]): Promise<void> {
  const say = (what: PeerSays) => process.stdout.write(`${JSON.stringify(what)}\n`)
  const ports: Record<string, number> = {}
  for (const spec of specs) {
    const [name, address, port] = spec.split(',')
    const role = PeerRole.parse(name)
    const server = serverOf(role)
    server.on('connection', (socket: Socket) => {
      const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
      const [from, to] = [
        { address: remoteAddress, port: remotePort },
        { address: localAddress, port: localPort },
      ]
      say({ says: 'connection', role, atMs: Date.now(), from, to })
      socket.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(Number(port), address, resolve)
    })
    const at = server.address()
    if (typeof at === 'object' && at !== null) ports[role] = at.port
  }
  say({ says: 'ready', ports })
  await new Promise((resolve) => process.stdin.on('end', resolve).on('error', resolve).resume())
  process.exit()
}

function serverOf(role: PeerRole) {
  if (role === 'pool') return createServer(greet)
  if (role === 'silent') return createServer((socket) => socket.resume())
  return createHttpServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > uploadMaxBytes) request.destroy()
    })
    request.on('end', () => {
      const body =
        role === 'metadata' ? { Code: 'Success', AccessKeyId: 'DRILL', Token: 'drill-not-a-secret' } : { bytes }
      // As over a distance: a connection that is gone at once is seen by nobody.
      setTimeout(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        answerAfterMs,
      )
    })
  })
}

function greet(socket: Socket): void {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.length > lineMaxBytes) return socket.destroy()
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const answer = poolAnswer(text.slice(0, end))
      text = text.slice(end + 1)
      if (answer !== undefined) socket.write(`${answer}\n`)
    }
  })
}

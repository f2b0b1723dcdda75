// A stand-in for the server in the probe's tests: takes `/probes` messages, keeps events by number as the real one must, and can
// misbehave on purpose. Tests only.
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import type { EventInput } from '../server/protocol/event.ts'
import { parseEvent } from '../server/protocol/parse-event.ts'
import { EventsMessage, Hello, ProbeAuth, type Wanted } from '../server/protocol/probe-messages.ts'
import type { Selector } from '../server/protocol/selector.ts'

export type Received = { n: number; event: EventInput; receivedAtMs: number }

export class FakeServer {
  readonly received: Received[] = []
  readonly samples: { type: string; [name: string]: unknown }[] = []
  readonly problems: string[] = []
  wanted: Wanted[] = []
  standing: Selector[] = []
  /** Called per events message: true = drop the line instead of answering. */
  misbehave: () => 'ok' | 'drop-before' | 'drop-after' | 'retry' = () => 'ok'
  ackedN = new Map<string, number>()
  private http: HttpServer | undefined
  private io: Server | undefined
  private socket: Socket | undefined
  port = 0

  /** Handshakes with another key than this server's. */
  refusals = 0

  constructor(private key: string) {}

  async start(port = 0): Promise<void> {
    this.http = createServer()
    this.io = new Server(this.http)
    const probes = this.io.of('/probes')
    probes.use((socket, next) => {
      const auth = ProbeAuth.safeParse(socket.handshake.auth)
      if (auth.success && auth.data.key === this.key) return next()
      this.refusals += 1
      next(new Error('unknown probe key'))
    })
    probes.on('connection', (socket) => this.serve(socket))
    await new Promise<void>((resolve) => this.http?.listen(port, '127.0.0.1', resolve))
    this.port = (this.http.address() as AddressInfo).port
  }

  /** From now on only `key` is taken; whoever is connected is cut off. */
  changeKey(key: string): void {
    this.key = key
    this.io?.of('/probes').disconnectSockets(true)
  }

  async stop(): Promise<void> {
    this.io?.disconnectSockets(true)
    await this.io?.close()
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get connected(): boolean {
    return this.socket?.connected === true
  }

  of<K extends EventInput['kind']>(
    kind: K,
    session?: string,
  ): (Extract<EventInput, { kind: K }> & { receivedAtMs: number })[] {
    return this.received
      .filter(({ event }) => event.kind === kind && (session === undefined || event.session === session))
      .map(({ event, receivedAtMs }) => ({ ...(event as Extract<EventInput, { kind: K }>), receivedAtMs }))
  }

  async want(wanted: Wanted): Promise<void> {
    this.wanted = [...this.wanted.filter((other) => other.session !== wanted.session), wanted]
    if (!this.socket) throw new Error('no probe is connected')
    await this.socket.timeout(2_000).emitWithAck('wanted', { wanted: [wanted] })
  }

  async stand(standing: Selector[]): Promise<void> {
    this.standing = standing
    if (!this.socket) throw new Error('no probe is connected')
    await this.socket.timeout(2_000).emitWithAck('wanted', { wanted: [], standing })
  }

  private serve(socket: Socket): void {
    this.socket = socket
    socket.on('hello', (message: unknown, ack: (answer: unknown) => void) => {
      const hello = Hello.parse(message)
      ack({ ackedN: this.ackedN.get(hello.stream) ?? 0, wanted: this.wanted, standing: this.standing })
    })
    socket.on('events', (message: unknown, ack: (answer: unknown) => void) => {
      const behaviour = this.misbehave()
      if (behaviour === 'drop-before') return void socket.conn.close()
      if (behaviour === 'retry') return ack({ retry: true, reason: 'the test says so' })
      const { stream, fromN, events } = EventsMessage.parse(message)
      let acked = this.ackedN.get(stream) ?? 0
      if (fromN > acked + 1) this.problems.push(`a gap: ${fromN} after ${acked}`)
      events.forEach((value, i) => {
        const n = fromN + i
        if (n <= acked) return
        const parsed = parseEvent(value)
        if (parsed.ok) this.received.push({ n, event: parsed.event, receivedAtMs: Date.now() })
        else this.problems.push(`${n}: ${parsed.reason} ${JSON.stringify(value).slice(0, 200)}`)
        acked = n
      })
      this.ackedN.set(stream, acked)
      if (behaviour === 'drop-after') return void socket.conn.close()
      ack({ ackedN: acked })
    })
    socket.on('samples', (message: { samples: { type: string }[] }) => this.samples.push(...message.samples))
  }
}

export async function until(what: string, check: () => boolean, withinMs = 10_000): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!check()) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

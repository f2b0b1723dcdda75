// The probe's line to the server. Sends what is spooled, in order, one batch at a time; takes what is wanted. It must never
// drop an event because the server is away, and never lift a restriction because the line is cut.
import { io, type Socket } from 'socket.io-client'
import type { HostId } from '../server/protocol/ids.ts'
import {
  EventsAck,
  type Hello,
  probeNamespace,
  type Wanted,
  WantedMessage,
  Welcome,
} from '../server/protocol/probe-messages.ts'
import type { Sample } from '../server/protocol/sample.ts'
import type { Selector } from '../server/protocol/selector.ts'
import { wireVersion } from '../server/protocol/wire-version.ts'
import type { Spool } from './spool.ts'

// Small enough that making one never holds up a control for more than some milliseconds.
const batchMax = 200
const batchCharsMax = 100_000
const ackTimeoutMs = 10_000
const refusedMinMs = 1_000
const refusedMaxMs = 10_000
const backOffMaxMs = 2_000

export type LinkLog = { info(detail: object, message: string): void; warn(detail: object, message: string): void }

export class Link {
  /** Highest number the server has made durable. */
  ackedN = 0
  private readonly socket: Socket
  private ready = false
  private inFlight = false
  private backOffMs = 0
  private refusedMs = refusedMinMs
  private timer: NodeJS.Timeout | undefined
  private refusedTimer: NodeJS.Timeout | undefined
  private lastProblem = ''
  private woken = false

  constructor(
    private readonly parts: {
      url: string
      key: string
      host: HostId
      spool: Spool
      hello: () => Hello
      /** `standing` only when it was sent. */
      onWanted: (wanted: Wanted[], standing: Selector[] | undefined) => void
      onAcked: (n: number) => void
      /** The server's count does not fit our spool; `missing` events it had acknowledged are gone there. */
      onMismatch: (missing: number) => void
      log: LinkLog
    },
  ) {
    this.socket = io(`${parts.url}${probeNamespace}`, {
      auth: { key: parts.key, host: parts.host, wireVersion },
      transports: ['websocket'],
      reconnectionDelay: 100,
      reconnectionDelayMax: backOffMaxMs,
      randomizationFactor: 0.3,
      timeout: 5_000,
      forceNew: true,
    })
    this.socket.on('connect', () => void this.greet())
    this.socket.on('disconnect', (reason) => this.onDisconnect(reason))
    this.socket.on('connect_error', (error) => this.onConnectError(error))
    this.socket.on('wanted', (message: unknown, ack: unknown) => this.onWanted(message, ack))
  }

  get connected(): boolean {
    return this.ready
  }

  /** Something new is spooled. Everything recorded in the same turn goes out together. */
  wake(): void {
    if (this.woken) return
    this.woken = true
    queueMicrotask(() => {
      this.woken = false
      this.pump()
    })
  }

  /** Shed when the line is not free: samples are readings, not facts. */
  samples(samples: readonly Sample[]): void {
    if (this.ready && samples.length > 0) this.socket.volatile.emit('samples', { samples })
  }

  /** Waits a moment for what is spooled to be acknowledged, then hangs up. */
  async stop(graceMs: number): Promise<void> {
    const endMs = Date.now() + graceMs
    while (this.ready && this.ackedN < this.parts.spool.lastN && Date.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (this.timer) clearTimeout(this.timer)
    if (this.refusedTimer) clearTimeout(this.refusedTimer)
    this.ready = false
    this.socket.removeAllListeners()
    this.socket.disconnect()
  }

  private async greet(): Promise<void> {
    try {
      const answer: unknown = await this.socket.timeout(ackTimeoutMs).emitWithAck('hello', this.parts.hello())
      const welcome = Welcome.parse(answer)
      const { spool } = this.parts
      const missing = spool.firstN - 1 - welcome.ackedN
      if (welcome.ackedN > spool.lastN || missing > 0) {
        this.parts.log.warn(
          { ackedN: welcome.ackedN, firstN: spool.firstN, lastN: spool.lastN },
          'the server counts differently: starting a new stream',
        )
        this.parts.onMismatch(Math.max(0, missing))
        return void (await this.greet())
      }
      this.acked(welcome.ackedN)
      this.ready = true
      this.inFlight = false
      this.backOffMs = 0
      this.refusedMs = refusedMinMs
      this.lastProblem = ''
      this.parts.log.info({ url: this.parts.url }, 'connected to the server')
      this.parts.onWanted(welcome.wanted, welcome.standing)
      this.pump()
    } catch (error) {
      this.say(`the server did not answer hello: ${error instanceof Error ? error.message : String(error)}`)
      if (this.socket.connected) this.reconnect(1_000)
    }
  }

  private pump(): void {
    if (!this.ready || this.inFlight || this.timer) return
    const { spool } = this.parts
    const lines = spool.read(this.ackedN + 1, batchMax, batchCharsMax)
    const first = lines[0]
    if (!first) return
    this.inFlight = true
    const events: unknown[] = lines.map((line) => JSON.parse(line.json))
    this.socket
      .timeout(ackTimeoutMs)
      .emit('events', { stream: spool.stream, fromN: first.n, events }, (error: Error | null, answer: unknown) => {
        if (!this.ready) return
        this.inFlight = false
        if (error) {
          this.say('the server did not acknowledge events in time')
          return this.reconnect(200)
        }
        const ack = EventsAck.safeParse(answer)
        if (!ack.success || 'retry' in ack.data) {
          this.say(
            ack.success && 'retry' in ack.data
              ? `the server asks to send again: ${ack.data.reason}`
              : 'the server answered events with something else',
          )
          return this.backOff()
        }
        for (const { n, reason } of ack.data.rejected ?? [])
          this.parts.log.warn({ n, reason }, 'the server refused an event')
        if (ack.data.ackedN < first.n) return this.backOff()
        this.backOffMs = 0
        this.acked(Math.min(ack.data.ackedN, spool.lastN))
        this.pump()
      })
  }

  private acked(n: number): void {
    this.ackedN = n
    this.parts.onAcked(n)
  }

  private backOff(): void {
    this.backOffMs = Math.min(backOffMaxMs, Math.max(100, this.backOffMs * 2))
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.pump()
    }, this.backOffMs)
  }

  private onWanted(message: unknown, ack: unknown): void {
    const parsed = WantedMessage.safeParse(message)
    // Not acknowledged: what was not understood was not delivered.
    if (!parsed.success)
      return this.parts.log.warn({ problem: parsed.error.issues[0]?.message }, 'a wanted message does not fit')
    if (typeof ack === 'function') ack({ ok: true })
    this.parts.onWanted(parsed.data.wanted, parsed.data.standing)
  }

  private onDisconnect(reason: string): void {
    this.ready = false
    this.inFlight = false
    this.say(`the line to the server is cut (${reason}); every restriction is kept`)
    // socket.io does not come back by itself when the server hung up (a revoked key, a restart).
    if (reason === 'io server disconnect') this.later(1_000)
  }

  private onConnectError(error: Error): void {
    this.ready = false
    if (this.socket.active)
      return this.say(`the server at ${this.parts.url} cannot be reached (${error.message}); still trying`)
    this.say(`the server refuses this probe: ${error.message}. Check its key; every restriction is kept`)
    this.later(this.refusedMs)
    this.refusedMs = Math.min(refusedMaxMs, this.refusedMs * 2)
  }

  private reconnect(afterMs: number): void {
    this.ready = false
    this.socket.disconnect()
    this.later(afterMs)
  }

  private later(ms: number): void {
    if (this.refusedTimer) return
    this.refusedTimer = setTimeout(() => {
      this.refusedTimer = undefined
      this.socket.connect()
    }, ms)
  }

  /** Each problem once, not at every try. */
  private say(problem: string): void {
    if (problem === this.lastProblem) return
    this.lastProblem = problem
    this.parts.log.warn({}, problem)
  }
}

// The console's one socket: asks for a view, feeds the store, says when a frame was painted, sends what a person asks for.
// Reads every message through its schema; never queues an ask while disconnected: a late pause is a wrong pause.
import { io, type Socket } from 'socket.io-client'
import { z } from 'zod'
import {
  Beat,
  ContainmentAccepted,
  type ContainRequest,
  ControlAccepted,
  type ControlRequest,
  type DecideRequest,
  Done,
  type ExtendRequest,
  Frame,
  type LiftRequest,
  operatorNamespace,
  Problem,
  Snapshot,
  type Watch,
} from '../../server/protocol/browser-messages.ts'
import type { FleetView } from '../../server/protocol/control-views.ts'
import { wireVersion } from '../../server/protocol/wire-version.ts'
import { askName, noAnswer, notSent, waitsForSecond } from './ask-wording.ts'
import { clockAfterMessage, clockAfterRoundTrip } from './clock.ts'
import { type ViewStore, viewKey } from './view-store.ts'

// The Content-Security-Policy forbids eval; without this zod would try it once and leave a violation report behind.
z.config({ jitless: true })

const SnapshotAnswer = z.union([Snapshot, Problem])
const answerWithinMs = 8_000
const retryAfterMs = 1_500

export type ConnectionEvents = {
  onDenied: () => void
  onProblem: (title: string, detail: string) => void
  /** It waits for a second person: nothing was asked of any host. */
  onWaiting: (title: string, detail: string) => void
}

/** What became of the asking, never of the effect. `waits`: for a second person. */
export type AskOutcome = 'asked' | 'waits' | 'refused'
/** What went wrong with the asking, in words for the one who asked. */
export type AskProblem = { title: string; detail: string }

export class Connection {
  readonly #socket: Socket
  readonly #store: ViewStore
  readonly #events: ConnectionEvents
  #watch: Watch | undefined
  /** Number of the newest `watch` request; an answer to an older one is dropped. */
  #request = 0
  #awaiting = false
  /** Frames that overtook their snapshot. */
  #early: Frame[] = []
  #misread = 0
  #closed = false

  constructor(store: ViewStore, events: ConnectionEvents) {
    this.#store = store
    this.#events = events
    this.#socket = io(operatorNamespace, {
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      withCredentials: true,
      auth: { wireVersion },
      reconnectionDelay: 250,
      reconnectionDelayMax: 3_000,
      autoConnect: false,
    })
    this.#socket.on('connect', () => {
      store.setLink({ status: 'up' })
      this.#ask()
    })
    this.#socket.on('disconnect', (reason) => {
      store.setLink({ status: 'down' })
      // The server closed it (sign-out elsewhere, restart): socket.io would not come back by itself.
      if (reason === 'io server disconnect') this.#again()
    })
    this.#socket.on('connect_error', (error: Error) => {
      if (error.message === 'unauthorized') {
        store.setLink({ status: 'denied' })
        events.onDenied()
        return
      }
      store.setLink({ status: 'down' })
      // Refused by the server for another reason than who we are: not tried again unless we do.
      if (!this.#socket.active) this.#again()
    })
    this.#socket.on('frame', (raw: unknown) => this.#onFrame(raw))
    this.#socket.on('beat', (raw: unknown) => {
      const beat = Beat.safeParse(raw)
      if (!beat.success) return
      this.#heard(beat.data.serverNowMs)
      store.setLink({ newestFactAtMs: beat.data.newestFactAtMs })
    })
  }

  open(): void {
    this.#closed = false
    this.#socket.connect()
  }

  close(): void {
    this.#closed = true
    this.#socket.disconnect()
  }

  /** Tries again now instead of at the next turn. */
  retry(): void {
    this.#socket.disconnect().connect()
  }

  watch(watch: Watch): void {
    if (this.#watch && viewKey(this.#watch) === viewKey(watch)) return
    this.#watch = watch
    if (this.#socket.connected) this.#ask()
  }

  /** Asks; resolves when the server has taken or refused the request. It never means that anything took effect. */
  async control(request: ControlRequest): Promise<AskOutcome> {
    const { session, action, capability } = request
    const asking = this.#socket.connected
    if (asking) {
      const atMs = Date.now() + this.#store.clock().offsetMs
      this.#store.ask(session, { action, capability, atMs, control: undefined })
    }
    const answer = await this.#emit('control', request, ControlAccepted, askName(action, capability))
    if ('control' in answer) {
      this.#store.accepted(session, answer.control)
      setTimeout(() => this.#store.unask(session), answerWithinMs)
      return 'asked'
    }
    if (asking) this.#store.unask(session)
    return this.#tell(answer, askName(action, capability))
  }

  /** Contains every session that matches. The caller shows the problem where the person looks; nothing is claimed here. */
  async contain(request: ContainRequest): Promise<z.infer<typeof ContainmentAccepted> | { problem: AskProblem }> {
    return await this.#emit('contain', request, ContainmentAccepted, 'Contain')
  }

  async lift(request: LiftRequest): Promise<AskOutcome> {
    return this.#tell(await this.#emit('lift', request, Done, 'Lift'), 'Lift')
  }

  async extend(request: z.infer<typeof ExtendRequest>): Promise<AskOutcome> {
    return this.#tell(await this.#emit('extend', request, Done, 'Change of time'), 'Change of time')
  }

  async decide(request: DecideRequest): Promise<AskOutcome> {
    return this.#tell(await this.#emit('decide', request, Done, 'Decision'), 'Decision')
  }

  /** Sends one ask and reads its answer; whatever goes wrong is a problem in words. */
  async #emit<T>(
    name: string,
    request: object,
    schema: z.ZodType<T>,
    what: string,
  ): Promise<T | { problem: AskProblem }> {
    if (!this.#socket.connected) return { problem: notSent(what) }
    try {
      const raw: unknown = await this.#socket.timeout(answerWithinMs).emitWithAck(name, request)
      const refused = Problem.safeParse(raw)
      if (!refused.success) return schema.parse(raw)
      const { title, detail } = refused.data.problem
      return { problem: { title: `${what} was refused: ${title}`, detail } }
    } catch {
      return { problem: noAnswer(what) }
    }
  }

  #tell(answer: { problem: AskProblem } | { proposal?: string | undefined }, what: string): AskOutcome {
    if ('problem' in answer) {
      this.#events.onProblem(answer.problem.title, answer.problem.detail)
      return 'refused'
    }
    if (answer.proposal === undefined) return 'asked'
    const { title, detail } = waitsForSecond(what)
    this.#events.onWaiting(title, detail)
    return 'waits'
  }

  #again(): void {
    setTimeout(() => {
      if (!this.#closed && !this.#socket.connected) this.#socket.connect()
    }, retryAfterMs)
  }

  #ask(): void {
    const watch = this.#watch
    if (!watch) return
    this.#request += 1
    const request = this.#request
    this.#awaiting = true
    this.#early = []
    const sentMs = Date.now()
    this.#socket.timeout(answerWithinMs).emit('watch', watch, (failure: Error | null, raw: unknown) => {
      if (request !== this.#request) return
      if (failure) {
        if (this.#socket.connected) this.#ask()
        return
      }
      const answer = SnapshotAnswer.safeParse(raw)
      if (!answer.success) {
        console.error('vigil: snapshot does not fit its schema', z.prettifyError(answer.error))
        this.#store.setLink({ status: 'misunderstood' })
      } else if ('problem' in answer.data) {
        this.#refused(watch, request, answer.data.problem)
      } else {
        const gotMs = Date.now()
        this.#store.setLink({}, clockAfterRoundTrip(this.#store.clock(), sentMs, gotMs, answer.data.serverNowMs))
        this.#heard(answer.data.serverNowMs)
        this.#store.takeSnapshot(watch, answer.data)
        for (const frame of this.#early) this.#store.takeFrame(frame)
      }
      this.#awaiting = false
      this.#early = []
    })
  }

  /** A view that does not exist is an answer too: an empty one. Anything else is tried again. */
  #refused(watch: Watch, request: number, problem: Problem['problem']): void {
    if (problem.status === 404) {
      const nothing = {
        watch: -1,
        seq: 0,
        serverNowMs: Date.now(),
        rows: [],
        hosts: [...this.#store.newest().hosts.values()],
        fleet: this.#store.newest().fleet ?? nothingTold,
        samples: {},
      }
      this.#store.takeSnapshot(watch, nothing)
      return
    }
    this.#events.onProblem(problem.title, problem.detail)
    setTimeout(() => {
      if (request === this.#request && this.#socket.connected) this.#ask()
    }, retryAfterMs * 2)
  }

  #onFrame(raw: unknown): void {
    const parsed = Frame.safeParse(raw)
    if (!parsed.success) {
      this.#misread += 1
      console.error('vigil: frame does not fit its schema', z.prettifyError(parsed.error))
      if (this.#misread > 3) this.#store.setLink({ status: 'misunderstood' })
      else this.#ask()
      return
    }
    const frame = parsed.data
    this.#heard(frame.serverNowMs)
    if (this.#awaiting) this.#early.push(frame)
    else this.#store.takeFrame(frame)
    afterPaint(() => this.#socket.emit('painted', { n: frame.n }))
  }

  #heard(serverNowMs: number): void {
    const gotMs = Date.now()
    const clock = clockAfterMessage(this.#store.clock(), gotMs, serverNowMs)
    const behindMs = Math.max(0, gotMs + clock.offsetMs - serverNowMs)
    this.#store.setLink({ heardMs: gotMs, heardServerMs: serverNowMs, behindMs }, clock)
  }
}

const nothingTold: FleetView = {
  containments: [],
  proposals: [],
  policies: { 'two-person-release': false, 'two-person-policy': false },
  approvals: { waiting: 0, mark: '' },
  incidents: { open: 0, drills: 0, mark: '' },
}

/** Runs after the next paint; in a hidden tab, which does not paint, after a second. */
function afterPaint(run: () => void): void {
  let done = false
  const once = () => {
    if (done) return
    done = true
    clearTimeout(fallback)
    run()
  }
  const fallback = setTimeout(once, 1_000)
  requestAnimationFrame(() => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      channel.port1.close()
      once()
    }
    channel.port2.postMessage(null)
  })
}

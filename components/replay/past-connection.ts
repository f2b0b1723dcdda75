// The past has a socket and a store of its own: what is live goes on beside it, with its alarm. It asks for moments and shows what comes;
// every act is refused here already, and by the server once more.
import { io, type Socket } from 'socket.io-client'
import { z } from 'zod'
import { Beat, Frame, operatorNamespace, Problem, type Watch } from '../../server/protocol/browser-messages.ts'
import { ReplayMoment, ReplaySnapshot } from '../../server/protocol/replay-messages.ts'
import { wireVersion } from '../../server/protocol/wire-version.ts'
import type { AskOutcome, AskProblem, ConsoleConnection } from '../live/connection.ts'
import { ViewStore, viewKey } from '../live/view-store.ts'
import { pastWhy } from './past-guard.ts'

const Answer = z.union([ReplaySnapshot, Problem])
/** A long tail takes its time; longer than this nobody waits. */
const answerWithinMs = 20_000
const againMs = 1_500

export type PastEvents = {
  onMoment(moment: ReplayMoment): void
  /** The moment that was asked for is not shown, and why. */
  onRefused(title: string, detail: string): void
  onLooking(isLooking: boolean): void
  onAct(title: string, detail: string): void
}

export class PastConnection implements ConsoleConnection {
  readonly store = new ViewStore()
  readonly #socket: Socket
  readonly #events: PastEvents
  #watch: Watch | undefined
  #atMs: number
  /** Number of the newest look; an answer to an older one is dropped. */
  #request = 0
  #awaiting = false
  #closed = false
  #early: Frame[] = []

  constructor(atMs: number, events: PastEvents) {
    this.#atMs = atMs
    this.#events = events
    this.#socket = io(operatorNamespace, {
      path: '/socket.io',
      transports: ['websocket', 'polling'],
      withCredentials: true,
      auth: { wireVersion },
      reconnectionDelay: 250,
      reconnectionDelayMax: 3_000,
      forceNew: true,
      autoConnect: false,
    })
    this.#socket.on('connect', () => {
      this.store.setLink({ status: 'up' })
      this.#ask()
    })
    this.#socket.on('disconnect', (reason) => {
      this.store.setLink({ status: 'down' })
      if (this.#closed) return
      events.onRefused('Not connected', 'What is shown stands still until the server is reached again.')
      // Sent away by the server, which socket.io takes for good: it was restarted, or could not look up who this is.
      if (reason === 'io server disconnect') this.#comeBack()
    })
    this.#socket.on('connect_error', () => {
      if (!this.#socket.active) this.#comeBack()
    })
    this.#socket.on('frame', (raw: unknown) => this.#onFrame(raw))
    this.#socket.on('replay.moment', (raw: unknown) => {
      const moment = ReplayMoment.safeParse(raw)
      if (!moment.success || this.#awaiting || moment.data.watch !== this.store.newest().watch) return
      this.#atMs = moment.data.atMs
      events.onMoment(moment.data)
    })
    this.#socket.on('beat', (raw: unknown) => {
      const beat = Beat.safeParse(raw)
      if (!beat.success) return
      this.store.setLink({ heardMs: Date.now(), heardServerMs: beat.data.serverNowMs, behindMs: 0 })
    })
  }

  open(): void {
    this.#socket.connect()
  }

  close(): void {
    this.#closed = true
    this.#request += 1
    this.#socket.disconnect()
  }

  retry(): void {
    this.#socket.disconnect().connect()
  }

  watch(watch: Watch): void {
    if (this.#watch && viewKey(this.#watch) === viewKey(watch)) return
    this.#watch = watch
    if (this.#socket.connected) this.#ask()
  }

  look(atMs: number): void {
    this.#atMs = atMs
    if (this.#socket.connected) this.#ask()
  }

  play(speed: number): void {
    this.#socket.emit('replay.play', { speed }, (raw: unknown) => this.#refusal(raw))
  }

  stop(): void {
    this.#socket.emit('replay.stop', {}, () => undefined)
  }

  /** What is played is drawn as it comes, wherever one looks. */
  onScreen(): void {}
  moves(): void {}

  // ---- nothing acts in the past ----
  control = async (): Promise<AskOutcome> => this.#noAct()
  lift = async (): Promise<AskOutcome> => this.#noAct()
  extend = async (): Promise<AskOutcome> => this.#noAct()
  decide = async (): Promise<AskOutcome> => this.#noAct()
  contain = async (): Promise<{ problem: AskProblem }> => ({ problem: { title: 'Nothing was asked', detail: pastWhy } })

  #noAct(): AskOutcome {
    this.#events.onAct('Nothing was asked', pastWhy)
    return 'refused'
  }

  #comeBack(): void {
    setTimeout(() => !this.#closed && this.#socket.connect(), againMs)
  }

  #ask(): void {
    const watch = this.#watch
    if (!watch) return
    this.#request += 1
    const request = this.#request
    this.#awaiting = true
    this.#early = []
    this.#events.onLooking(true)
    const message = { watch, atMs: this.#atMs }
    this.#socket.timeout(answerWithinMs).emit('replay.watch', message, (failure: Error | null, raw: unknown) => {
      if (request !== this.#request) return
      this.#awaiting = false
      this.#events.onLooking(false)
      if (failure) {
        this.#events.onRefused('No answer', 'The server did not answer in time. It is asked again.')
        setTimeout(() => request === this.#request && this.#socket.connected && this.#ask(), againMs)
        return
      }
      const answer = Answer.safeParse(raw)
      if (!answer.success) return this.store.setLink({ status: 'misunderstood' })
      if ('problem' in answer.data) {
        const { title, detail, status } = answer.data.problem
        this.#events.onRefused(title, detail)
        if (status === 503)
          setTimeout(() => request === this.#request && this.#socket.connected && this.#ask(), againMs)
        return
      }
      this.store.takeSnapshot(watch, answer.data)
      this.#events.onMoment(answer.data.moment)
      for (const frame of this.#early) this.store.takeFrame(frame)
      this.#early = []
    })
  }

  #refusal(raw: unknown): void {
    const refused = Problem.safeParse(raw)
    if (refused.success) this.#events.onRefused(refused.data.problem.title, refused.data.problem.detail)
  }

  #onFrame(raw: unknown): void {
    const frame = Frame.safeParse(raw)
    if (!frame.success) return this.#ask()
    if (this.#awaiting) this.#early.push(frame.data)
    else this.store.takeFrame(frame.data)
    requestAnimationFrame(() => this.#socket.emit('painted', { n: frame.data.n }))
  }
}

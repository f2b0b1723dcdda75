// Holds the newest state and the one on screen, and tells exactly those parts of the page that changed.
// Knows no socket and no React: the connection feeds it, hooks read it.

import type { EventView, Frame, Snapshot, Watch } from '../../server/protocol/browser-messages.ts'
import type { Capability, ControlAction } from '../../server/protocol/control.ts'
import { type Clock, unknownClock } from './clock.ts'
import { type Link, noLink } from './staleness.ts'
import { applyFrame, changesIn, emptyView, takeSnapshot, type ViewState, withOlderEvents } from './view-state.ts'

/** A control that this browser asked for and that the server has not shown yet. It claims nothing but the asking. */
export type Asked = {
  action: ControlAction
  capability?: Capability | undefined
  atMs: number
  control: string | undefined
}

type Listener = () => void

export class ViewStore {
  #newest: ViewState = emptyView
  #shown: ViewState = emptyView
  #held = false
  #waiting = 0
  #link: Link = noLink
  #clock: Clock = unknownClock
  #asked: ReadonlyMap<string, Asked> = new Map()
  /** Sessions that the operator acted on while the view is held: they stay live, nobody acts on a frozen picture. */
  #unheld = new Set<string>()
  readonly #listeners = new Set<Listener>()
  readonly #linkListeners = new Set<Listener>()
  readonly #rowListeners = new Map<string, Set<Listener>>()

  // ---- read ----
  shown = (): ViewState => this.#shown
  newest = (): ViewState => this.#newest
  held = (): boolean => this.#held
  waiting = (): number => this.#waiting
  link = (): Link => this.#link
  clock = (): Clock => this.#clock
  asked = (session: string): Asked | undefined => this.#asked.get(session)

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  subscribeLink = (listener: Listener): (() => void) => {
    this.#linkListeners.add(listener)
    return () => this.#linkListeners.delete(listener)
  }
  /** Called when the row, its samples or what was asked of it changed. */
  subscribeRow = (session: string, listener: Listener): (() => void) => {
    const listeners = this.#rowListeners.get(session) ?? new Set()
    this.#rowListeners.set(session, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#rowListeners.delete(session)
    }
  }

  // ---- learn ----
  takeSnapshot(asked: Watch, snapshot: Snapshot): void {
    const sameView = this.#shown.asked !== undefined && viewKey(this.#shown.asked) === viewKey(asked)
    this.#newest = takeSnapshot(asked, snapshot, this.#newest)
    if (this.#held && sameView) this.#waiting += snapshot.rows.length
    else {
      this.#held = false
      this.#waiting = 0
      this.#shown = this.#newest
    }
    this.#settleAsked(snapshot.rows.map((row) => row.session))
    this.#tellAll()
  }

  /** Returns whether the frame told anything new. */
  takeFrame(frame: Frame): boolean {
    const next = applyFrame(this.#newest, frame)
    if (next === this.#newest) return false
    const own = frame.watch === this.#newest.watch
    this.#newest = next
    if (this.#held) {
      if (own) this.#waiting += changesIn(frame)
      this.#letThrough()
    } else this.#shown = next
    const touched = new Set<string>(frame.removed)
    for (const row of frame.rows) touched.add(row.session)
    this.#settleAsked(touched)
    for (const sample of frame.samples) touched.add(sample.session)
    for (const session of touched) this.#tellRow(session)
    this.#tell()
    return true
  }

  takeOlderEvents(older: readonly EventView[], more: boolean): void {
    this.#newest = withOlderEvents(this.#newest, older, more)
    this.#shown = this.#held ? withOlderEvents(this.#shown, older, more) : this.#newest
    this.#tell()
  }

  setLink(change: Partial<Link>, clock?: Clock): void {
    const status = this.#link.status
    this.#link = { ...this.#link, ...change }
    if (clock) this.#clock = clock
    // Beats and frames come often; the pill reads them on its own tick. Only a change of status is news.
    if (status !== this.#link.status) for (const listener of [...this.#linkListeners]) listener()
  }

  // ---- hold ----
  hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    this.#waiting = 0
    this.#unheld.clear()
    this.#shown = this.#newest
    this.#tellAll()
  }

  // ---- ask ----
  ask(session: string, asked: Asked): void {
    this.#asked = new Map(this.#asked).set(session, asked)
    if (this.#held) this.#unheld.add(session)
    this.#tellRow(session)
    this.#tell()
  }

  /** The server took the request: from now on its own words replace ours as soon as they arrive. */
  accepted(session: string, control: string): void {
    const asked = this.#asked.get(session)
    if (asked === undefined) return
    this.#asked = new Map(this.#asked).set(session, { ...asked, control })
    this.#settleAsked([session])
    this.#tellRow(session)
    this.#tell()
  }

  unask(session: string): void {
    if (!this.#asked.has(session)) return
    const next = new Map(this.#asked)
    next.delete(session)
    this.#asked = next
    this.#tellRow(session)
    this.#tell()
  }

  #settleAsked(sessions: Iterable<string>): void {
    if (this.#asked.size === 0) return
    for (const session of sessions) {
      const asked = this.#asked.get(session)
      if (asked?.control === undefined) continue
      const row = this.#newest.rows.get(session)
      const control = row?.control
      // It may be in force without being the control that the row tells first.
      const stands = row?.holds.some((hold) => hold.control === asked.control)
      if (
        stands ||
        control?.control === asked.control ||
        (control !== undefined && control.requestedAtMs > asked.atMs + 1_000)
      ) {
        const next = new Map(this.#asked)
        next.delete(session)
        this.#asked = next
      }
    }
  }

  #letThrough(): void {
    for (const session of this.#unheld) {
      const row = this.#newest.rows.get(session)
      if (row === undefined || this.#shown.rows.get(session) === row) continue
      const detail = this.#shown.detail?.row.session === session ? this.#newest.detail : this.#shown.detail
      this.#shown = { ...this.#shown, rows: new Map(this.#shown.rows).set(row.session, row), detail }
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  #tellRow(session: string): void {
    const listeners = this.#rowListeners.get(session)
    if (listeners) for (const listener of [...listeners]) listener()
  }

  #tellAll(): void {
    for (const session of [...this.#rowListeners.keys()]) this.#tellRow(session)
    this.#tell()
  }
}

export function viewKey(watch: Watch): string {
  return watch.view === 'live' ? 'live' : `session ${watch.session}`
}

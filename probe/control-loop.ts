// Brings every session to its wanted state and tells what was read back. It must never call a control enforced on the strength
// of having asked, never end a control twice, and never let go of a restriction because the server is away.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { ControlId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import { cutText, shortTextMax } from '../server/protocol/text.ts'
import { decideControl } from './control-decision.ts'
import type { Enforcer, Reading } from './enforce/enforcer.ts'
import type { Record } from './record.ts'
import type { Session } from './session.ts'
import type { Turns } from './turns.ts'

const waitMaxMs = 5_000
/** Reading in a loop any longer would take the core from the very tasks that have to reach their freeze. */
const spinMs = 2
const cancelledMax = 1_000

export class ControlLoop {
  private readonly busy = new Map<string, { again: boolean }>()
  /** Sessions whose wanted state could not be read back yet: tried again every second. */
  private readonly unfinished = new Set<string>()
  private readonly cancelled = new Set<string>()
  private stopped = false

  constructor(
    private readonly parts: {
      sessions: ReadonlyMap<string, Session>
      enforcerOf: (session: Session) => Enforcer
      record: Record
      turns: Turns
      /** Puts a session's wanted state on disk. */
      keep: (session: Session) => void
      warn: (message: string, detail: object) => void
    },
  ) {}

  stop(): void {
    this.stopped = true
  }

  /** The server's wanted state of some sessions. Returns at once; enforcement runs on. */
  want(list: readonly Wanted[]): void {
    for (const wanted of list) {
      const session = this.parts.sessions.get(wanted.session)
      if (!session || session.ended) {
        this.cancelUnknown(wanted)
        continue
      }
      const isNews = JSON.stringify(wanted) !== JSON.stringify(session.wanted)
      session.wanted = wanted
      void this.reconcile(session)
      // The kernel was asked just now; before anything else, a probe that is killed must find on disk what was wanted last.
      if (isNews) this.parts.keep(session)
    }
  }

  /** Reads one session and says what changed, whoever changed it; re-freezes what was thawed behind our back. */
  verify(session: Session): void {
    if (!session.started || session.ended || this.busy.has(session.id)) return
    const reading = this.tryObserve(session)
    if (!reading || reading.empty) return
    this.sayObserved(session, reading)
    if ((session.wanted?.paused === true && reading.paused !== true) || this.unfinished.has(session.id))
      void this.reconcile(session)
  }

  /** Controls that still wait when a session ends have nothing left to act on. */
  cancelPending(session: Session): void {
    this.unfinished.delete(session.id)
    for (const { control } of session.wanted?.pending ?? []) {
      if (!session.endedControls.has(control))
        this.end(session, control, 'cancelled', { detail: 'the session ended first' })
    }
  }

  private async reconcile(session: Session): Promise<void> {
    const running = this.busy.get(session.id)
    if (running) {
      running.again = true
      return
    }
    const state = { again: true }
    this.busy.set(session.id, state)
    try {
      while (state.again && !this.stopped && !session.ended) {
        state.again = false
        const { wanted } = session
        if (wanted) await this.parts.turns.urgently(() => this.bring(session, wanted, state))
      }
    } catch (error) {
      this.parts.warn('a session could not be brought to its wanted state', {
        session: session.id,
        error: String(error),
      })
      this.unfinished.add(session.id)
    } finally {
      this.busy.delete(session.id)
    }
  }

  private async bring(session: Session, wanted: Wanted, state: { again: boolean }): Promise<void> {
    const enforcer = this.parts.enforcerOf(session)
    const reading = enforcer.observe(session)
    // Before its first process a session's cgroup is empty, and may well be frozen in advance.
    const decision = decideControl(
      wanted,
      { ...reading, empty: reading.empty && session.started },
      session.endedControls,
    )
    for (const control of decision.superseded)
      this.end(session, control, 'superseded', { detail: 'the opposite is wanted now' })
    if (decision.next === 'cancel') {
      for (const control of decision.waiting)
        this.end(session, control, 'cancelled', { detail: 'no process is left in the session' })
      return
    }
    if (decision.next === 'confirm' && !enforcer.sweeps)
      return this.confirm(session, enforcer, decision.waiting, reading)
    let asked: string
    try {
      asked = wanted.paused ? enforcer.apply(session) : enforcer.revert(session)
    } catch (error) {
      const detail = `the kernel refused: ${error instanceof Error ? error.message : String(error)}`
      for (const control of decision.waiting) this.end(session, control, 'failed', { enforcer: enforcer.name, detail })
      this.unfinished.add(session.id)
      return
    }
    const askedAtMs = Date.now()
    const after = await this.waitFor(session, enforcer, wanted.paused, state)
    for (const control of decision.waiting) {
      this.parts.record({
        kind: 'control.step',
        session: session.id,
        atMs: askedAtMs,
        data: { control, name: enforcer.stepName(wanted.paused), detail: cutText(asked, shortTextMax) },
      })
    }
    if (after.paused === wanted.paused) return this.confirm(session, enforcer, decision.waiting, after)
    if (after.empty) {
      for (const control of decision.waiting)
        this.end(session, control, 'cancelled', { detail: 'no process is left in the session' })
      return
    }
    this.sayObserved(session, after)
    this.unfinished.add(session.id)
    // A newer wish came while we waited: these controls wait on, or are superseded, in the next round.
    if (state.again) return
    for (const control of decision.waiting) {
      this.end(session, control, 'partial', {
        enforcer: enforcer.name,
        observed: after.observed,
        observedFrom: after.observedFrom,
        processCount: enforcer.count(session),
        detail: `asked, but after ${waitMaxMs / 1000} s this is what was read; still trying`,
      })
    }
  }

  private confirm(session: Session, enforcer: Enforcer, controls: readonly ControlId[], reading: Reading): void {
    this.unfinished.delete(session.id)
    this.sayObserved(session, reading)
    if (controls.length === 0) return
    const bestEffort = enforcer.can().can === 'best-effort'
    const outside = [...session.processes.values()].filter((process) => process.escaped).length
    if (reading.paused && outside > 0) {
      for (const control of controls) {
        this.end(session, control, 'partial', {
          enforcer: enforcer.name,
          observed: reading.observed,
          observedFrom: reading.observedFrom,
          processCount: enforcer.count(session),
          detail: `${reading.observed}, but ${outside} ${outside === 1 ? 'process runs' : 'processes run'} outside the session's cgroup`,
        })
      }
      return
    }
    for (const control of controls) {
      this.end(session, control, 'enforced', {
        enforcer: enforcer.name,
        observed: reading.observed,
        observedFrom: reading.observedFrom,
        processCount: enforcer.count(session),
        ...(bestEffort ? { detail: 'best effort: a process that was not known could have slipped through' } : {}),
      })
    }
  }

  /** Reads until it agrees, a newer wish comes, or time is up. */
  private async waitFor(
    session: Session,
    enforcer: Enforcer,
    paused: boolean,
    state: { again: boolean },
  ): Promise<Reading> {
    const startMs = performance.now()
    let stable = 0
    for (;;) {
      const reading = enforcer.observe(session)
      const elapsedMs = performance.now() - startMs
      if (reading.paused === paused) {
        stable += 1
        // Sweeps: a fork may have slipped between the signals; twice in a row with nothing new, or it is swept again.
        if (!enforcer.sweeps || stable >= 3) return reading
      } else stable = 0
      if ((reading.empty && session.started) || elapsedMs > waitMaxMs || state.again || this.stopped) return reading
      if (enforcer.sweeps) {
        if (paused) enforcer.apply(session)
        await sleep(20)
      } else if (elapsedMs < spinMs) await nextTurn()
      else await sleep(Math.min(50, 1 + elapsedMs / 40))
    }
  }

  private sayObserved(session: Session, reading: Reading): void {
    const paused = reading.paused === true
    if (paused === session.observedPaused) return
    this.parts.record({
      kind: 'session.observed',
      session: session.id,
      data: { paused, observed: reading.observed, observedFrom: reading.observedFrom },
    })
  }

  private end(
    session: Session,
    control: ControlId,
    outcome: 'enforced' | 'failed' | 'partial' | 'superseded' | 'cancelled',
    rest: { enforcer?: string; observed?: string; observedFrom?: string; processCount?: number; detail?: string },
  ): void {
    if (session.endedControls.has(control)) return
    const detail = rest.detail === undefined ? {} : { detail: cutText(rest.detail, shortTextMax) }
    this.parts.record({ kind: 'control.ended', session: session.id, data: { control, outcome, ...rest, ...detail } })
  }

  private cancelUnknown(wanted: Wanted): void {
    for (const { control } of wanted.pending) {
      if (this.cancelled.has(control)) continue
      this.cancelled.add(control)
      const [oldest] = this.cancelled
      if (this.cancelled.size > cancelledMax && oldest !== undefined) this.cancelled.delete(oldest)
      this.parts.record({
        kind: 'control.ended',
        session: wanted.session,
        data: { control, outcome: 'cancelled', detail: 'this host holds no such session: it has ended' },
      })
    }
  }

  private tryObserve(session: Session): Reading | undefined {
    try {
      return this.parts.enforcerOf(session).observe(session)
    } catch (error) {
      this.parts.warn('a session cannot be read', { session: session.id, error: String(error) })
      return undefined
    }
  }
}

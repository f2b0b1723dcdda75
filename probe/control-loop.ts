// Brings every session to its wanted state and tells what was read back. It must never call a control enforced on the strength
// of having asked, never end a control twice, and never let go of a restriction because the server is away.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostRestriction } from '../server/protocol/control.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import { bringLevels } from './bring-levels.ts'
import { type Goal, levels, openGoals } from './control-decision.ts'
import { ControlEvidence } from './control-evidence.ts'
import type { LevelResult } from './control-level.ts'
import { ControlReceipts } from './control-receipts.ts'
import type { Enforcer, Reading } from './enforce/enforcer.ts'
import type { Killer } from './enforce/killer.ts'
import type { EvidenceTaker } from './observe/evidence.ts'
import type { Record } from './record.ts'
import type { Session } from './session.ts'
import { killSession } from './session-kill.ts'
import type { Turns } from './turns.ts'
import { type VerifyParts, verifyControl } from './verify-control.ts'

const cancelledMax = 1_000
const unreadMax = 3
/** A hold that was lifted, or whose session ended, is watched no longer: the tools that read it are for others. */
const nothingToProve = new Error('nothing is left to prove')

export type ControlLoopParts = {
  sessions: ReadonlyMap<string, Session>
  /** Who enforces a level of this session; a reason in words where nobody can. */
  enforcerOf: (session: Session, level: HostRestriction) => Enforcer | string
  killerOf: (session: Session) => Killer
  evidence: Pick<EvidenceTaker, 'take' | 'finish'>
  verify: VerifyParts
  record: Record
  turns: Turns
  /** Puts a session's wanted state on disk. */
  keep: (session: Session) => void
  warn: (message: string, detail: object) => void
}

type Busy = { again: boolean }

export class ControlLoop {
  private readonly busy = new Map<string, Busy>()
  /** Sessions whose wanted state could not be read back yet: tried again every second. */
  private readonly unfinished = new Set<string>()
  private readonly cancelled = new Set<string>()
  private readonly underWay = new Set<string>()
  /** How often in a row a level of a session could not be read. */
  private readonly unread = new Map<string, number>()
  /** Levels that were never asked of the host. */
  private readonly untried = new WeakMap<Session, Set<HostRestriction>>()
  private readonly receipts: ControlReceipts
  private readonly evidence: ControlEvidence
  private stopped = false

  constructor(private readonly parts: ControlLoopParts) {
    this.receipts = new ControlReceipts(parts.record)
    this.evidence = new ControlEvidence(parts.evidence, this.receipts, parts.warn)
  }

  stop(): void {
    this.stopped = true
    this.evidence.stop()
  }

  /** The server's wanted state of some sessions. Returns at once; enforcement runs on. */
  want(list: readonly Wanted[]): void {
    for (const wanted of list) {
      const session = this.parts.sessions.get(wanted.session)
      if (!session || session.ended) {
        this.cancelUnknown(wanted)
        continue
      }
      const before = session.wanted
      const isNews = JSON.stringify(wanted) !== JSON.stringify(before)
      session.wanted = wanted
      this.touch(session, wanted.restrict)
      // A repeat must not cut short what is under way for the very same.
      if (asksMore(wanted, before) || !this.busy.has(session.id)) void this.reconcile(session)
      // The kernel was asked just now; before anything else, a probe that is killed must find on disk what was wanted last.
      if (isNews) this.tryKeep(session)
    }
  }

  /** Kept on disk together with what is wanted: once a file costs a whole host's containment milliseconds, not twice. */
  private touch(session: Session, restrict: readonly HostRestriction[]): void {
    for (const level of restrict) {
      if (session.touched.has(level)) continue
      session.touched.add(level)
      const untried = this.untried.get(session) ?? new Set()
      this.untried.set(session, untried.add(level))
    }
  }

  /**
   * A session that a standing containment means: frozen before this returns, so that its command cannot begin; then cut off. The
   * server's own order for it comes when it has started, and whatever that says is what counts from then on.
   */
  holdAtBirth(session: Session): void {
    const pause = this.parts.enforcerOf(session, 'pause')
    try {
      if (typeof pause !== 'string' && session.held === 'cgroup') void pause.apply(session)
    } catch (error) {
      this.parts.warn('a session could not be frozen at its birth', { session: session.id, error: String(error) })
    }
    this.want([{ session: session.id, restrict: ['network', 'pause'], pending: [] }])
  }

  /** After a restart: what was wanted last, and what was not verified yet. */
  resume(): void {
    for (const session of this.parts.sessions.values()) {
      if (session.wanted) this.want([session.wanted])
      for (const [control, { action, capability }] of session.unverified) {
        this.verifyLater(session, { control, action, capability, aims: [], on: true, over: undefined })
      }
    }
  }

  /** Reads one session and says what changed, whoever changed it; restricts again what was let go behind our back. */
  verify(session: Session): void {
    if (!session.started || session.ended || this.busy.has(session.id)) return
    const restrict = session.wanted?.restrict ?? []
    const pause = this.parts.enforcerOf(session, 'pause')
    if (typeof pause !== 'string') {
      const reading = this.tryObserve(session, pause)
      if (reading && !(reading instanceof Promise)) {
        if (reading.empty) return
        this.receipts.sayObserved(session, 'pause', reading)
        if (restrict.includes('pause') && reading.restricted !== true) this.unfinished.add(session.id)
      }
    }
    if (this.unfinished.has(session.id)) void this.reconcile(session)
    else if (restrict.some((level) => level !== 'pause')) void this.verifyOthers(session, restrict)
  }

  /** Controls that still wait when a session ends have nothing left to act on; but an asked killing has had its effect. */
  cancelPending(session: Session): void {
    this.unfinished.delete(session.id)
    for (const level of levels) this.unread.delete(`${session.id} ${level}`)
    for (const { control, action } of session.wanted?.pending ?? []) {
      if (session.endedControls.has(control)) continue
      if (action === 'end' && session.killAsked) {
        const killer = this.parts.killerOf(session)
        const reading = killer.observe(session)
        if (reading.dead) {
          this.receipts.killed(session, control, killer.name, reading)
          continue
        }
      }
      this.receipts.end(session, control, 'cancelled', { detail: 'the session ended first' })
    }
  }

  private async verifyOthers(session: Session, restrict: readonly HostRestriction[]): Promise<void> {
    for (const level of restrict) {
      const enforcer = level === 'pause' ? 'seen' : this.parts.enforcerOf(session, level)
      if (typeof enforcer === 'string') continue
      const reading = await this.tryObserve(session, enforcer)
      if (!reading || reading.empty || session.ended || this.busy.has(session.id)) continue
      this.receipts.sayObserved(session, level, reading)
      if (reading.restricted !== true && session.wanted?.restrict.includes(level)) void this.reconcile(session)
    }
  }

  private async reconcile(session: Session): Promise<void> {
    const running = this.busy.get(session.id)
    if (running) {
      running.again = true
      return
    }
    const state: Busy = { again: true }
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

  private async bring(session: Session, wanted: Wanted, state: Busy): Promise<void> {
    const goals = openGoals(wanted, session.endedControls)
    for (const goal of goals) {
      if (goal.over === 'superseded')
        this.receipts.end(session, goal.control, 'superseded', { detail: 'the opposite is wanted now' })
      if (goal.over === 'lifted')
        this.receipts.end(session, goal.control, 'lifted', { detail: 'another cause still holds the session' })
    }
    const open = goals.filter((goal) => goal.over === undefined)
    // Evidence first: what is cut and killed cannot be read any more.
    await Promise.all(
      open
        .filter(({ action }) => action === 'contain' || action === 'snapshot')
        .map((goal) => this.evidence.take(session, goal)),
    )
    const ends = open.filter(({ action }) => action === 'end')
    if (ends.length > 0 || session.killAsked) {
      const killed = await killSession(session, this.parts.killerOf(session), ends, this.receipts, () => this.stopped)
      if (!killed) this.unfinished.add(session.id)
      if (killed) return
    }
    const results = await bringLevels(session, wanted, open, {
      enforcerOf: (level) => this.parts.enforcerOf(session, level),
      receipts: this.receipts,
      untried: this.untried.get(session) ?? new Set(),
      interrupted: () => state.again || this.stopped,
    })
    this.conclude(session, open, results, state)
    this.sweepAttempts(session, results)
  }

  /** What was tried between the cut and the freeze stays listed for ever otherwise: whoever stands still makes no new ones. */
  private sweepAttempts(session: Session, results: ReadonlyMap<HostRestriction, LevelResult>): void {
    const network = results.get('network')
    const pause = results.get('pause')
    if (!network?.on || !network.agrees || !pause?.on || !pause.agrees || !network.reading?.attempts) return
    const enforcer = this.parts.enforcerOf(session, 'network')
    if (typeof enforcer === 'string') return
    Promise.resolve(enforcer.apply(session)).catch((error: unknown) =>
      this.parts.warn('attempts could not be swept away', { session: session.id, error: String(error) }),
    )
  }

  private conclude(
    session: Session,
    open: readonly Goal[],
    results: ReadonlyMap<HostRestriction, LevelResult>,
    state: Busy,
  ): void {
    const all = [...results.values()]
    if (all.some(({ reading }) => reading?.empty && session.started)) {
      for (const { control, aims } of open) {
        if (aims.length > 0)
          this.receipts.end(session, control, 'cancelled', { detail: 'no process is left in the session' })
      }
      return
    }
    if (all.every(({ agrees }) => agrees)) this.unfinished.delete(session.id)
    else this.unfinished.add(session.id)
    for (const goal of open) {
      if (goal.aims.length === 0) continue
      const mine = goal.aims.map((level) => results.get(level)).filter((result) => result !== undefined)
      // A newer wish came while we waited: these controls wait on, or are superseded, in the next round.
      if (state.again && !mine.every(({ agrees }) => agrees)) continue
      const enforced = this.receipts.conclude(session, goal, mine, (level) => this.parts.enforcerOf(session, level))
      if (!enforced || !goal.on) continue
      session.unverified.set(goal.control, { action: goal.action, capability: goal.capability })
      this.verifyLater(session, goal)
      void this.keepSoon(session)
    }
  }

  /** Not at once: the ends of other sessions come first. */
  private async keepSoon(session: Session): Promise<void> {
    try {
      await this.parts.turns.next()
      if (!this.stopped) this.tryKeep(session)
    } catch (error) {
      this.parts.warn('a session could not be saved', { session: session.id, error: String(error) })
    }
  }

  /** A disk that an agent has filled must not keep anybody from being held; it is tried again every second. */
  private tryKeep(session: Session): void {
    try {
      this.parts.keep(session)
    } catch (error) {
      session.dirty = true
      this.parts.warn('a session could not be saved', { session: session.id, error: String(error) })
    }
  }

  private verifyLater(session: Session, goal: Goal): void {
    if (this.underWay.has(goal.control)) return
    this.underWay.add(goal.control)
    const hasNetwork = typeof this.parts.enforcerOf(session, 'network') !== 'string'
    const wait = this.parts.verify.sleep ?? sleep
    const whileHeld = async (ms: number): Promise<void> => {
      await wait(ms)
      if (this.stopped || session.ended || !stillWanted(session, goal)) throw nothingToProve
    }
    verifyControl(session, goal, hasNetwork, { ...this.parts.verify, sleep: whileHeld })
      .then((step) => {
        if (this.stopped || session.ended) return
        session.unverified.delete(goal.control)
        session.dirty = true
        // A hold that was lifted meanwhile has nothing to prove.
        if (step && stillWanted(session, goal)) this.receipts.step(session, goal.control, step)
      })
      .catch((error: unknown) => {
        if (error !== nothingToProve)
          this.parts.warn('a control could not be verified', { control: goal.control, error: String(error) })
        else if (!this.stopped && session.unverified.delete(goal.control)) session.dirty = true
      })
      .finally(() => this.underWay.delete(goal.control))
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
        data: { control, outcome: 'cancelled', detail: 'this host holds no such session' },
      })
    }
  }

  private tryObserve(session: Session, enforcer: Enforcer): Reading | Promise<Reading | undefined> | undefined {
    const key = `${session.id} ${enforcer.restriction}`
    const failed = (error: unknown): undefined => {
      this.parts.warn('a session cannot be read', { session: session.id, by: enforcer.name, error: String(error) })
      const times = (this.unread.get(key) ?? 0) + 1
      this.unread.set(key, times)
      // What was read once must not go on being said when nobody can read it any more.
      if (times === unreadMax) this.receipts.sayUnreadable(session, enforcer.restriction, error)
      return undefined
    }
    const read = (reading: Reading): Reading => {
      this.unread.delete(key)
      return reading
    }
    try {
      const reading = enforcer.observe(session)
      return reading instanceof Promise ? reading.then(read, failed) : read(reading)
    } catch (error) {
      return failed(error)
    }
  }
}

/** Not so when it only leaves out controls that have ended. */
function asksMore(wanted: Wanted, before: Wanted | undefined): boolean {
  if (!before || wanted.restrict.join() !== before.restrict.join()) return true
  const known = new Set(before.pending.map(({ control }) => control))
  return wanted.pending.some(({ control }) => !known.has(control))
}

function stillWanted(session: Session, { action, capability }: Goal): boolean {
  const restrict = session.wanted?.restrict ?? []
  if (action === 'revoke') return restrict.some((level) => level === capability)
  return restrict.includes('pause')
}

// Everything that is told of a control: steps as they happen, evidence, and its one end. Words are cut to what the log takes.
import { type HostRestriction, stepName } from '../server/protocol/control.ts'
import type { ControlId } from '../server/protocol/ids.ts'
import { cutText, shortTextMax } from '../server/protocol/text.ts'
import type { Goal } from './control-decision.ts'
import { type LevelResult, waitMaxMs } from './control-level.ts'
import type { Enforcer, Reading } from './enforce/enforcer.ts'
import type { KillReading } from './enforce/killer.ts'
import type { EvidenceRecord } from './observe/evidence-records.ts'
import type { Record } from './record.ts'
import type { Session } from './session.ts'

const leftMax = 50
const short = (text: string): string => cutText(text, shortTextMax)

export type ToldStep = { name: string; detail: string; ok: boolean; observedFrom?: string; atMs?: number }
type Outcome = 'enforced' | 'failed' | 'partial' | 'superseded' | 'cancelled' | 'lifted'
type Rest = {
  enforcer?: string
  observed?: string
  observedFrom?: string
  processCount?: number
  detail?: string
  left?: string[]
}

/** The step by which a level's reading is told. */
const observedStep = { network: stepName.egressDropped, gpu: stepName.gpuEnded, pause: stepName.frozen } as const

export class ControlReceipts {
  constructor(private readonly record: Record) {}

  step(session: Session, control: ControlId, { name, detail, ok, observedFrom, atMs }: ToldStep): void {
    this.record({
      kind: 'control.step',
      session: session.id,
      ...(atMs === undefined ? {} : { atMs }),
      data: { control, name, detail: short(detail), ok, ...(observedFrom === undefined ? {} : { observedFrom }) },
    })
  }

  /** What was asked, then what was read. Of a level that was in force already only the latter. */
  steps(session: Session, control: ControlId, result: LevelResult, processCount: number): void {
    const { level, on, asked, reading, agrees, readAtMs, problem } = result
    const canonical = observedStep[level]
    // The network's steps are what was read after each act; told as done only when the whole was read as in force.
    for (const step of asked) {
      if (on && step.name === canonical && level !== 'network') continue
      this.step(session, control, { ...step, ok: agrees || level !== 'network' })
    }
    if (!on) return
    if (problem !== undefined) return this.step(session, control, { name: canonical, detail: problem, ok: false })
    if (!reading) return
    const told = asked.some((step) => step.name === canonical) && level === 'network'
    if (told) return
    const held = level === 'pause' && agrees ? ` · ${processCount} ${processCount === 1 ? 'process' : 'processes'}` : ''
    this.step(session, control, {
      name: canonical,
      detail: `${reading.observed}${held}`,
      ok: agrees,
      observedFrom: reading.observedFrom,
      atMs: readAtMs,
    })
    if (level === 'network' && agrees)
      this.step(session, control, {
        name: stepName.flowsKilled,
        detail: 'none was open',
        ok: true,
        observedFrom: reading.observedFrom,
      })
  }

  /** Says what the host reads of a level, whoever caused it, when it is not what was said last. */
  sayObserved(session: Session, level: HostRestriction, reading: Reading): void {
    const restricted = reading.restricted === true
    if (level === 'pause') {
      if (restricted === session.observedPaused) return
      this.record({
        kind: 'session.observed',
        session: session.id,
        data: { paused: restricted, observed: short(reading.observed), observedFrom: reading.observedFrom },
      })
      return
    }
    const left = reading.left.slice(0, leftMax).map(short)
    const said = session.said.get(level)
    if (said === undefined && !restricted && left.length === 0) return
    if (said && said.restricted === restricted && said.left === left.join('\n')) return
    this.record({
      kind: 'restriction.observed',
      session: session.id,
      data: {
        restriction: level,
        restricted,
        observed: short(reading.observed),
        observedFrom: reading.observedFrom,
        ...(left.length > 0 ? { left } : {}),
      },
    })
  }

  /** A level that was said to be in force is read as not in force any more. */
  sayUndone(session: Session, level: HostRestriction, reading: Reading): void {
    const said = level === 'pause' ? session.observedPaused : session.said.get(level)?.restricted === true
    if (said && !reading.empty) this.sayObserved(session, level, reading)
  }

  /** Nobody can read it any more: what was said of it last is taken back. */
  sayUnreadable(session: Session, level: HostRestriction, error: unknown): void {
    const reason = `cannot be read: ${error instanceof Error ? error.message : String(error)}`
    const reading = { restricted: false, observed: 'cannot be read', observedFrom: level, empty: false, left: [reason] }
    this.sayObserved(session, level, reading)
  }

  /** Ends a control that aims at levels. True when it ended as enforced. */
  conclude(
    session: Session,
    goal: Goal,
    results: readonly LevelResult[],
    enforcerOf: (level: HostRestriction) => Enforcer | string,
  ): boolean {
    const readings = results.flatMap(({ reading }) => (reading ? [reading] : []))
    const enforcers = results.flatMap(({ level }) => {
      const enforcer = enforcerOf(level)
      return typeof enforcer === 'string' ? [] : [enforcer]
    })
    const rest: Rest = {
      enforcer: short(enforcers.map(({ name }) => name).join(' + ')),
      observed: short(readings.map(({ observed }) => observed).join(' · ')),
      observedFrom: readings.map(({ observedFrom }) => observedFrom).join(' · '),
      processCount: enforcers.at(-1)?.count(session) ?? 0,
    }
    const left = results.flatMap((result) => leftOf(result))
    const outside = goal.on && goal.aims.includes('pause') ? escaped(session) : []
    if (results.every(({ agrees }) => agrees) && outside.length === 0) {
      const bestEffort = enforcers.some((enforcer) => enforcer.can().can === 'best-effort')
      const detail = bestEffort ? 'best effort: a process that was not known could have slipped through' : undefined
      this.end(session, goal.control, 'enforced', { ...rest, ...(detail === undefined ? {} : { detail }) })
      return true
    }
    const done = results.filter(({ agrees, reading }) => agrees || reading?.restricted === 'mixed').length
    const problems = results.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
    const outcome = done === 0 ? 'failed' : 'partial'
    const detail =
      outside.length > 0 && problems.length === 0 && left.length === 0
        ? `${rest.observed}, but ${outside.length} ${outside.length === 1 ? 'process runs' : 'processes run'} outside the session's cgroup`
        : problems.length > 0
          ? problems.join('; ')
          : `asked, but after ${waitMaxMs / 1000} s this is what was read; still trying`
    this.end(session, goal.control, outcome, {
      ...rest,
      detail,
      left: [...left, ...outside],
    })
    return false
  }

  killed(session: Session, control: ControlId, enforcer: string, reading: KillReading): void {
    const { observed, observedFrom } = reading
    this.step(session, control, { name: stepName.killed, detail: observed, ok: true, observedFrom })
    this.end(session, control, 'enforced', { enforcer, observed: short(observed), observedFrom })
  }

  evidence(session: Session, control: ControlId, { evidence, omitted, note }: EvidenceRecord): void {
    this.record({
      kind: 'evidence.recorded',
      session: session.id,
      data: {
        snapshot: control,
        control,
        evidence,
        ...(omitted ? { omitted } : {}),
        ...(note ? { note: short(note) } : {}),
      },
    })
  }

  /** The one end of a control; a second one is not told. */
  end(session: Session, control: ControlId, outcome: Outcome, rest: Rest): void {
    if (session.endedControls.has(control)) return
    const { detail, left, ...others } = rest
    this.record({
      kind: 'control.ended',
      session: session.id,
      data: {
        control,
        outcome,
        ...others,
        ...(detail === undefined ? {} : { detail: short(detail) }),
        ...(left && left.length > 0 ? { left: left.slice(0, leftMax).map(short) } : {}),
      },
    })
  }
}

function leftOf({ level, agrees, reading, problem }: LevelResult): string[] {
  if (agrees) return []
  if (problem !== undefined) return [`${level}: ${problem}`]
  if (reading && reading.left.length > 0) return reading.left
  return [`${level}: ${reading?.observed ?? 'not read'}`]
}

function escaped(session: Session): string[] {
  return [...session.processes.values()]
    .filter((process) => process.escaped)
    .slice(0, leftMax)
    .map(({ pid, comm }) => `${comm}[${pid}] runs outside the session's cgroup`)
}

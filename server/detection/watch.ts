// Detection over a log: events are read, commands understood, rules and detectors asked, context applied, risk and findings drawn from it. Live,
// replay, backtest and `vigil detect` use this one; it writes nothing and knows the time only from what it is told.
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { applyContext } from './context/apply-context.ts'
import { type CompiledContext, contextFor, isExpectedTraffic } from './context/compiled-context.ts'
import { DetectionContexts } from './context/context-schema.ts'
import { protectedPathFlag } from './context/protected-path.ts'
import type { DetectionEvent } from './detection-event.ts'
import { type Engine, openEngine } from './engine.ts'
import { createDetectionEvents, type Owner } from './events/detection-events.ts'
import type { GpuUse } from './events/gpu-use.ts'
import type { ToolCode } from './events/tool-code.ts'
import type { Flag } from './flag.ts'
import { createLearned, type LearnedFinding } from './learned.ts'
import { addFlag, noRisk, opensIncident, type Risk, riskAt, type SessionRisk } from './risk/session-risk.ts'
import { type AboutSession, noSettings, type RuleSettings } from './settings/rule-settings.ts'
import { commandEvents } from './shell/command-events.ts'
import type { ReadShell } from './shell/shell-reading.ts'
import type { RuleSet } from './sigma/compile-rules.ts'
import { RecencyMap } from './stateful/recency-map.ts'
import { createStatefulDetectors } from './stateful/stateful-detectors.ts'
import { unreadCommandFlag } from './stateful/unread-command.ts'

export type WatchOptions = {
  ruleSet: RuleSet
  readShell: ReadShell
  /** What operators allow, protect and own. */
  contexts?: DetectionContexts
  /** What operators set beside the rules' texts. */
  settings?: RuleSettings
  about?: (session: string) => AboutSession
  /** See `StatefulOptions`. */
  seed?: number
}

/** A flag with what it does to its session. */
export type Raised = {
  flag: Flag
  /** The event in which it was seen; undefined where it took many, or none. */
  cause: EventId | undefined
  risk: Risk | undefined
  isIncident: boolean
  finding: LearnedFinding | undefined
}

export type Watch = {
  /** From now on these; what was counted for rules that correlations are made of begins anew, all else goes on. */
  use(changed: Pick<WatchOptions, 'ruleSet' | 'contexts' | 'settings'>): void
  /** `nowMs`: when we saw it, by our own clock: agents write the events' times. */
  take(event: StoredEvent, owner?: Owner): readonly Raised[]
  /** A tool call's command that stands in no log. */
  takeCommand(
    text: string,
    origin: { atMs: number; session: string | undefined; call: string | undefined },
  ): readonly Raised[]
  takeGpuSample(sample: GpuSample, use: GpuUse | undefined, nowMs: number): readonly Raised[]
  /** What shows by silence alone. */
  elapse(nowMs: number): readonly Raised[]
  riskOf(session: string, nowMs: number): Risk | undefined
  readonly counts: Engine['counts']
}

const sessionsMax = 20_000
/** Contexts are compiled once and kept for so many pairs of task set and run. */
const contextsMax = 500

const nothing: readonly Raised[] = []

const noContexts = DetectionContexts.parse({})
const unknown: AboutSession = {}

export function openWatch(options: WatchOptions): Watch {
  const { readShell, about, seed = 0 } = options
  let written = options.contexts ?? noContexts
  let settings = options.settings ?? noSettings
  const compiled = new RecencyMap<CompiledContext>(contextsMax)
  const risks = new RecencyMap<SessionRisk>(sessionsMax)
  const learned = createLearned()
  const reader = createDetectionEvents()
  const aboutOf = (session: string | undefined) => (session === undefined ? unknown : (about?.(session) ?? unknown))
  let ofNothing = contextFor(written, {})
  const contextOf = (session: string | undefined): CompiledContext => {
    const known = aboutOf(session)
    // Every event asks: most sessions belong to nothing.
    if (known.taskSet === undefined && known.run === undefined && known.taskText === undefined) return ofNothing
    const key = JSON.stringify([known.taskSet, known.run, known.taskText])
    const found = compiled.get(key)
    if (found) return found
    const made = contextFor(written, known)
    compiled.set(key, made)
    return made
  }
  const detectors = [
    createStatefulDetectors({ seed, isExpected: (event) => isExpectedTraffic(contextOf(event.session), event) }),
  ]
  let { ruleSet } = options
  let engine = openEngine({ ruleSet, detectors })

  function judge(events: readonly DetectionEvent[], cause: EventId | undefined, nowMs: number): readonly Raised[] {
    let raised = nothing
    for (const event of events) {
      const context = contextOf(event.session)
      const guarded = protectedPathFlag(event, context)
      const flags = engine.observe(event, event !== events[0])
      if (guarded === undefined && flags.length === 0) continue
      const all = guarded === undefined ? flags : [...flags, guarded]
      raised = [...raised, ...raisedBy(all, event, context, cause, nowMs)]
    }
    const first = events[0]
    const unread = unreadCommandFlag(events, engine.wasCut)
    if (unread && first) raised = [...raised, ...raisedBy([unread], first, contextOf(first.session), cause, nowMs)]
    return raised
  }

  function raisedBy(
    flags: readonly Flag[],
    event: DetectionEvent,
    context: CompiledContext,
    cause: EventId | undefined,
    nowMs: number,
  ): Raised[] {
    return flags.flatMap((flag) => {
      const told = applyContext(flag, event, context)
      const kept = told && settings.apply(told, event, aboutOf(flag.session), nowMs)
      return kept ? [weigh(kept, cause, nowMs)] : []
    })
  }

  function weigh(flag: Flag, cause: EventId | undefined, nowMs: number): Raised {
    const { session } = flag
    if (session === undefined) return { flag, cause, risk: undefined, isIncident: false, finding: undefined }
    const counted = addFlag(risks.get(session) ?? noRisk, flag, nowMs)
    risks.set(session, counted)
    const risk = riskAt(counted, nowMs)
    const finding = learned.observe(flag, about?.(session).run, nowMs)
    return { flag, cause, risk, isIncident: opensIncident(risk), finding }
  }

  return {
    use(changed) {
      written = changed.contexts ?? noContexts
      settings = changed.settings ?? noSettings
      compiled.clear()
      ofNothing = contextFor(written, {})
      if (changed.ruleSet !== ruleSet) engine = openEngine({ ruleSet: changed.ruleSet, detectors })
      ruleSet = changed.ruleSet
    },
    take(event, owner) {
      const { events, code } = reader.ofEvent(event, owner)
      if (code.length === 0) return events.length === 0 ? nothing : judge(events, event.id, event.seenAtMs)
      const call = event.kind === 'action.started' ? event.data.call : owner?.call
      const origin = { atMs: event.atMs, session: event.session ?? owner?.session, host: event.host, call }
      return judge(
        [...events, ...code.flatMap((each) => eventsOfCode(each, origin, readShell))],
        event.id,
        event.seenAtMs,
      )
    },
    takeCommand(text, { atMs, session, call }) {
      return judge(commandEvents(readShell(text), { text, atMs, session, host: undefined, call }), undefined, atMs)
    },
    takeGpuSample: (sample, use, nowMs) => judge(reader.ofGpuSample(sample, use), undefined, nowMs),
    elapse: (nowMs) =>
      engine
        .elapse(nowMs)
        .flatMap((flag) => settings.apply(flag, undefined, aboutOf(flag.session), nowMs) ?? [])
        .map((flag) => weigh(flag, undefined, nowMs)),
    riskOf(session, nowMs) {
      const counted = risks.get(session)
      return counted && riskAt(counted, nowMs)
    },
    get counts() {
      return engine.counts
    },
  }
}

function eventsOfCode(
  code: ToolCode,
  origin: { atMs: number; session: string | undefined; host: string | undefined; call: string | undefined },
  readShell: ReadShell,
): DetectionEvent[] {
  if ('shellText' in code) return commandEvents(readShell(code.shellText), { text: code.shellText, ...origin })
  const { content, language, writesTo } = code
  const fields = { Language: language, Text: content, Origin: 'argument', ...(writesTo && { WritesTo: [writesTo] }) }
  return [{ source: 'content', ...origin, fields, notFully: undefined }]
}

// Detection as one thing: rules, correlations and stateful detectors over a stream of events. Live, replay, backtest and `vigil detect` open the
// same engine; it knows time only from what it is told, and remembers a bounded amount.
import type { DetectionEvent } from './detection-event.ts'
import { type Flag, severities } from './flag.ts'
import type { RuleSet } from './sigma/compile-rules.ts'
import { type CorrelatorCounts, openCorrelator } from './sigma/correlate.ts'
import { flagOfRule, matchesOf } from './sigma/judge.ts'
import type { Detector } from './stateful/detector.ts'
import { RecencyMap } from './stateful/recency-map.ts'

/** A detector may also tell what shows by silence alone. */
export type EngineDetector = Detector & { elapse?(nowMs: number): Flag[] }

export type EngineOptions = {
  ruleSet: RuleSet
  /** Such as `createStatefulDetectors()`: asked after rules and correlations, in this order. */
  detectors?: readonly EngineDetector[]
}

export type EngineCounts = CorrelatorCounts & {
  /** Flags that said of a tool call what was said of it before. */
  repeated: number
}

export type Engine = {
  /**
   * What is said of one tool call with one fingerprint is said once: a repetition is left out and counted, unless it is more severe.
   * `isMore`: the event is of the same act as the one before (all commands of a tool call): together they may take so long.
   */
  observe(event: DetectionEvent, isMore?: boolean): Flag[]
  /** The same for the events of one moment, such as all commands of a tool call; says in `context` how often a flag rose. */
  observeAll(events: readonly DetectionEvent[]): Flag[]
  /** What shows when time passes; call it now and then with the time of the log. */
  elapse(nowMs: number): Flag[]
  readonly counts: EngineCounts
}

const callsMax = 4_000
/** Flags beyond them are told each time. */
const fingerprintsOfCallMax = 64

const nothing: Flag[] = Object.freeze([]) as never

export function openEngine({ ruleSet, detectors = [] }: EngineOptions): Engine {
  const correlator = openCorrelator(ruleSet.correlations)
  const said = new RecencyMap<Map<string, number>>(callsMax)
  let repeated = 0

  function flagsOf(event: DetectionEvent, isMore: boolean): Flag[] {
    const matches = matchesOf(ruleSet, event, isMore)
    let flags = nothing
    if (matches.length > 0) {
      flags = matches.filter((each) => !each.isSilent).map((each) => flagOfRule(ruleSet, each, event))
      flags.push(
        ...correlator.observe(
          matches.map(({ rule }) => rule.id),
          event,
        ),
      )
    }
    for (const detector of detectors) {
      const more = detector.observe(event)
      if (more.length > 0) flags = [...flags, ...more]
    }
    return flags
  }

  function isRepeated(flag: Flag): boolean {
    if (flag.call === undefined) return false
    const key = `${flag.host ?? ''} ${flag.session ?? ''} ${flag.call}`
    const known = said.get(key) ?? new Map<string, number>()
    const severity = severities.indexOf(flag.severity)
    const before = known.get(flag.fingerprint)
    if (before !== undefined && before >= severity) return true
    if (known.size < fingerprintsOfCallMax || before !== undefined) known.set(flag.fingerprint, severity)
    said.set(key, known)
    return false
  }

  function observeAll(events: readonly DetectionEvent[]): Flag[] {
    const kept: Flag[] = []
    const times = new Map<string, number>()
    const nameOf = (flag: Flag) => `${flag.call ?? ''}\u0000${flag.fingerprint}`
    for (const [index, event] of events.entries())
      for (const flag of flagsOf(event, index > 0)) {
        times.set(nameOf(flag), (times.get(nameOf(flag)) ?? 0) + 1)
        if (isRepeated(flag)) repeated++
        else kept.push(flag)
      }
    return kept.map((flag) => {
      const count = flag.call === undefined ? 1 : (times.get(nameOf(flag)) ?? 1)
      return count === 1 ? flag : { ...flag, context: [...flag.context, `${count} times in this tool call`] }
    })
  }

  return {
    observe(event, isMore = false) {
      const flags = flagsOf(event, isMore)
      if (flags.length === 0) return flags
      return flags.filter((flag) => {
        const isKnown = isRepeated(flag)
        if (isKnown) repeated++
        return !isKnown
      })
    },
    observeAll,
    elapse: (nowMs) => [...correlator.elapse(nowMs), ...detectors.flatMap((each) => each.elapse?.(nowMs) ?? [])],
    get counts() {
      return { ...correlator.counts, repeated }
    },
  }
}

// Detection as one thing: rules, correlations and stateful detectors over a stream of events. Live, replay, backtest and `vigil detect` open the
// same engine; it knows time only from what it is told, and remembers a bounded amount.
import type { DetectionEvent, LogSource } from './detection-event.ts'
import { type Flag, severities } from './flag.ts'
import type { CompiledRule, RuleSet } from './sigma/compile-rules.ts'
import { type CorrelatorCounts, openCorrelator } from './sigma/correlate.ts'
import { flagOfRule, matchesOf, withMatched } from './sigma/judge.ts'
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
  /** Flags that said of a tool call, or of traffic and readings without one, what was said of it before. */
  repeated: number
}

export type Engine = {
  /**
   * What is said of one tool call with one fingerprint is said once: a repetition is left out and counted, unless it is more severe. So is, for
   * a while, what sensors say of the same session, or of nobody, over and over: a card that is read twice a minute, a pool that is called again.
   * `isMore`: the event is of the same act as the one before (all commands of a tool call): together they may take so long.
   */
  observe(event: DetectionEvent, isMore?: boolean): Flag[]
  /** What shows when time passes; call it now and then with the time of the log. */
  elapse(nowMs: number): Flag[]
  /** Of the act whose event was observed last, something was not asked or not told: it had cost too much, or raised too many flags. */
  readonly wasCut: boolean
  readonly counts: EngineCounts
}

const callsMax = 4_000
/** Flags beyond them are told each time. */
const fingerprintsOfCallMax = 64
/** What one act may raise: enough to judge it by. A page still has room where an agent fills it with the mild ones. */
const flagsOfActMax = 32
const pagesOfActMax = 32
const pageLevel = severities.indexOf('high')
/** For so long the same thing is no news, by what tells it. What an agent asks for once more is always told. */
const noNewsMs: { readonly [source in LogSource]?: number } = {
  process: 600_000,
  gpu: 1_800_000,
  alert: 600_000,
  connection: 600_000,
  dns: 600_000,
  traffic: 600_000,
}
const newsMax = 20_000

const nothing: Flag[] = Object.freeze([]) as never

export function openEngine({ ruleSet, detectors = [] }: EngineOptions): Engine {
  const correlator = openCorrelator(ruleSet.correlations)
  const said = new RecencyMap<Map<string, number>>(callsMax)
  const news = new RecencyMap<{ atMs: number; severity: number }>(newsMax)
  let repeated = 0

  let toldOfAct = 0
  let isOverfull = false

  function newFlagsOf(event: DetectionEvent, isMore: boolean): Flag[] {
    const matches = matchesOf(ruleSet, event, isMore)
    let flags = nothing
    if (matches.length > 0) {
      flags = matches.flatMap((each) => newFlagOf(each, event))
      const ids = matches.map(({ rule }) => rule.id)
      flags.push(...correlator.observe(ids, event).filter((flag) => isTold(flag, event)))
    }
    for (const detector of detectors) {
      const more = detector.observe(event)
      if (more.length > 0) flags = [...flags, ...more.filter((flag) => isTold(flag, event))]
    }
    return flags
  }

  function newFlagOf(each: CompiledRule, event: DetectionEvent): Flag | [] {
    if (each.isSilent) return []
    const flag = flagOfRule(ruleSet, each, event)
    return isTold(flag, event) ? withMatched(ruleSet, each, flag) : []
  }

  function isTold(flag: Flag, event: DetectionEvent): boolean {
    if (isRepeated(flag, event)) {
      repeated++
      return false
    }
    const most = severities.indexOf(flag.severity) < pageLevel ? flagsOfActMax : flagsOfActMax + pagesOfActMax
    if (toldOfAct >= most) {
      isOverfull = true
      return false
    }
    toldOfAct++
    return true
  }

  /** Who is behind it is part of what is said: two machines that call the same pool are two. */
  function isNoNews(flag: Flag, event: DetectionEvent): boolean {
    const forMs = noNewsMs[flag.source]
    if (forMs === undefined) return false
    const key = newsKey(flag, event)
    const severity = severities.indexOf(flag.severity)
    const before = news.get(key)
    if (before !== undefined && before.severity >= severity && Math.abs(flag.atMs - before.atMs) <= forMs) return true
    news.set(key, { atMs: flag.atMs, severity })
    return false
  }

  function newsKey(flag: Flag, event: DetectionEvent): string {
    const { SourceIp } = event.fields
    // A command is the agent's and names no host; its process does.
    const host = flag.session === undefined ? (flag.host ?? '') : ''
    return `${host} ${flag.session ?? ''} ${SourceIp ?? ''} ${flag.fingerprint}`
  }

  function isRepeated(flag: Flag, event: DetectionEvent): boolean {
    if (flag.call === undefined) return isNoNews(flag, event)
    const key = `${flag.host ?? ''} ${flag.session ?? ''} ${flag.call}`
    const known = said.get(key) ?? new Map<string, number>()
    const severity = severities.indexOf(flag.severity)
    const before = known.get(flag.fingerprint)
    if (before !== undefined && before >= severity) return true
    if (known.size < fingerprintsOfCallMax || before !== undefined) known.set(flag.fingerprint, severity)
    said.set(key, known)
    // The process of a command that was told of is no news either.
    news.set(newsKey(flag, event), { atMs: flag.atMs, severity })
    return false
  }

  return {
    observe(event, isMore = false) {
      if (!isMore) {
        toldOfAct = 0
        isOverfull = false
      }
      return newFlagsOf(event, isMore)
    },
    elapse: (nowMs) => [...correlator.elapse(nowMs), ...detectors.flatMap((each) => each.elapse?.(nowMs) ?? [])],
    get wasCut() {
      return ruleSet.view.isActCut || isOverfull
    },
    get counts() {
      return { ...correlator.counts, repeated }
    },
  }
}

// Detection as one thing: rules and stateful detectors over a stream of events. Live, replay, backtest and `vigil detect` open the same engine;
// it knows time only from the events, and remembers a bounded amount.
import type { DetectionEvent } from './detection-event.ts'
import type { Flag } from './flag.ts'
import type { RuleSet } from './sigma/compile-rules.ts'
import { flagOfRule, matchesOf } from './sigma/judge.ts'
import type { Detector } from './stateful/detector.ts'

export type EngineOptions = {
  ruleSet: RuleSet
  /** Such as `createStatefulDetectors()`: asked after the rules, in this order. */
  detectors?: readonly Detector[]
}

export type Engine = {
  observe(event: DetectionEvent): Flag[]
}

export function openEngine({ ruleSet, detectors = [] }: EngineOptions): Engine {
  return {
    observe(event) {
      const flags: Flag[] = []
      for (const each of matchesOf(ruleSet, event)) if (!each.isSilent) flags.push(flagOfRule(ruleSet, each, event))
      for (const detector of detectors) flags.push(...detector.observe(event))
      return flags
    },
  }
}

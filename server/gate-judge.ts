// What the policy says of an action, with what rules say of it: asked before anything is decided or written.
import { aboutSession } from './about-session.ts'
import { capabilityOf } from './control/tool-capability.ts'
import { type Flag, severities } from './detection/flag.ts'
import { judgeAction } from './detection/judge-action.ts'
import type { ReadShell } from './detection/shell/shell-reading.ts'
import type { PolicyAnswer } from './policy/gate-policy.ts'
import { riskNow } from './protocol/flag.ts'
import type { AutomaticResponse } from './protocol/rule-view.ts'
import { cutText, shortTextMax } from './protocol/text.ts'
import type { InForce } from './rulebook/rule-book.ts'
import type { JudgeAtGate } from './web/gate-judge-port.ts'

const heldForMax = 16
const matchedMax = 8

/** Pure but for the shell reader's budget of time; where that runs out the flags say so. */
export function createGateJudge(options: {
  inForce: () => InForce
  readShell: ReadShell
  automaticOf(rule: string): AutomaticResponse | undefined
}): JudgeAtGate {
  /** A rule whose automatic response is to hold goes before a policy that would let it run. */
  function heldByRule(flags: readonly Flag[]): PolicyAnswer | undefined {
    for (const { rule, title, severity, ruleSeverity } of flags) {
      const automatic = options.automaticOf(rule.slice(0, 64))
      if (automatic?.action !== 'hold' || severities.indexOf(severity) < severities.indexOf(ruleSeverity)) continue
      return { outcome: 'ask', policy: `rule "${title}"`, reason: undefined, withinMs: automatic.minutes * 60_000 }
    }
    return undefined
  }

  return (state, ask, nowMs) => {
    const { ruleSet, contexts, settings, policy } = options.inForce()
    const about = aboutSession(state, ask.session)
    const { flags, events } = judgeAction(
      { ruleSet, contexts, settings, readShell: options.readShell },
      { ...ask, atMs: nowMs },
      about,
    )
    const session = state.sessions.get(ask.session)
    const claimed = new Set(session?.claimed ?? [])
    const labels = Object.fromEntries(Object.entries(session?.labels ?? {}).filter(([name]) => !claimed.has(name)))
    const risk = session?.risk ? riskNow(session.risk, nowMs) : 0
    const written = policy.decide({ tool: ask.tool, capability: capabilityOf(ask.tool), flags, events, labels, risk })
    const answer = written.outcome === 'allow' ? (heldByRule(flags) ?? written) : written
    return {
      ...answer,
      severity: flags[0]?.severity ?? 'informational',
      heldFor: flags.slice(0, heldForMax).map(({ title, rule, severity, matched }) => ({
        title: cutText(title, shortTextMax),
        rule: rule.slice(0, 64),
        severity,
        matched: matched
          .slice(0, matchedMax)
          .map(({ field, value }) => ({ field: field.slice(0, 64), value: cutText(value, shortTextMax) })),
      })),
    }
  }
}

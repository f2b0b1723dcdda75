// What a run found, as JSON and as text for a person.
import { fewOf, type Guarantee, type Violation } from './checks.ts'
import type { Fault, FaultKind } from './plan.ts'

export type ChaosReport = {
  seed: number
  minutes: number
  /** Kinds of fault that were planned, where not all were. */
  only?: readonly FaultKind[]
  plan: readonly Fault[]
  /** Faults that this host cannot have, and checks that it cannot make. */
  leftOut: readonly string[]
  counts: Record<string, number>
  /** Controls by their outcome. */
  outcomes: Record<string, number>
  /** Parts of the product that ended though no fault had ended them; a server without its database does at its start. */
  ownEnds: readonly string[]
  /** What the log itself says that it lacks. */
  gaps: readonly string[]
  readyAfterMs: number
  violations: readonly Violation[]
  /** Where logs are; only when they were kept. */
  logs?: string
  tookSeconds: number
}

const words: Record<Guarantee, string> = {
  log: 'nothing acknowledged is lost or doubled',
  controls: 'every control has exactly one outcome',
  enforcement: 'wanted equals enforced, read from the host',
  gate: 'no held call was let through unapproved',
  audit: 'the audit chain is whole',
  sessions: 'each session began and ended once',
  ready: 'everything came back in time',
}

export function chaosAsText(report: ChaosReport): string {
  const of = (guarantee: Guarantee) => report.violations.filter((each) => each.guarantee === guarantee)
  const lines = Object.entries(words).map(([guarantee, text]) => {
    const found = of(guarantee as Guarantee)
    return `${found.length === 0 ? 'ok  ' : 'FAIL'}  ${text}${found.length === 0 ? '' : ` (${found.length})`}`
  })
  const counts = Object.entries(report.counts).map(([name, count]) => `${count} ${name}`)
  const outcomes = Object.entries(report.outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  return [
    `seed ${report.seed}, ${report.minutes} minutes, ${report.tookSeconds.toFixed(0)} s in all`,
    counts.join(', '),
    `controls: ${outcomes.join(', ') || 'none'}`,
    `ready ${Math.round(report.readyAfterMs)} ms after the last fault was taken back`,
    ...report.ownEnds.map((each) => `ended by itself: ${each}`),
    ...report.gaps.map((each) => `gap told in the log: ${each}`),
    ...report.leftOut.map((each) => `LEFT OUT: ${each}`),
    ...lines,
    ...fewOf(report.violations).map(({ guarantee, what }) => `${guarantee}: ${what}`),
    ...(report.violations.length > 0
      ? [
          `again: npm run chaos -- --seed ${report.seed} --minutes ${report.minutes}${report.only ? ` --only ${report.only.join(',')}` : ''}; logs: ${report.logs}`,
        ]
      : []),
  ].join('\n')
}

// How much a session's flags weigh together. A value and the functions on it: it decays, counts the same thing once, values breadth over
// noise, and says of every point where it comes from. Lows alone never open an incident, however many there are.
import { riskHalfLifeMs } from '../../protocol/flag.ts'
import { type Flag, type Severity, severities } from '../flag.ts'

export type RiskOptions = {
  /** After so long a flag weighs half. */
  halfLifeMs: number
  /** The same fingerprint counts once in this time. */
  windowMs: number
}

export const usualRisk: RiskOptions = { halfLifeMs: riskHalfLifeMs, windowMs: 60 * 60_000 }

/** Points of one flag. A page opens by itself; its points are for sorting. */
const pointsOf: Readonly<Record<Severity, number>> = { informational: 0, low: 2, medium: 20, high: 60, critical: 100 }
const rankOf = Object.fromEntries(severities.map((severity, rank) => [severity, rank])) as Record<Severity, number>
/** All lows together: less than what two mediums leave to the threshold. */
const lowsMax = 8
/** Two mediums of different tactics and all lows stay below it, a third medium does not. */
export const opensAt = 60
/** Every tactic after the first adds a quarter: reaching for many ends is what an attack does. */
const perTactic = 0.25
const factorMax = 2
/** The second fingerprint of one rule counts half, the third a quarter: one noisy rule is no breadth. */
const perRepeat = 0.5
/** Fingerprints that are kept of a session; the weakest leave. */
const contributionsMax = 64
/** What has decayed to less is forgotten. */
const forgottenBelow = 0.25

type Counted = {
  fingerprint: string
  rule: string
  title: string
  severity: Severity
  tactics: readonly string[]
  /** When it last counted, by this server's clock. */
  countedAtMs: number
  /** How often it was raised since then, this time included. */
  times: number
}

/** Plain data: it can be kept in a snapshot. */
export type SessionRisk = { counted: readonly Counted[] }

export const noRisk: SessionRisk = { counted: [] }

export type Contribution = {
  rule: string
  title: string
  severity: Severity
  points: number
  /** In plain words: what it is worth and why it is not more. */
  why: string
}

export type Risk = {
  /** 0 and up; comparable between sessions. */
  score: number
  /** Opens an incident whatever the sum is. */
  pages: readonly Contribution[]
  /** Heaviest first. */
  contributions: readonly Contribution[]
  tactics: readonly string[]
  /** By which the sum of medium and worse is multiplied for its tactics. */
  factor: number
  why: readonly string[]
}

/**
 * Adds a flag. `nowMs` is this server's clock and never the flag's: agents write the times of their own events, and a flag that claims to
 * be of last year would have decayed before it was seen.
 */
export function addFlag(risk: SessionRisk, flag: Flag, nowMs: number, options: RiskOptions = usualRisk): SessionRisk {
  if (pointsOf[flag.severity] === 0) return risk
  const known = risk.counted.find(({ fingerprint }) => fingerprint === flag.fingerprint)
  const isAgain = known !== undefined && Math.abs(nowMs - known.countedAtMs) < options.windowMs
  const isWorse = known !== undefined && rank(flag.severity) > rank(known.severity)
  const counted: Counted = {
    fingerprint: flag.fingerprint,
    rule: flag.rule,
    title: flag.title,
    severity: isAgain && !isWorse ? known.severity : flag.severity,
    tactics: flag.tactics.slice(0, 8),
    countedAtMs: isAgain && !isWorse ? known.countedAtMs : nowMs,
    times: isAgain ? known.times + 1 : 1,
  }
  const others = risk.counted.filter(({ fingerprint }) => fingerprint !== flag.fingerprint)
  const kept = [...others, counted].filter((each) => pointsAt(each, nowMs, options) >= forgottenBelow)
  if (kept.length <= contributionsMax) return { counted: kept }
  const weakest = kept.reduce((a, b) => (pointsAt(b, nowMs, options) < pointsAt(a, nowMs, options) ? b : a))
  return { counted: kept.filter((each) => each !== weakest) }
}

export function riskAt(risk: SessionRisk, nowMs: number, options: RiskOptions = usualRisk): Risk {
  const heaviest = risk.counted
    .map((counted) => ({ counted, points: pointsAt(counted, nowMs, options) }))
    .filter(({ points }) => points >= forgottenBelow)
    .sort((a, b) => b.points - a.points)
  const ofRule = new Map<string, number>()
  const contributions: Contribution[] = []
  const pages: Contribution[] = []
  const tactics = new Set<string>()
  let lows = 0
  let rest = 0
  for (const { counted, points: decayed } of heaviest) {
    const earlier = ofRule.get(counted.rule) ?? 0
    ofRule.set(counted.rule, earlier + 1)
    let points = earlier === 0 ? decayed : decayed * perRepeat ** earlier
    const isLow = rank(counted.severity) <= rank('low')
    const isCapped = isLow && lows + points > lowsMax
    if (isCapped) points = lowsMax - lows
    if (isLow) lows += points
    else {
      rest += points
      for (const tactic of counted.tactics) tactics.add(tactic)
    }
    const contribution = {
      rule: counted.rule,
      title: counted.title,
      severity: counted.severity,
      points: rounded(points),
      why: rememberedWhy(counted, nowMs, earlier, isCapped),
    }
    contributions.push(contribution)
    if (rank(counted.severity) >= rank('high')) pages.push(contribution)
  }
  const factor = Math.min(factorMax, 1 + perTactic * Math.max(0, tactics.size - 1))
  const score = rounded(rest * factor + lows)
  contributions.sort((a, b) => b.points - a.points)
  return { score, pages, contributions, tactics: [...tactics].sort(), factor, why: summaryOf() }

  function summaryOf(): string[] {
    const why: string[] = []
    if (rest > 0)
      why.push(
        factor > 1
          ? `${rounded(rest)} points times ${factor} for ${tactics.size} tactics (${[...tactics].sort().join(', ')})`
          : `${rounded(rest)} points`,
      )
    if (lows > 0) why.push(`${rounded(lows)} points of low flags (at most ${lowsMax} together)`)
    if (pages.length > 0)
      why.push(
        `opens an incident by itself: ${pages
          .map(({ title }) => title)
          .slice(0, 3)
          .join(', ')}`,
      )
    else if (score >= opensAt) why.push(`opens an incident: ${score} of ${opensAt} points`)
    return why
  }
}

/** Whether a person should be woken. Never by lows alone. */
export function opensIncident(risk: Risk): boolean {
  return risk.pages.length > 0 || risk.score >= opensAt
}

function pointsAt({ severity, countedAtMs }: Counted, nowMs: number, { halfLifeMs }: RiskOptions): number {
  // Flags of one act are weighed at one time, each with all before it: powers are most of what that costs.
  return nowMs <= countedAtMs ? pointsOf[severity] : pointsOf[severity] * 0.5 ** ((nowMs - countedAtMs) / halfLifeMs)
}

/** Each flag of an act says why again: of most that were counted before, nothing has changed since. */
const whys = new WeakMap<Counted, { minutes: number; earlier: number; isCapped: boolean; why: string }>()

function rememberedWhy(counted: Counted, nowMs: number, earlier: number, isCapped: boolean): string {
  const minutes = Math.round(Math.max(0, nowMs - counted.countedAtMs) / 60_000)
  const known = whys.get(counted)
  if (known?.minutes === minutes && known.earlier === earlier && known.isCapped === isCapped) return known.why
  const why = whyOf(counted, minutes, earlier, isCapped)
  whys.set(counted, { minutes, earlier, isCapped, why })
  return why
}

function whyOf({ severity, times }: Counted, minutes: number, earlier: number, isCapped: boolean): string {
  const parts = [`${severity}: ${pointsOf[severity]} points`, minutes === 0 ? 'just now' : `${minutes} min ago`]
  if (times > 1) parts.push(`raised ${times} times, counted once`)
  if (earlier > 0)
    parts.push(
      `the rule's ${earlier + 1}${earlier === 1 ? 'nd' : earlier === 2 ? 'rd' : 'th'} finding: counts ${perRepeat ** earlier}`,
    )
  if (isCapped) parts.push(`low flags count ${lowsMax} points together at most`)
  return parts.join(', ')
}

function rank(severity: Severity): number {
  return rankOf[severity]
}

function rounded(points: number): number {
  return Math.round(points * 10) / 10
}

// A postmortem as far as facts can write it. It says nothing that is not in the log, and says what is missing. Pure.
import { isPage } from '../protocol/flag.ts'
import {
  containedAs,
  detectedInMs,
  type IncidentDetail,
  type IncidentFlagView,
  isWholeSeen,
} from '../protocol/incident.ts'
import type { IncidentTimeline, TimelineItem } from '../protocol/incident-timeline.ts'
import type { DelayLine, FactLine, Postmortem, PostmortemEvidence } from '../protocol/postmortem.ts'
import { PostmortemSection, sectionParts, type WrittenSection } from '../protocol/postmortem-section.ts'

const rowsMax = 300
const cardsMax = 12
const citedMax = 100
const farEndsMax = 20
const linesMax = 10

/** The paper's three kinds of trouble, by ATT&CK tactic. A tactic may stand for more than one. */
const taxonomy: readonly { name: string; tactics: readonly string[] }[] = [
  {
    name: 'Safety & security',
    tactics: [
      'command-and-control',
      'exfiltration',
      'credential-access',
      'lateral-movement',
      'initial-access',
      'impact',
      'discovery',
      'execution',
    ],
  },
  {
    name: 'Controllability',
    tactics: ['persistence', 'privilege-escalation', 'defense-evasion', 'defense-impairment'],
  },
  { name: 'Trustworthiness', tactics: ['reward-tampering', 'collection', 'stealth'] },
]

export type PostmortemGiven = {
  incident: IncidentDetail
  timeline: IncidentTimeline
  written: readonly WrittenSection[]
  /** Of the console, to link to it; without a slash at the end. */
  consoleUrl: string
  nowMs: number
}

export function projectPostmortem(given: PostmortemGiven): Postmortem {
  const { timeline, consoleUrl, nowMs } = given
  const { flags, log, ...incident } = given.incident
  const { items } = timeline
  const written = PostmortemSection.options.flatMap(
    (section) => given.written.find((each) => each.section === section && each.text.trim() !== '') ?? [],
  )
  const cited = new Set(
    written
      .flatMap(({ text }) => sectionParts(text))
      .flatMap((part) => (part.type === 'evidence' ? [part.id as string] : []))
      .slice(0, citedMax),
  )
  return {
    madeAtMs: nowMs,
    consoleUrl,
    incident,
    // An emptied section keeps its version: the next who writes it is based on that.
    written: [...given.written],
    seen: seenOf(flags),
    farEnds: farEndsOf(flags),
    delays: delaysOf(given.incident),
    worked: workedOf(given),
    failed: failedOf(given),
    kinds: taxonomy.map(({ name, tactics }) => ({
      name,
      tactics: incident.tactics.filter((t) => tactics.includes(t)),
    })),
    unsorted: incident.tactics.filter((tactic) => !taxonomy.some(({ tactics }) => tactics.includes(tactic))),
    evidence: evidenceOf(items),
    cited: items.filter(({ id }) => cited.has(id)),
    timeline: tellingRows(items),
    notes: log.filter(({ change }) => change.type === 'note'),
  }
}

function seenOf(flags: readonly IncidentFlagView[]): string[] {
  const paged = flags.filter(({ severity }) => isPage(severity))
  return [...new Set((paged.length > 0 ? paged : flags).map(({ title }) => title))]
}

function farEndsOf(flags: readonly IncidentFlagView[]): Postmortem['farEnds'] {
  const all = [...new Set(flags.flatMap((flag) => flag.destinations))]
  const named = all.slice(0, farEndsMax)
  return { named, left: all.length - named.length }
}

function delaysOf(incident: IncidentDetail): DelayLine[] {
  const { firstAtMs, detectedAtMs, acknowledgedAtMs, resolvedAtMs, mergedInto, status } = incident
  const contained = containedAs(incident)
  const detectedMs = detectedInMs(incident)
  const since = (what: string, to: number | undefined, instead = 'not yet'): DelayLine => {
    if (to === undefined) return { what, instead }
    // It was done before what it holds now was detected, as after a split: nothing was measured.
    return to < detectedAtMs ? { what, atMs: to, instead: 'not known' } : { what, atMs: to, tookMs: to - detectedAtMs }
  }
  return [
    { what: 'First evidence, by its source’s clock', atMs: firstAtMs },
    {
      what: 'Detected, from the first evidence',
      atMs: detectedAtMs,
      ...(detectedMs === undefined ? { instead: 'not known' } : { tookMs: detectedMs }),
    },
    since('Acknowledged, from detection', acknowledgedAtMs, status === 'resolved' ? 'never' : undefined),
    'atMs' in contained
      ? since('Contained as observed, from detection', contained.atMs)
      : { what: 'Contained as observed, from detection', instead: contained.instead },
    since('Resolved, from detection', resolvedAtMs, mergedInto && `a part of ${mergedInto}`),
  ]
}

function workedOf({ incident, timeline: { items } }: PostmortemGiven): FactLine[] {
  const found: FactLine[] = []
  const { detectedAtMs, containedAtMs } = incident
  const detectedMs = detectedInMs(incident)
  if (detectedMs !== undefined) found.push({ says: `Detected ${spanInWords(detectedMs)} after the first evidence` })
  const alerts = items.filter(({ lane }) => lane === 'firewall')
  const tied = alerts.filter(isTied)
  if (tied.length > 0)
    found.push({
      says: `${tied.length} of ${count(alerts.length, 'firewall alert')} tied to the tool call behind it`,
    })
  if (containedAtMs !== undefined && containedAtMs >= detectedAtMs)
    found.push({
      says: `Every session was read as held or ended ${spanInWords(containedAtMs - detectedAtMs)} after detection`,
    })
  return found
}

function failedOf({ incident, timeline: { items, leftOut, sessionsLeftOut } }: PostmortemGiven): FactLine[] {
  const found: FactLine[] = []
  if (incident.acknowledgedAtMs === undefined) found.push({ says: 'Nobody acknowledged it' })
  if (incident.containedAtMs === undefined) found.push({ says: uncontained(incident) })
  const alerts = items.filter(({ lane }) => lane === 'firewall')
  const untied = alerts.filter((item) => !isTied(item))
  if (untied.length > 0) found.push({ says: `${count(untied.length, 'firewall alert')} tied to no tool call` })
  const beyond = alerts.filter(({ tiedBeyond }) => tiedBeyond)
  if (beyond.length > 0)
    found.push({ says: `${count(beyond.length, 'firewall alert')} tied to a call that this document does not hold` })
  found.push(
    ...told(
      items.filter(({ lane }) => lane === 'gaps'),
      'Telemetry was missing',
    ),
  )
  found.push(
    ...told(
      items.filter(({ kind, tone }) => kind === 'control.ended' && tone === 'critical'),
      'A control did not hold',
    ),
  )
  if (leftOut.length > 0 || sessionsLeftOut > 0)
    found.push({
      says: 'This document does not hold every fact: there are more than it reads. The log and the evidence bundle do',
    })
  return found
}

function isTied({ tie, tiedBeyond }: TimelineItem): boolean {
  return tie !== undefined || tiedBeyond === true
}

/** Of one for which no time of containing is known. */
function uncontained(incident: IncidentDetail): string {
  const { sessions, containedSessions, forgottenSessions, mergedInto } = incident
  if (sessions.length === 0) return 'No session is known, so nothing could be contained'
  if (isWholeSeen(incident)) return 'Every session is seen held or ended, since when is not known'
  if (mergedInto !== undefined) return `Not seen contained before it became a part of ${mergedInto}`
  const seen = `${containedSessions} of ${count(sessions.length, 'session')} seen held or ended`
  return forgottenSessions > 0
    ? `Whether it was contained is not known: ${seen}, and ${forgottenSessions} no longer in memory`
    : `Not contained: ${seen}`
}

function told(items: readonly TimelineItem[], says: string): FactLine[] {
  const lines = items
    .slice(0, linesMax)
    .map(({ id, atMs, label }): FactLine => ({ says, atMs, quotes: [label], evidence: id }))
  const left = items.length - lines.length
  return left > 0 ? [...lines, { says: `${says} ${left} more times` }] : lines
}

/** The worst first come in, and all stand in the order of time. */
function evidenceOf(items: readonly TimelineItem[]): PostmortemEvidence {
  const byId = new Map(items.map((item) => [item.id, item]))
  const flags = items.filter(({ lane }) => lane === 'flags')
  // What hosts read afterwards is a receipt as much as the end of a control is.
  const receipts = items.filter(({ kind }) => kind === 'control.ended' || kind === 'session.observed')
  const tied = items.filter(({ lane, tie }) => (lane === 'firewall' || lane === 'network') && tie !== undefined)
  const ties = worst(tied).flatMap((fact) => {
    const action = fact.tie && byId.get(fact.tie.to)
    return action ? [{ fact, action }] : []
  })
  return {
    flags: worst(flags),
    receipts: worst(receipts),
    ties,
    tiedBeyond: items.filter(({ lane, tiedBeyond }) => tiedBeyond && (lane === 'firewall' || lane === 'network'))
      .length,
    left: {
      flags: Math.max(0, flags.length - cardsMax),
      receipts: Math.max(0, receipts.length - cardsMax),
      ties: Math.max(0, tied.length - cardsMax),
    },
  }
}

const tones: readonly TimelineItem['tone'][] = ['critical', 'frozen', 'warn', 'plain']

function worst(items: readonly TimelineItem[]): TimelineItem[] {
  return [...items]
    .sort((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone) || a.atMs - b.atMs)
    .slice(0, cardsMax)
    .sort((a, b) => a.atMs - b.atMs)
}

/** Flags, alerts, controls and ties tell it; of the rest so much as there is room for. */
function tellingRows(items: readonly TimelineItem[]): Postmortem['timeline'] {
  const telling = ({ lane, tone, tie }: TimelineItem) =>
    lane === 'flags' ||
    lane === 'firewall' ||
    lane === 'operators' ||
    lane === 'gaps' ||
    tone !== 'plain' ||
    tie !== undefined
  const first = items.filter(telling).slice(0, rowsMax)
  const rest = items.filter((item) => !telling(item)).slice(0, rowsMax - first.length)
  const shown = [...first, ...rest].sort((a, b) => a.atMs - b.atMs)
  return { items: shown, left: items.length - shown.length }
}

export function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`
}

/** `1.1 s`, `4 min 7 s`, `2 h 5 min`; a clock that disagrees shows as `−4.0 s`. */
export function spanInWords(ms: number): string {
  const seconds = Math.abs(ms) / 1_000
  const sign = ms < 0 ? '−' : ''
  if (seconds < 59.95) return `${sign}${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${sign}${minutes} min ${whole % 60} s`
  return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

// A postmortem as far as facts can write it: Markdown that a person goes on with. It says nothing that is not in the log, says what is missing,
// and quotes what an agent wrote as code. Pure.
import { isPage } from '../protocol/flag.ts'
import type { IncidentDetail, IncidentLogEntry } from '../protocol/incident.ts'
import type { IncidentTimeline, TimelineItem } from '../protocol/incident-timeline.ts'
import { inertText } from '../protocol/inert-text.ts'
import { csvOf } from './csv.ts'

const rowsMax = 300
const cellMax = 160

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
  /** Of the console, to link to it; without a slash at the end. */
  consoleUrl: string
  nowMs: number
}

export function postmortemOf(given: PostmortemGiven): string {
  const { incident, nowMs } = given
  const parts = [
    `# ${incident.incident}: ${plain(incident.title)}`,
    incident.isDrill ? '> **This was a drill.** It counts in no figure.' : '',
    facts(given),
    section('Summary', summary(incident)),
    section('Impact', impact(incident)),
    section('Delays', delays(incident)),
    section('What worked', bullets(worked(given), 'Nothing that the facts show.')),
    section('What did not', bullets(failed(given), 'Nothing that the facts show. What people missed is not in them.')),
    section('Classification', classification(incident)),
    section('Timeline', timeline(given)),
    section('Notes', notes(incident.log)),
    section('To do', '- [ ] (written by people)'),
    `---\n\nMade from the log at ${utc(nowMs)}. Times are UTC; what an agent wrote stands as \`code\`.`,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function facts({ incident, consoleUrl }: PostmortemGiven): string {
  const { severity, status, owner, sessions, hosts, resolvedAtMs, verdict } = incident
  return [
    `| | |`,
    `| --- | --- |`,
    `| Severity | ${severity.replace('sev', 'SEV ')} |`,
    `| Status | ${status}${resolvedAtMs === undefined ? '' : ` at ${utc(resolvedAtMs)}`}${verdict === undefined ? '' : `, judged ${verdict}`} |`,
    `| Owner | ${owner ? plain(owner.name) : 'nobody'} |`,
    `| Sessions | ${sessions.length === 0 ? 'none is known' : sessions.map((id) => code(id)).join(', ')} |`,
    `| Hosts | ${hosts.length === 0 ? 'none is known' : hosts.map((id) => code(id)).join(', ')} |`,
    `| In the console | ${consoleUrl}/incidents/${incident.incident} |`,
  ].join('\n')
}

function summary({ flags, because, sessions, hosts, flagCount, status }: IncidentDetail): string {
  const paged = flags.filter(({ severity }) => isPage(severity))
  const titles = [...new Set((paged.length > 0 ? paged : flags).map(({ title }) => plain(title)))]
  const where = `${count(sessions.length, 'session')} on ${count(hosts.length, 'host')}`
  return [
    `Opened by ${plain(because)}. ${count(flagCount, 'flag')} in ${where}; now it is ${status}.`,
    titles.length === 0 ? '' : `What was seen, in order:\n\n${titles.map((title) => `1. ${title}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function impact({ offTask, sessions, flags }: IncidentDetail): string {
  const destinations = [...new Set(flags.flatMap((flag) => flag.destinations))]
  return bullets(
    [
      offTask
        ? `${offTask.gpuHours.toFixed(2)} GPU-hours beside the task${offTask.usd === undefined ? ', at no known price' : `, $${offTask.usd.toFixed(2)}`}`
        : 'No GPU time beside the task is known: that none was spent is not proven',
      `${count(sessions.length, 'session')} touched`,
      destinations.length === 0
        ? 'No far end is named by a flag'
        : `Far ends: ${destinations
            .slice(0, 20)
            .map((each) => code(each))
            .join(', ')}${destinations.length > 20 ? ` and ${destinations.length - 20} more` : ''}`,
    ],
    '',
  )
}

function delays(incident: IncidentDetail): string {
  const { firstAtMs, detectedAtMs, acknowledgedAtMs, containedAtMs, resolvedAtMs } = incident
  const line = (what: string, from: number, to: number | undefined) =>
    `| ${what} | ${to === undefined ? 'not yet' : span(to - from)} | ${to === undefined ? '' : utc(to)} |`
  return [
    '| Step | took | at |',
    '| --- | --- | --- |',
    `| First evidence | | ${utc(firstAtMs)} (its source’s clock) |`,
    line('Detected, from the first evidence', firstAtMs, detectedAtMs),
    line('Acknowledged, from detection', detectedAtMs, acknowledgedAtMs),
    line('Contained as observed, from detection', detectedAtMs, containedAtMs),
    line('Resolved, from detection', detectedAtMs, resolvedAtMs),
  ].join('\n')
}

function worked({ incident, timeline: { items } }: PostmortemGiven): string[] {
  const found: string[] = []
  const { firstAtMs, detectedAtMs, containedAtMs } = incident
  found.push(`Detected ${span(detectedAtMs - firstAtMs)} after the first evidence`)
  const alerts = items.filter(({ lane }) => lane === 'firewall')
  const tied = alerts.filter(({ tie }) => tie !== undefined)
  if (tied.length > 0)
    found.push(`${tied.length} of ${count(alerts.length, 'firewall alert')} tied to the tool call behind it`)
  if (containedAtMs !== undefined)
    found.push(`Containment was read from the hosts ${span(containedAtMs - detectedAtMs)} after detection`)
  return found
}

function failed({ incident, timeline: { items, leftOut, sessionsLeftOut } }: PostmortemGiven): string[] {
  const found: string[] = []
  const { containedAtMs, acknowledgedAtMs, sessions, containedSessions } = incident
  if (acknowledgedAtMs === undefined) found.push('Nobody acknowledged it')
  if (containedAtMs === undefined)
    found.push(
      sessions.length === 0
        ? 'No session is known, so nothing could be contained'
        : `Not contained: ${containedSessions} of ${count(sessions.length, 'session')} seen held or ended`,
    )
  const untied = items.filter(({ lane, tie }) => lane === 'firewall' && tie === undefined)
  if (untied.length > 0) found.push(`${count(untied.length, 'firewall alert')} tied to no tool call`)
  for (const gap of items.filter(({ lane }) => lane === 'gaps').slice(0, 10))
    found.push(`Telemetry was missing at ${utc(gap.atMs)}: ${code(gap.label)}`)
  const controls = items.filter(({ kind, tone }) => kind === 'control.ended' && tone === 'critical')
  for (const control of controls.slice(0, 10))
    found.push(`A control did not hold at ${utc(control.atMs)}: ${code(control.label)}`)
  if (leftOut.length > 0 || sessionsLeftOut > 0)
    found.push(
      'This document does not hold every fact: there are more than it reads. The log and the evidence bundle do',
    )
  return found
}

function classification({ tactics, techniques }: IncidentDetail): string {
  const kinds = taxonomy.filter((kind) => kind.tactics.some((tactic) => tactics.includes(tactic)))
  const unsorted = tactics.filter((tactic) => !taxonomy.some((kind) => kind.tactics.includes(tactic)))
  return bullets(
    [
      `Taxonomy: ${kinds.length === 0 ? 'not classified' : kinds.map(({ name }) => name).join('; ')}`,
      `ATT&CK tactics: ${tactics.length === 0 ? 'none' : tactics.map(plain).join(', ')}${unsorted.length > 0 ? ` (of which no kind: ${unsorted.map(plain).join(', ')})` : ''}`,
      `ATT&CK techniques: ${techniques.length === 0 ? 'none' : techniques.map(plain).join(', ')}`,
    ],
    '',
  )
}

function timeline({ timeline: { items } }: PostmortemGiven): string {
  // Flags, alerts, controls and ties tell it; of the rest so much as there is room for.
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
  if (shown.length === 0) return 'No fact of its sessions is in the log any more.'
  const left = items.length - shown.length
  return [
    '| UTC | known | lane | what | by whose word |',
    '| --- | --- | --- | --- | --- |',
    ...shown.map(
      ({ atMs, seenAtMs, lane, label, trust }) =>
        `| ${utc(atMs)} | ${seenAtMs - atMs > 1_000 ? `${span(seenAtMs - atMs)} later` : 'at once'} | ${lane} | ${code(label)} | ${trust} |`,
    ),
    ...(left > 0 ? ['', `${left} more are in the timeline as CSV or JSON.`] : []),
  ].join('\n')
}

function notes(log: readonly IncidentLogEntry[]): string {
  const written = log.flatMap(({ atMs, by, change }) =>
    change.type === 'note' ? [{ atMs, by, text: change.text }] : [],
  )
  if (written.length === 0) return 'Nobody wrote a note.'
  return written
    .map(({ atMs, by, text }) => `**${by ? plain(by.name) : 'somebody'}**, ${utc(atMs)}:\n\n${quoted(text)}`)
    .join('\n\n')
}

/** Every row is a fact. */
export function timelineCsv({ items }: IncidentTimeline): string {
  const heads = [
    'at_utc',
    'end_utc',
    'seen_utc',
    'lane',
    'kind',
    'what',
    'detail',
    'trust',
    'session',
    'tied_to',
    'confidence',
  ]
  const rows = items.map((item) => [
    utc(item.atMs),
    item.endAtMs === undefined ? '' : utc(item.endAtMs),
    utc(item.seenAtMs),
    item.lane,
    item.kind,
    item.label,
    item.detail,
    item.trust,
    item.session ?? '',
    item.tie?.to ?? '',
    item.tie ? (item.tie.level ?? 'named') : '',
  ])
  return csvOf([heads, ...rows])
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`
}

function bullets(lines: readonly string[], otherwise: string): string {
  return lines.length === 0 ? otherwise : lines.map((line) => `- ${line}`).join('\n')
}

/** Our own words, or a rule's: nothing in them may become markup. */
function plain(text: string): string {
  return inertText(text, cellMax).replace(/[\\`*_{}[\]<>#|!~&]/g, (char) => `\\${char}`)
}

/** Anybody's words: in a code span whose fence is longer than any run of backticks in it. */
function code(text: string): string {
  const inert = inertText(text, cellMax).replaceAll('|', '¦')
  const longest = Math.max(0, ...[...inert.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = inert.startsWith('`') || inert.endsWith('`') || inert.trim() === '' ? ' ' : ''
  return `${fence}${pad}${inert}${pad}${fence}`
}

/** A person's Markdown, kept; a line of it cannot leave its quotation, and no HTML begins. */
function quoted(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `> ${inertText(line, 2_000).replaceAll('<', '\\<')}`)
    .join('\n')
}

function utc(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ')
}

function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`
}

function span(ms: number): string {
  const seconds = Math.abs(ms) / 1_000
  const sign = ms < 0 ? '−' : ''
  if (seconds < 60) return `${sign}${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${sign}${minutes} min ${Math.round(seconds % 60)} s`
  return `${sign}${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

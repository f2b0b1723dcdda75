// A postmortem as Markdown to take along: the facts, and what people wrote beside them, marked as theirs. What an agent wrote stands as
// code, so that nothing in it is markup wherever the file is opened. Pure.
import type { IncidentLogEntry } from '../protocol/incident.ts'
import type { TimelineItem } from '../protocol/incident-timeline.ts'
import { inertText } from '../protocol/inert-text.ts'
import type { FactLine, Postmortem } from '../protocol/postmortem.ts'
import { type PostmortemSection, sectionParts, sectionTextMax } from '../protocol/postmortem-section.ts'
import { count, spanInWords } from './postmortem-facts.ts'
import { utc } from './timeline-csv.ts'

const cellMax = 160
/** What two clocks and the way may differ by without anything to say of it. */
const clockToleranceMs = 1_000

export function postmortemMarkdown(of: Postmortem): string {
  const { incident, madeAtMs } = of
  const both = (facts: string, section: PostmortemSection) =>
    [facts, people(of, section)].filter((part) => part !== '').join('\n\n')
  const alone = (section: PostmortemSection) => people(of, section) || 'Nobody wrote this yet.'
  const parts = [
    `# ${incident.incident}: ${plain(incident.title)}`,
    incident.isDrill ? '> **This was a drill.** It counts in no figure.' : '',
    heading(of),
    section('Summary', both(summary(of), 'summary')),
    section('Impact', impact(of)),
    section('Delays', delays(of)),
    section('What worked', both(bullets(of.worked, 'Nothing that the facts show.'), 'worked')),
    section(
      'What did not',
      both(bullets(of.failed, 'Nothing that the facts show. What people missed is not in them.'), 'failed'),
    ),
    section('Causes', alone('causes')),
    section('Follow-ups', alone('followUps')),
    section('Classification', classification(of)),
    section('Timeline', timeline(of)),
    section('Notes', notes(of.notes)),
    `---\n\nMade from the log at ${utc(madeAtMs)}. Times are UTC; what an agent wrote stands as \`code\`.`,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function heading({ incident: of, consoleUrl }: Postmortem): string {
  const { incident, severity, owner, sessions, hosts, resolvedAtMs, verdict } = of
  return [
    `| | |`,
    `| --- | --- |`,
    `| Severity | ${severity.replace('sev', 'SEV ')} |`,
    `| Status | ${standing(of)}${resolvedAtMs === undefined ? '' : ` at ${utc(resolvedAtMs)}`}${verdict === undefined ? '' : `, judged ${verdict}`} |`,
    `| Owner | ${owner ? plain(owner.name) : 'nobody'} |`,
    `| Sessions | ${sessions.length === 0 ? 'none is known' : sessions.map((id) => code(id)).join(', ')} |`,
    `| Hosts | ${hosts.length === 0 ? 'none is known' : hosts.map((id) => code(id)).join(', ')} |`,
    `| In the console | ${consoleUrl}/incidents/${incident}/postmortem |`,
  ].join('\n')
}

/** What was merged is over here and is not resolved: it is written where it goes on. */
function standing({ status, mergedInto }: Postmortem['incident']): string {
  return mergedInto === undefined ? status : `goes on as a part of ${mergedInto}`
}

function summary({ seen, incident }: Postmortem): string {
  const { because, sessions, hosts, flagCount, mergedInto } = incident
  const where = `${count(sessions.length, 'session')} on ${hosts.length === 0 ? 'no known host' : count(hosts.length, 'host')}`
  return [
    `Opened by ${plain(because)}. ${count(flagCount, 'flag')} in ${where}. ${mergedInto === undefined ? `Now it is ${standing(incident)}` : `It ${standing(incident)}, and is written there`}.`,
    seen.length === 0 ? '' : `What was seen, in order:\n\n${seen.map((title) => `1. ${plain(title)}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function impact({ incident: { offTask, sessions, moreSessions }, farEnds }: Postmortem): string {
  const cost = offTask?.usd === undefined ? 'at no known price' : `$${offTask.usd.toFixed(2)}`
  const more = farEnds.left > 0 ? ` and ${farEnds.left} more` : ''
  return [
    offTask
      ? `- ${offTask.gpuHours.toFixed(2)} GPU-hours beside the task, ${cost}`
      : '- No GPU time beside the task is known: that none was spent is not proven',
    `- ${moreSessions ? 'More than ' : ''}${count(sessions.length, 'session')} touched`,
    farEnds.named.length === 0
      ? '- No far end is named by a flag'
      : `- Far ends: ${farEnds.named.map(code).join(', ')}${more}`,
  ].join('\n')
}

function delays({ delays: lines }: Postmortem): string {
  return [
    '| Step | took | at |',
    '| --- | --- | --- |',
    ...lines.map(
      ({ what, tookMs, atMs, instead = '' }) =>
        `| ${what} | ${tookMs === undefined ? instead : spanInWords(tookMs)} | ${atMs === undefined ? '' : utc(atMs)} |`,
    ),
  ].join('\n')
}

function classification({ kinds, unsorted, incident: { tactics, techniques } }: Postmortem): string {
  const named = kinds.filter((kind) => kind.tactics.length > 0).map(({ name }) => name)
  return [
    `- Taxonomy: ${named.length === 0 ? 'not classified' : named.join('; ')}`,
    `- ATT&CK tactics: ${tactics.length === 0 ? 'none' : tactics.map(plain).join(', ')}${unsorted.length > 0 ? ` (of which no kind: ${unsorted.map(plain).join(', ')})` : ''}`,
    `- ATT&CK techniques: ${techniques.length === 0 ? 'none' : techniques.map(plain).join(', ')}`,
  ].join('\n')
}

function timeline({ timeline: { items, left } }: Postmortem): string {
  if (items.length === 0) return 'No fact of its sessions is in the log any more.'
  return [
    '| UTC | known | lane | what | by whose word |',
    '| --- | --- | --- | --- | --- |',
    ...items.map(
      ({ atMs, seenAtMs, lane, label, trust }) =>
        `| ${utc(atMs)} | ${known(seenAtMs - atMs)} | ${lane} | ${code(label)} | ${trust} |`,
    ),
    ...(left > 0 ? ['', `${left} more are in the timeline as CSV or JSON.`] : []),
  ].join('\n')
}

function known(laterMs: number): string {
  if (laterMs < -clockToleranceMs) return `its clock is ${spanInWords(-laterMs)} ahead`
  return laterMs > clockToleranceMs ? `${spanInWords(laterMs)} later` : 'at once'
}

/** What somebody wrote, with their name; what they cite is told with who vouches for it. */
function people(of: Postmortem, wanted: PostmortemSection): string {
  const written = of.written.find(({ section, text }) => section === wanted && text.trim() !== '')
  if (!written) return ''
  const { by, atMs, version, text } = written
  const parts = sectionParts(text).map((part) =>
    part.type === 'text' ? quoted(part.text) : `> - ${evidence(part.id, of.cited)}`,
  )
  return `**Written by ${plain(by.name)}**, ${utc(atMs)}, version ${version}:\n\n${parts.join('\n>\n')}`
}

function evidence(id: string, cited: readonly TimelineItem[]): string {
  const item = cited.find((each) => each.id === id)
  return item
    ? `Evidence, ${item.lane}, ${utc(item.atMs)}, by the word of ${item.trust}: ${code(item.label)}`
    : `Evidence ${code(id)}: not in the timeline that this document reads`
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

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`
}

function bullets(lines: readonly FactLine[], otherwise: string): string {
  if (lines.length === 0) return otherwise
  return lines
    .map(({ says, atMs, quotes = [] }) => {
      const at = atMs === undefined ? '' : ` at ${utc(atMs)}`
      return `- ${says}${at}${quotes.length === 0 ? '' : `: ${quotes.map(code).join(', ')}`}`
    })
    .join('\n')
}

/** Our own words, a rule's or a name: nothing in them may become markup. What a reader would make a link of by itself stands as code. */
function plain(text: string): string {
  if (/:\/\/|www\.|@/i.test(text)) return code(text)
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

/** A person's Markdown, kept; a line of it cannot leave its quotation, no HTML begins, and nothing is fetched by looking at it. */
function quoted(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `> ${withoutHtml(inertText(line, sectionTextMax)).replaceAll('![', '!\\[')}`)
    .join('\n')
}

/** A backslash of theirs before our own would make text of that, and markup again of what follows: only where theirs are even, one is added. */
function withoutHtml(text: string): string {
  return text.replace(/(\\*)</g, (all, theirs: string) => (theirs.length % 2 === 1 ? all : `${theirs}\\<`))
}

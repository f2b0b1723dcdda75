// The timeline as a table for a spreadsheet. Every row is a fact. Pure.
import type { IncidentTimeline } from '../protocol/incident-timeline.ts'
import { inertText } from '../protocol/inert-text.ts'
import { cutText } from '../protocol/text.ts'
import { csvOf } from './csv.ts'

const labelMax = 160
const detailMax = 800

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
    inertText(item.label, labelMax),
    linesOf(item.detail),
    item.trust,
    item.session ?? '',
    item.tie?.to ?? (item.tiedBeyond ? 'an action that is not here' : ''),
    item.tie ? (item.tie.level ?? 'named') : '',
  ])
  return csvOf([heads, ...rows])
}

/** The lines are ours as well as theirs, and a cell may have several. */
function linesOf(detail: string): string {
  const lines = detail.split('\n').map((line) => inertText(line, detailMax))
  return cutText(lines.join('\n'), detailMax)
}

export function utc(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ')
}

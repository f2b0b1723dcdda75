// The timeline as a table for a spreadsheet. Every row is a fact. Pure.
import type { IncidentTimeline } from '../protocol/incident-timeline.ts'
import { csvOf } from './csv.ts'

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
    item.tie?.to ?? (item.tiedBeyond ? 'an action that is not here' : ''),
    item.tie ? (item.tie.level ?? 'named') : '',
  ])
  return csvOf([heads, ...rows])
}

export function utc(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ')
}

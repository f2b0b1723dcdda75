// A drill's report, for a person at a terminal. Pure.
import { type DrillOutcome, type DrillReport, drillDelays, drillOf } from '../../server/protocol/drill.ts'
import { visible } from '../terminal-text.ts'

const outcomes: Record<DrillOutcome, string> = {
  contained: 'contained, as read from a receipt',
  decided: 'everything that was asked was answered',
  'not-contained': 'NOT contained before it ended',
  cancelled: 'cancelled',
  failed: 'FAILED',
}

export function secondsText(ms: number | undefined): string {
  return ms === undefined ? 'not measured' : `${(ms / 1_000).toFixed(1)} s`
}

export function reportText(report: DrillReport): string {
  const { detectMs, acknowledgeMs, containMs } = drillDelays(report)
  const { containedBy: by } = report
  const lines = [
    `Drill ${report.drill}: ${drillOf(report.drill).title}`,
    `Session ${report.session}; ${outcomes[report.outcome]}.`,
    '',
    'From the first evidence on:',
    `  detected      ${secondsText(detectMs)}`,
    `  acknowledged  ${secondsText(acknowledgeMs)}`,
    `  contained     ${secondsText(containMs)}${by ? ` (${by.action} by ${visible(by.by)}: "${visible(by.observed)}")` : ''}`,
    '',
    ...report.checks.map(
      ({ what, seen, detail }) =>
        `  ${seen ? 'seen' : 'NOT SEEN'}  ${visible(what)}${detail ? ` (${visible(detail)})` : ''}`,
    ),
    '',
    ...report.notes.map((note) => `Note: ${visible(note)}`),
    report.left.length === 0 ? 'Nothing was left behind.' : `LEFT BEHIND: ${report.left.map(visible).join('; ')}`,
  ]
  return `${lines.join('\n')}\n`
}

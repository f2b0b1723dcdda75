// What is said of a drill and its report. Pure.
import type { DrillOutcome, DrillView } from '../../server/protocol/drill.ts'
import { drillDelays } from '../../server/protocol/drill.ts'
import { spanText } from '../ui/format-time.ts'

export const outcomeWords: Record<DrillOutcome, string> = {
  contained: 'Contained, as read from a receipt',
  decided: 'All was answered',
  'not-contained': 'Not contained before it ended',
  cancelled: 'Cancelled',
  failed: 'Failed',
}

/** What became of it, in a few words. */
export function drillState(view: DrillView): string {
  if (view.report) return outcomeWords[view.report.outcome]
  if (view.state === 'running') return 'Running'
  return view.problem ?? 'It wrote no report'
}

/** From the first evidence on, each in its own words; what was not measured says so. */
export function drillTimes(view: DrillView): { name: string; text: string }[] {
  if (!view.report) return []
  const { detectMs, acknowledgeMs, containMs } = drillDelays(view.report)
  const said = (ms: number | undefined) => (ms === undefined ? 'not measured' : `after ${spanText(ms)}`)
  return [
    { name: 'Detected', text: said(detectMs) },
    { name: 'Acknowledged', text: said(acknowledgeMs) },
    { name: 'Contained', text: said(containMs) },
  ]
}

/** The button of a drill. */
export function runWords(title: string): string {
  return title === 'The ROME incident' ? 'Run the ROME drill' : `Run “${title}”`
}

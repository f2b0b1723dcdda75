// When something was heard, as a strip with its gaps: full height heard, a low line nothing, dotted where nobody listened.
import { dayStepMs, type HeardView, hourStepMs } from '../../server/protocol/source-view.ts'
import { gapsText } from './source-words.ts'

const minuteMs = 60_000

export function HeardStrips({ heard }: { heard: HeardView }) {
  return (
    <div className="grid gap-2 sm:grid-cols-2">
      <Strip name="last hour" steps={heard.hour} stepMinutes={hourStepMs / minuteMs} />
      <Strip name="last 24 hours" steps={heard.day} stepMinutes={dayStepMs / minuteMs} />
    </div>
  )
}

function Strip({ name, steps, stepMinutes }: { name: string; steps: string; stepMinutes: number }) {
  const words = `${name}: ${gapsText(steps, stepMinutes)}`
  return (
    <div className="min-w-0">
      <svg
        role="img"
        aria-label={words}
        viewBox={`0 0 ${steps.length} 10`}
        preserveAspectRatio="none"
        className="h-3 w-full rounded-sm bg-raised"
      >
        <path d={barsOf(steps, '1', 0, 10)} className="fill-ok" />
        <path d={barsOf(steps.slice(0, -1), '0', 7, 3)} className="fill-warn" />
        <path d={barsOf(steps, '?', 9, 1)} className="fill-line-strong" />
      </svg>
      <p className="text-xs text-muted">{words}</p>
    </div>
  )
}

function barsOf(steps: string, of: string, top: number, height: number): string {
  let path = ''
  for (let at = 0; at < steps.length; at += 1) if (steps[at] === of) path += `M${at} ${top}h1v${height}h-1z`
  return path
}

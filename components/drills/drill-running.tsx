'use client'
// The drill that runs now: what it did so far, where to look, and the way to end it. It is read from the server, so a reload loses nothing.
import Link from 'next/link'
import { useState } from 'react'
import { z } from 'zod'
import { type DrillView, drillOf } from '../../server/protocol/drill.ts'
import { useWhyNotControl } from '../containment/use-role.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'

const Done = z.object({ done: z.literal(true) })
const linesShown = 12

export function DrillRunning({ view, again }: { view: DrillView; again: () => unknown }) {
  const whyNot = useWhyNotControl()
  const [problem, setProblem] = useState<ApiProblem>()
  const [isCancelling, setCancelling] = useState(false)
  const { title, task } = drillOf(view.drill)
  const cancel = async () => {
    if (whyNot !== undefined || isCancelling) return
    setCancelling(true)
    const answer = await apiCall('POST', `/api/drills/${view.id}/cancel`, Done)
    if (answer.problem) setCancelling(false)
    setProblem(answer.problem)
    again()
  }
  return (
    <section aria-label="Running drill" className="border-b bg-info/5 px-4 py-3 max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="font-semibold">{title}</h2>
        <p className="text-muted">
          Running since {clockText(view.startedAtMs)}, started by <HostileText text={view.by} max={80} />
        </p>
        {view.session !== undefined && (
          <Link className="text-info hover:underline" href={`/sessions/${encodeURIComponent(view.session)}`}>
            Open its session
          </Link>
        )}
        <Button
          look="quiet"
          className="ml-auto max-md:h-11"
          aria-disabled={whyNot !== undefined || isCancelling}
          title={whyNot}
          onClick={() => void cancel()}
        >
          {isCancelling ? 'Clearing away' : 'Cancel the drill'}
        </Button>
      </div>
      <p className="mt-1 text-pretty">Your part: {task}</p>
      {problem && <ProblemLine problem={problem} />}
      <ol aria-label="What it did" className="mt-2 font-mono text-sm">
        {view.progress.slice(-linesShown).map(({ atMs, text }) => (
          <li key={`${atMs} ${text}`} className="flex gap-3">
            <span className="shrink-0 text-muted">{clockText(atMs)}</span>
            <HostileText text={text} max={400} className="min-w-0 break-words" />
          </li>
        ))}
      </ol>
    </section>
  )
}

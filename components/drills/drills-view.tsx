'use client'
// The room of drills: the one that runs, what can be run, and the reports of those before.
import { useRef } from 'react'
import { DrillsAnswer, drills } from '../../server/protocol/drill.ts'
import { useWatch } from '../live/live-context.tsx'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { DrillRunning } from './drill-running.tsx'
import { PastDrill } from './past-drill.tsx'
import { RunDrillButton } from './run-drill-button.tsx'

const lookEveryMs = 2_000

export function DrillsView() {
  useWatch({ view: 'live' })
  const { value, problem, again } = useListed('/api/drills', DrillsAnswer, true, lookEveryMs)
  const list = useRef<HTMLUListElement>(null)
  useRowKeys({ list })
  if (!value) return <NothingYet what="which drills there are" problem={problem} again={again} />
  const why = value.cannotRun ?? (value.running && 'A drill is running: one at a time.')
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <AskAgain problem={problem} again={again} />
      {value.running && <DrillRunning view={value.running} again={again} />}
      <section aria-label="What can be rehearsed" className="border-b px-4 py-3 max-md:px-3">
        <p className="max-w-prose text-pretty text-muted">
          A drill starts real processes on the server’s own machine, on loopback or in a network namespace that it
          makes. It mines nothing, exploits nothing, leaves nothing behind, and times how long it takes to contain it.
        </p>
        {value.limits.map((limit) => (
          <p key={limit} className="mt-1 text-pretty text-warn">
            {limit}
          </p>
        ))}
        <ul aria-label="Drills" className="mt-3 divide-y rounded-lg border bg-panel">
          {drills.map((drill) => (
            <li key={drill.name} className="grid gap-1 px-3 py-3">
              <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
                <h2 className="font-medium">{drill.title}</h2>
                <code className="font-mono text-sm text-muted">vigil drill {drill.name}</code>
                <span className="font-mono text-sm text-muted">{drill.techniques.join(' ')}</span>
                <span className="text-sm text-muted">evidence within {drill.evidenceSeconds} s</span>
              </div>
              <p className="max-w-prose text-pretty">{drill.does}</p>
              <p className="max-w-prose text-pretty text-muted">
                Expect: {drill.expect} Your part: {drill.task}
              </p>
              <p className="max-w-prose text-pretty text-sm text-muted">Needs: {drill.needs}.</p>
              <RunDrillButton drill={drill} why={why} onStarted={again} />
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Past drills">
        <h2 className="px-4 pt-3 pb-1 font-medium max-md:px-3">Past drills</h2>
        {value.past.length === 0 && (
          <p className="px-4 pb-4 text-muted max-md:px-3">None yet: their reports stay here, and in the audit.</p>
        )}
        <ul ref={list} aria-label="Past drills, newest first">
          {value.past.map((view) => (
            <PastDrill key={view.id} view={view} />
          ))}
        </ul>
      </section>
    </div>
  )
}

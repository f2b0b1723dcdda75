'use client'
import { useFleet } from '../live/live-context.tsx'
// The upper part of Live's right side: what needs a decision, beside the sessions.
import { ProblemLine } from '../settings/section.tsx'
import { useApprovals } from './use-approvals.ts'
import { WaitingHere } from './waiting-here.tsx'

export function WaitingColumn() {
  const mark = useFleet()?.approvals
  // The mark names the newest approval that is in memory; empty where there was none.
  const any = mark !== undefined && !mark.mark.startsWith(' ')
  const { approvals, problem, decide, unheard } = useApprovals(undefined, any)
  const waiting = any ? mark.waiting : 0
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label="Decisions"
      className="flex max-h-[calc(100%-200px)] shrink-0 flex-col overflow-y-auto border-b outline-offset-[-2px]"
    >
      <div className="sticky top-0 z-10 flex h-10 shrink-0 items-center gap-2 border-b bg-canvas px-4">
        <h2 className="font-medium">Needs a decision</h2>
        <span className={waiting > 0 ? 'font-medium text-warn' : 'text-muted'}>{waiting}</span>
        {waiting > 0 && <span className="ml-auto text-sm text-muted">soonest to expire first</span>}
      </div>
      <div className="px-3 py-3">
        <ProblemLine problem={problem} />
        {any && approvals && <WaitingHere approvals={approvals} unheard={unheard} decide={decide} />}
        {waiting === 0 && (
          <p className="px-1 py-2 text-muted">
            {mark === undefined ? 'Asking what waits.' : 'Nothing waits. What is held next appears here by itself.'}
          </p>
        )}
      </div>
    </section>
  )
}

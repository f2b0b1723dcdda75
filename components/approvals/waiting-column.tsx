'use client'
import { useFleet } from '../live/live-context.tsx'
// Live's right column: what needs a decision, beside the sessions. It is there from the first approval on, so that the table does not
// change its width each time something is held.
import { ProblemLine } from '../settings/section.tsx'
import { useApprovals } from './use-approvals.ts'
import { WaitingHere } from './waiting-here.tsx'

export function WaitingColumn() {
  const mark = useFleet()?.approvals
  // The mark names the newest approval that is in memory; empty where there was none.
  const any = mark !== undefined && !mark.mark.startsWith(' ')
  const { approvals, problem, decide, unheard } = useApprovals(undefined, any)
  if (!any) return null
  const waiting = mark.waiting
  return (
    <aside
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      aria-label="Decisions"
      className="flex w-[384px] shrink-0 flex-col overflow-y-auto border-l outline-offset-[-2px]"
    >
      <div className="sticky top-0 z-10 flex h-10 shrink-0 items-center gap-2 border-b bg-canvas px-4">
        <h2 className="font-medium">Needs a decision</h2>
        <span className={waiting > 0 ? 'font-medium text-warn' : 'text-muted'}>{waiting}</span>
        {waiting > 0 && <span className="ml-auto text-sm text-muted">soonest to expire first</span>}
      </div>
      <div className="px-3 py-3">
        <ProblemLine problem={problem} />
        {approvals && <WaitingHere approvals={approvals} unheard={unheard} decide={decide} />}
        {waiting === 0 && (
          <p className="px-1 py-2 text-muted">Nothing waits. What is held next appears here by itself.</p>
        )}
      </div>
    </aside>
  )
}

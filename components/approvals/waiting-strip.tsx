'use client'
// That actions wait for a person, and their cards in place: on a session's page, and on Live where there is no room for a column.
import { ChevronDown, ChevronRight, ChevronUp, Hourglass } from 'lucide-react'
import Link from 'next/link'
import { useId, useState } from 'react'
import { useFleet } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { Button } from '../ui/button.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { countdownText, heading, titleOf } from './approval-words.ts'
import { useApprovals } from './use-approvals.ts'
import { WaitingHere } from './waiting-here.tsx'

/** `session`: of this one alone; otherwise of all. */
export function WaitingStrip({ session, stale }: { session?: string; stale: boolean }) {
  const any = (useFleet()?.approvals.waiting ?? 0) > 0
  const [open, setOpen] = useState(false)
  const { approvals, decide, unheard } = useApprovals(session, any || open)
  const body = useId()
  const waiting = approvals?.filter((each) => !each.decided) ?? []
  const [first] = waiting
  const now = useNow(first && !stale ? 1_000 : undefined)
  // What was decided here stays to be read until it is put away by hand.
  if (!open && (!any || !first || (!stale && now >= first.expiresAtMs && waiting.length === 1))) return null
  return (
    <section aria-label="Waiting for a person" className="shrink-0 border-b border-warn/30">
      <div className="flex min-h-10 flex-wrap items-center gap-x-4 gap-y-1 bg-warn/8 px-5 py-1.5 max-md:px-3">
        <span className="flex items-center gap-2 font-medium text-warn">
          <Hourglass aria-hidden className="size-4" /> {heading(waiting.length)}
        </span>
        {first && !open && (
          <>
            <HostileText text={titleOf(first)} max={160} className="min-w-0 truncate" />
            <span className="text-muted">
              {stale
                ? `${unheard ?? 'not connected'}: nobody knows whether it still waits`
                : `denies itself in ${countdownText(first.expiresAtMs - now)}`}
            </span>
          </>
        )}
        <span className="ml-auto flex items-center gap-3">
          <Link
            href="/approvals"
            className="inline-flex items-center gap-0.5 text-muted underline-offset-2 hover:underline max-md:h-11"
          >
            Approvals <ChevronRight aria-hidden className="size-3.5" />
          </Link>
          <Button className="max-md:h-11" aria-expanded={open} aria-controls={body} onClick={() => setOpen(!open)}>
            {open ? (
              <>
                <ChevronUp aria-hidden /> Put away
              </>
            ) : (
              <>
                <ChevronDown aria-hidden /> Decide here
              </>
            )}
          </Button>
        </span>
      </div>
      {open && (
        <div id={body} className="max-h-[68dvh] overflow-y-auto px-5 py-3 max-md:px-3">
          <div className="max-w-2xl">
            <WaitingHere approvals={approvals ?? []} unheard={unheard} decide={decide} />
          </div>
        </div>
      )}
    </section>
  )
}

'use client'
// On a session's page: that some of its actions wait for a person, and the way to them.
import { ChevronRight, Hourglass } from 'lucide-react'
import Link from 'next/link'
import { useNow } from '../live/use-now.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { countdownText, heading, titleOf } from './approval-words.ts'
import { useWaitingOf } from './use-approvals.ts'

export function WaitingStrip({ session, stale }: { session: string; stale: boolean }) {
  const { count, first } = useWaitingOf(session)
  const now = useNow(first && !stale ? 1_000 : undefined)
  if (!first || (!stale && now >= first.expiresAtMs && count === 1)) return null
  return (
    <section
      aria-label="Waiting for a person"
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-warn/30 bg-warn/8 px-5 py-1.5 max-md:px-3"
    >
      <span className="flex items-center gap-2 font-medium text-warn">
        <Hourglass aria-hidden className="size-4" /> {heading(count)}
      </span>
      <HostileText text={titleOf(first)} max={160} className="min-w-0 truncate" />
      <span className="text-muted">
        {stale
          ? 'not connected: nobody knows whether it still waits'
          : `denies itself in ${countdownText(first.expiresAtMs - now)}`}
      </span>
      <Link
        href={`/approvals?open=${encodeURIComponent(first.approval)}`}
        className="ml-auto inline-flex items-center gap-0.5 font-medium underline-offset-2 hover:underline max-md:h-11"
      >
        Decide <ChevronRight aria-hidden className="size-3.5" />
      </Link>
    </section>
  )
}

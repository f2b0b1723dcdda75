'use client'
// What the agent started just before: the nearest thing to a reason that is on record. Its own words, and only as many as a glance takes.
import Link from 'next/link'
import { useMemo } from 'react'
import { z } from 'zod'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { EventView } from '../../server/protocol/browser-messages.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useListed } from '../settings/use-listed.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import { startedBefore } from './started-before.ts'

const Page = z.object({ events: z.array(EventView) })
const againMs = 30_000

export function JustBefore({ approval }: { approval: ApprovalView }) {
  const { session } = approval
  const path = `/api/sessions/${encodeURIComponent(session)}/events?kinds=action.started&limit=5`
  const { value, problem } = useListed(path, Page, true, againMs)
  const lines = useMemo(() => value && startedBefore(value.events, approval), [value, approval])
  return (
    <section aria-label="Just before">
      <h3 className="flex items-center gap-2 text-sm text-muted">
        Just before <AgentMark />
      </h3>
      <ProblemLine problem={problem} />
      {lines?.length === 0 && (
        <p className="mt-1.5 text-muted">
          {value?.events.length === 0
            ? 'No action of it was reported: this is the first that is known.'
            : 'None of its five newest actions came before this.'}{' '}
          <Link href={sessionPath(session)} className="text-info underline underline-offset-2">
            Its activity
          </Link>
        </p>
      )}
      <ol className="facts mt-1.5 grid gap-1.5">
        {lines?.map(({ id, atMs, tool, text }) => (
          <li key={id} className="flex min-w-0 items-baseline gap-3 font-mono text-sm">
            <time dateTime={new Date(atMs).toISOString()} className="shrink-0 text-muted">
              {clockText(atMs)}
            </time>
            <HostileText text={tool} max={40} className="shrink-0 text-muted" />
            <HostileText text={text} max={300} className="min-w-0 truncate" />
          </li>
        ))}
      </ol>
    </section>
  )
}

'use client'
// What rules say of the sessions, newest first: page-level flags and warnings. Rows keep their place under a hand; a flood is a bounded list.
import { Repeat } from 'lucide-react'
import Link from 'next/link'
import { useMemo, useState } from 'react'
import { z } from 'zod'
import { FlagView } from '../../server/protocol/flag-view.ts'
import { DrillBadge } from '../drills/drill-badge.tsx'
import { useHold } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { SeverityWord } from '../rules/rule-marks.tsx'
import { AskAgain } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { agoText, clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type FlagGroup, flagGroups, followGroups } from './flag-groups.ts'
import { sessionPath } from './session-path.ts'

const Flags = z.object({ flags: z.array(FlagView), nextBefore: z.number().nullable() })
const path = '/api/flags?minSeverity=medium&limit=200'
const againMs = 3_000

/** `may` false: nothing is asked. */
export function useFlagged(may = true) {
  const { value, problem, again } = useListed(path, Flags, may, againMs)
  const grouped = useMemo(() => value && flagGroups(value.flags), [value])
  return { grouped, isCut: value?.nextBefore != null, problem, again }
}

type Props = ReturnType<typeof useFlagged>

export function FlaggedList({ grouped, isCut, problem, again }: Props) {
  const { held } = useHold()
  const [kept, setKept] = useState<readonly FlagGroup[]>()
  const [isOver, setIsOver] = useState(false)
  const isStill = held || isOver
  const newest = grouped?.groups ?? []
  if (isStill && kept === undefined && grouped) setKept(newest)
  if (!isStill && kept !== undefined) setKept(undefined)
  const shown = isStill && kept ? followGroups(kept, newest) : { groups: newest, waiting: 0 }
  return (
    <div
      onPointerEnter={(event) => event.pointerType === 'mouse' && setIsOver(true)}
      onPointerLeave={() => setIsOver(false)}
    >
      <AskAgain problem={problem} again={again} className="px-1" />
      {shown.waiting > 0 && (
        <button
          type="button"
          onClick={() => setKept(newest)}
          className="mb-2 h-6 rounded-md bg-info/12 px-2 text-sm font-medium text-info hover:bg-info/20 max-md:h-11"
        >
          {plural(shown.waiting, 'new one', 'new ones')} · show
        </button>
      )}
      {!grouped && !problem && <p className="px-1 py-2 text-muted">Asking what is flagged</p>}
      {grouped && shown.groups.length === 0 && (
        <p className="px-1 py-2 text-pretty text-muted">
          No rule has said anything worse than a note
          {grouped.judged > 0 && ` but ${plural(grouped.judged, 'flag')} that people called noise or a drill`}. Notes
          are on each session’s page; <RulesLink>which rules look</RulesLink> is under Rules.
        </p>
      )}
      <ul className="facts grid grid-cols-[minmax(0,1fr)] gap-2">
        {shown.groups.map((group) => (
          <FlagCard key={group.key} group={group} />
        ))}
      </ul>
      {grouped && (grouped.more > 0 || isCut) && (
        <p className="px-1 pt-2 text-sm text-muted">
          {grouped.more > 0 && `${plural(grouped.more, 'group')} more. `}
          {isCut && 'Only the newest 200 flags are read here. '}
          <RulesLink>All, by rule</RulesLink>
        </p>
      )}
    </div>
  )
}

function RulesLink({ children }: { children: string }) {
  return (
    <Link href="/rules" prefetch={false} className="underline underline-offset-2 hover:text-ink">
      {children}
    </Link>
  )
}

function FlagCard({ group: { flag, count, firstAtMs, isPage, matched } }: { group: FlagGroup }) {
  const now = useNow(10_000)
  const { session, host } = flag
  const body = (
    <>
      <span className="flex items-baseline gap-2">
        <SeverityWord severity={flag.severity} className="text-sm" />
        <HostileText text={flag.title} max={140} className="min-w-0 truncate font-medium" />
        {count > 1 && (
          <span
            title={`${plural(count, 'time')} since ${dateTimeText(firstAtMs)}`}
            className="ml-auto inline-flex shrink-0 items-baseline gap-1 text-sm text-muted"
          >
            <Repeat aria-hidden className="size-3 self-center" /> {count}
            <span className="sr-only"> times</span>
          </span>
        )}
      </span>
      {matched !== '' && (
        <HostileText text={matched} max={160} className="mt-0.5 block truncate font-mono text-sm text-muted" />
      )}
      <span className="mt-0.5 flex min-w-0 gap-2 text-sm text-muted">
        {flag.session !== undefined && <DrillBadge session={flag.session} />}
        <span className="truncate font-mono">{session ?? 'no session'}</span>
        {host !== undefined && <span className="truncate font-mono">{host}</span>}
        <time dateTime={new Date(flag.atMs).toISOString()} title={dateTimeText(flag.atMs)} className="ml-auto shrink-0">
          {now - flag.atMs < 3_600_000 ? agoText(now - flag.atMs) : clockText(flag.atMs)}
        </time>
      </span>
    </>
  )
  const look = classNames(
    'block min-w-0 rounded-lg border px-3 py-2',
    isPage ? 'border-critical/45 bg-critical/6' : 'bg-panel',
  )
  return (
    <li className="min-w-0">
      {session === undefined ? (
        <div className={look}>{body}</div>
      ) : (
        <Link
          href={`${sessionPath(session)}?event=${flag.seq}`}
          prefetch={false}
          className={classNames(look, 'outline-offset-2 hover:border-line-strong', isPage && 'hover:border-critical')}
        >
          {body}
        </Link>
      )}
    </li>
  )
}

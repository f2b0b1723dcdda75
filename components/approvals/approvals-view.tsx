'use client'
// The room of approvals: the lists on the left, the one that is read in the middle, whose it is on the right.
import { SearchX } from 'lucide-react'
import Link from 'next/link'
import { parseAsInteger, parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { useWatch } from '../live/live-context.tsx'
import { ProblemLine } from '../settings/section.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { classNames } from '../ui/class-names.ts'
import { Notice } from '../ui/notice.tsx'
import { isWithin, timeWindowOf } from '../ui/time-window.ts'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { WindowNote } from '../ui/window-note.tsx'
import { ApprovalAside } from './approval-aside.tsx'
import { ApprovalCard } from './approval-card.tsx'
import { ApprovalList } from './approval-list.tsx'
import { listsOf, neighbourOf } from './list-order.ts'
import { NoApprovals } from './no-approvals.tsx'
import { alikeOf } from './shape.ts'
import { useApprovals } from './use-approvals.ts'

const nobody: readonly ApprovalView[] = []

export function ApprovalsView() {
  // Whose action it is comes with the rows.
  useWatch({ view: 'live' })
  const { approvals, problem, decide, unheard } = useApprovals()
  const [open, setOpen] = useQueryState('open', parseAsString.withOptions({ scroll: false }))
  const isNarrow = useIsNarrow()
  const [still, setStill] = useState<readonly string[]>()
  const [kept, setKept] = useState<string>()
  const [span, setSpan] = useQueryStates({ from: parseAsInteger, to: parseAsInteger }, { scroll: false })
  const asked = timeWindowOf(span)
  const [fromMs, toMs] = [asked?.fromMs, asked?.toMs]
  const all = useMemo(() => {
    const within = fromMs === undefined || toMs === undefined ? undefined : { fromMs, toMs }
    // Of those that were decided: what waits is shown whatever a link says.
    return (approvals ?? nobody).filter(({ decided, askedAtMs }) => !decided || isWithin(within, askedAtMs))
  }, [approvals, fromMs, toMs])
  const selected = all.find((each) => each.approval === open)
  // What was seen waiting keeps its place for as long as it is read, decided or not.
  if (selected && !selected.decided && kept !== selected.approval) setKept(selected.approval)
  const lists = useMemo(() => {
    const stays = new Set(still)
    if (kept !== undefined && kept === open) stays.add(kept)
    return listsOf(all, stays, still)
  }, [all, still, kept, open])
  const alike = useMemo(() => alikeOf(all), [all])
  const select = useCallback(
    // On a phone it is a page of its own, and Back leads to the list.
    (id: string | null) => void setOpen(id, { history: isNarrow && id !== null ? 'push' : 'replace' }),
    [setOpen, isNarrow],
  )
  const first = lists.waiting.find((each) => !each.decided)?.approval
  useEffect(() => {
    // Chosen once and then kept: what is under the keys never changes by itself.
    if (!isNarrow && open === null && first !== undefined && window.matchMedia('(min-width: 768px)').matches)
      select(first)
  }, [isNarrow, open, first, select])
  const move = (step: 1 | -1) => {
    const next = neighbourOf(lists, open ?? undefined, step)
    if (next === undefined || isNarrow) return
    select(next)
    document.querySelector(`[data-approval="${CSS.escape(next)}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts({ j: () => move(1), k: () => move(-1) })
  const isEmpty = approvals !== undefined && approvals.length === 0
  if (isEmpty && open === null)
    return (
      <div className="min-h-0 flex-1 overflow-y-auto">
        <ProblemLine problem={problem} />
        <NoApprovals before={false} />
      </div>
    )
  const onNext = first === undefined || first === open ? undefined : () => select(first)
  return (
    <div data-stale={unheard !== undefined && unheard !== 'connecting'} className="flex min-h-0 flex-1">
      <div
        className={classNames(
          'flex w-[368px] shrink-0 flex-col border-r max-2xl:w-[310px] max-xl:w-[290px] max-md:w-full max-md:border-r-0',
          open !== null && 'max-md:hidden',
        )}
      >
        {problem && (
          <div className="px-3 pb-2">
            <ProblemLine problem={problem} />
          </div>
        )}
        {asked && (
          <div className="border-b px-3 py-2">
            <WindowNote what="Asked" window={asked} onClear={() => void setSpan({ from: null, to: null })} />
            {approvals !== undefined && !all.some(({ askedAtMs }) => isWithin(asked, askedAtMs)) && (
              <NoneOfSpan atMs={asked.toMs} />
            )}
          </div>
        )}
        {approvals === undefined ? (
          !problem && <Loading />
        ) : (
          <ApprovalList
            lists={lists}
            selected={open ?? undefined}
            heard={unheard === undefined}
            alike={alike}
            onSelect={select}
            onOver={(over) => setStill(over ? lists.waiting.map((each) => each.approval) : undefined)}
          />
        )}
      </div>
      <div className={classNames('flex min-w-0 flex-1', open === null && 'max-md:hidden')}>
        {selected ? (
          <>
            <ApprovalCard
              key={selected.approval}
              approval={selected}
              unheard={unheard}
              decide={decide}
              alike={alike.get(selected.approval)}
              all={all}
              onNext={onNext}
              onBack={() => select(null)}
            />
            <aside
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
              tabIndex={0}
              aria-label="Whose action it is"
              className="w-[280px] shrink-0 overflow-y-auto border-l px-4 py-5 outline-offset-[-2px] max-2xl:w-[240px] max-xl:hidden"
            >
              <ApprovalAside approval={selected} />
            </aside>
          </>
        ) : (
          <div className="min-h-0 flex-1 overflow-y-auto">
            {open !== null && approvals !== undefined && <Gone onBack={() => select(null)} />}
            {open === null && approvals !== undefined && <NoApprovals before />}
          </div>
        )}
      </div>
    </div>
  )
}

/** The newest ones that were decided are kept; what was kept then is still to be had. */
function NoneOfSpan({ atMs }: { atMs: number }) {
  const then = Math.min(atMs, Date.now())
  return (
    <p className="mt-1 text-pretty text-sm text-muted">
      None that is kept was asked then. Older ones have left memory:{' '}
      <Link href={`/approvals?${new URLSearchParams({ at: String(then) })}`} className="text-info hover:underline">
        the approvals as they stood at its end
      </Link>
      .
    </p>
  )
}

function Gone({ onBack }: { onBack: () => void }) {
  return (
    <Notice icon={<SearchX aria-hidden />} title="No such approval here">
      <p>It may have been decided long ago: then it is in its session’s activity.</p>
      <button type="button" onClick={onBack} className="mt-3 text-info underline underline-offset-2 max-md:h-11">
        All approvals
      </button>
    </Notice>
  )
}

function Loading() {
  return (
    <div>
      <p className="sr-only" role="status">
        Waiting for the approvals
      </p>
      {[0, 1, 2].map((each) => (
        <div key={each} aria-hidden className="grid gap-2 border-b px-4 py-3.5">
          <div className="h-3.5 w-2/3 rounded-sm bg-raised" />
          <div className="h-3 w-5/6 rounded-sm bg-raised" />
          <div className="h-2.5 w-1/3 rounded-sm bg-raised" />
        </div>
      ))}
    </div>
  )
}

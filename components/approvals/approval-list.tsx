'use client'
// The two lists: what waits, soonest to expire first, and what was decided, newest first. Rows stay where they are under a hand.
import { Hourglass } from 'lucide-react'
import { memo } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { DrillBadge } from '../drills/drill-badge.tsx'
import { useNow } from '../live/use-now.ts'
import { useOperator } from '../shell/operator.tsx'
import { classNames } from '../ui/class-names.ts'
import { clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { cardState, countdownText, deciderOf, isSoon, peopleText, titleOf } from './approval-words.ts'
import { decidedInShort } from './decided-in-short.ts'
import { DecidedMark } from './decided-mark.tsx'
import { actionLine } from './exact-action.ts'
import type { Lists } from './list-order.ts'
import type { alikeOf } from './shape.ts'

type Props = {
  lists: Lists
  selected: string | undefined
  heard: boolean
  alike: ReturnType<typeof alikeOf>
  onSelect: (id: string) => void
  onOver: (over: boolean) => void
}

export function ApprovalList({ lists: { waiting, decided }, selected, heard, alike, onSelect, onOver }: Props) {
  const stillWaiting = waiting.filter((each) => !each.decided).length
  return (
    <section
      aria-label="Approvals"
      className="min-h-0 flex-1 overflow-y-auto overflow-x-hidden"
      onPointerEnter={(event) => event.pointerType === 'mouse' && onOver(true)}
      onPointerLeave={() => onOver(false)}
    >
      <Heading name="Waiting" count={stillWaiting} aside={waiting.length > 0 ? 'soonest to expire first' : ''} />
      {waiting.length === 0 && (
        <p className="border-b px-4 py-4 text-muted">Nothing waits. What is held next appears here by itself.</p>
      )}
      <ul className="facts">
        {waiting.map((each) => (
          <WaitingRow
            key={each.approval}
            approval={each}
            here={each.approval === selected}
            heard={heard}
            alike={alike.get(each.approval)?.length}
            onSelect={onSelect}
          />
        ))}
      </ul>
      {decided.length > 0 && (
        <>
          <Heading name="Decided" count={decided.length} aside={decidedInShort(decided)} />
          <ul className="facts">
            {decided.map((each) => (
              <DecidedRow key={each.approval} approval={each} here={each.approval === selected} onSelect={onSelect} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Heading({ name, count, aside }: { name: string; count: number; aside: string }) {
  return (
    <div className="sticky top-0 z-10 flex h-10 items-center gap-2 border-b bg-canvas px-4">
      <h2 className="font-medium">{name}</h2>
      <span className="text-muted">{count}</span>
      <span className="ml-auto truncate text-sm text-muted">{aside}</span>
    </div>
  )
}

type RowProps = { approval: ApprovalView; here: boolean; onSelect: (id: string) => void }

const rowClass =
  'block w-full min-w-0 border-b text-left outline-offset-[-2px] hover:bg-panel [content-visibility:auto] aria-[current=true]:bg-raised'

export const WaitingRow = memo(function WaitingRow({
  approval,
  here,
  heard,
  boxed = false,
  alike,
  onSelect,
}: RowProps & { heard: boolean; boxed?: boolean; alike?: number | undefined }) {
  const people = peopleText(approval)
  return (
    <li>
      <button
        type="button"
        data-approval={approval.approval}
        aria-current={here}
        onClick={() => onSelect(approval.approval)}
        className={classNames(
          rowClass,
          'px-4 py-2.5 [contain-intrinsic-size:auto_75px] aria-[current=true]:shadow-[inset_2px_0_0_var(--warn)]',
          approval.decided && 'aria-[current=true]:shadow-[inset_2px_0_0_var(--line-strong)]',
          boxed && 'rounded-lg border px-3',
        )}
      >
        <span className="flex items-center gap-3">
          <HostileText text={titleOf(approval)} max={160} className="min-w-0 flex-1 truncate font-medium" />
          {approval.decided ? (
            <DecidedMark decided={approval.decided} className="text-sm" />
          ) : (
            <RowTime approval={approval} heard={heard} />
          )}
        </span>
        <ActionLine approval={approval} className="mt-1" />
        <span className="mt-1 flex items-center gap-1.5 text-sm text-muted">
          <DrillBadge session={approval.session} />
          <HostileText text={approval.session} max={60} className="min-w-0 truncate font-mono text-xs" />
          {alike !== undefined && <span className="shrink-0">· {alike} alike</span>}
          {people !== '' && <span className="shrink-0">· {people}</span>}
        </span>
      </button>
    </li>
  )
})

/** Only while it waits and is heard of: a clock that nobody vouches for is not shown. */
function RowTime({ approval, heard }: { approval: ApprovalView; heard: boolean }) {
  const now = useNow(1_000)
  const state = cardState(approval, now, heard)
  if (state === 'unheard') return <span className="shrink-0 text-sm text-muted">not known</span>
  if (state === 'over') return <span className="shrink-0 text-sm text-warn">time over: denied</span>
  const leftMs = approval.expiresAtMs - now
  return (
    <span
      title={`Denies itself at ${clockText(approval.expiresAtMs)}`}
      className={classNames(
        'inline-flex shrink-0 items-center gap-1 font-mono text-sm',
        isSoon(leftMs) ? 'font-medium text-warn' : 'text-muted',
      )}
    >
      <Hourglass aria-hidden className="size-3" />
      <span className="sr-only">denies itself in </span>
      {countdownText(leftMs)}
    </span>
  )
}

const DecidedRow = memo(function DecidedRow({ approval, here, onSelect }: RowProps) {
  const me = useOperator()?.id
  const { decided } = approval
  if (!decided) return null
  const by = deciderOf(decided, me)
  return (
    <li>
      <button
        type="button"
        data-approval={approval.approval}
        aria-current={here}
        onClick={() => onSelect(approval.approval)}
        className={classNames(
          rowClass,
          'px-4 py-2 [contain-intrinsic-size:auto_53px] max-md:py-2.5 aria-[current=true]:shadow-[inset_2px_0_0_var(--info)]',
        )}
      >
        <span className="flex items-center gap-2 text-sm">
          <DecidedMark decided={decided} />
          {by !== '' && (
            <span className="min-w-0 truncate text-muted">
              by <HostileText text={by} max={60} />
            </span>
          )}
          <time
            dateTime={new Date(decided.atMs).toISOString()}
            title={dateTimeText(decided.atMs)}
            className="ml-auto shrink-0 font-mono text-xs text-muted"
          >
            {clockText(decided.atMs)}
          </time>
        </span>
        <ActionLine approval={approval} className="mt-0.5 text-muted" />
      </button>
    </li>
  )
})

function ActionLine({ approval, className }: { approval: ApprovalView; className?: string }) {
  return (
    <span className={classNames('block truncate font-mono text-sm', className)}>
      <HostileText text={actionLine(approval.tool, approval.input)} max={200} />
    </span>
  )
}

'use client'
// What waits, decided where it stands: beside the sessions on Live and on a session's own page. The same cards as in the room of approvals,
// one of them open. Nothing that is open closes by itself, and no row moves under a hand.
import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import { useMemo, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { ApprovalCard } from './approval-card.tsx'
import { WaitingRow } from './approval-list.tsx'
import { listsOf } from './list-order.ts'
import { alikeOf } from './shape.ts'
import type { Decide } from './use-decision.ts'

/** The rest is in the room of approvals. */
const shownMax = 12

type Props = {
  approvals: readonly ApprovalView[]
  unheard: string | undefined
  decide: Decide
}

export function WaitingHere({ approvals, unheard, decide }: Props) {
  const [open, setOpen] = useState<{ id: string; byHand: boolean }>()
  const [still, setStill] = useState<readonly string[]>()
  const list = useMemo(
    () => listsOf(approvals, new Set(open === undefined ? still : [...(still ?? []), open.id]), still).waiting,
    [approvals, open, still],
  )
  const first = list.find((each) => !each.decided)?.approval
  // Chosen once and then kept, decided or not, until a hand opens another.
  if ((open === undefined || !list.some((each) => each.approval === open.id)) && first !== undefined && !still)
    setOpen({ id: first, byHand: false })
  const alike = useMemo(() => alikeOf(approvals), [approvals])
  const shown = list.slice(0, shownMax)
  const opened = list.find((each) => each.approval === open?.id)
  if (opened && !shown.includes(opened)) shown.push(opened)
  return (
    <section
      aria-label="Needs a decision"
      onPointerEnter={(event) => event.pointerType === 'mouse' && setStill(list.map((each) => each.approval))}
      onPointerLeave={() => setStill(undefined)}
    >
      <ul className="facts grid grid-cols-[minmax(0,1fr)] gap-2">
        {shown.map((each) =>
          each === opened ? (
            <li key={each.approval} className="min-w-0">
              <ApprovalCard
                place="here"
                approval={each}
                unheard={unheard}
                decide={decide}
                alike={alike.get(each.approval)}
                all={approvals}
                takesFocus={open?.byHand ?? false}
                onNext={
                  first === undefined || first === each.approval
                    ? undefined
                    : () => setOpen({ id: first, byHand: true })
                }
              />
            </li>
          ) : (
            <WaitingRow
              key={each.approval}
              approval={each}
              here={false}
              heard={unheard === undefined}
              boxed
              alike={alike.get(each.approval)?.length}
              onSelect={(id) => setOpen({ id, byHand: true })}
            />
          ),
        )}
      </ul>
      {list.length > shown.length && (
        <Link
          href="/approvals"
          className="mt-2 inline-flex items-center gap-0.5 text-info underline-offset-2 hover:underline max-md:h-11"
        >
          {list.length - shown.length} more in Approvals <ChevronRight aria-hidden className="size-3.5" />
        </Link>
      )}
    </section>
  )
}

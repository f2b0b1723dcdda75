'use client'
// One approval, whole: what would run, why it is held, what came before, and the decision below it.
import { ChevronLeft, CloudOff, Hourglass, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { pauseOfferOf } from '../controls/control-offer.ts'
import { useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { KeyCap } from '../ui/key-cap.tsx'
import { ActionFence } from './action-fence.tsx'
import { ApprovalAside } from './approval-aside.tsx'
import { type CardState, cardState, headlineTime, overText, peopleText, titleOf } from './approval-words.ts'
import { DecidedBanner } from './decided-banner.tsx'
import { AfterLine, DecisionBar } from './decision-bar.tsx'
import { EditFence } from './edit-fence.tsx'
import { editedInput, exactAction } from './exact-action.ts'
import { HeldReasons } from './held-reasons.tsx'
import { JustBefore } from './just-before.tsx'
import { whyReadsOnly } from './may-decide.ts'
import { type Decide, useDecision } from './use-decision.ts'

type Props = {
  approval: ApprovalView
  unheard: string | undefined
  decide: Decide
  /** To the next that waits; absent where none does. */
  onNext: (() => void) | undefined
  onBack: () => void
}

export function ApprovalCard({ approval, unheard, decide, onNext, onBack }: Props) {
  const operator = useOperator()
  const state = cardState(approval, useNow(1_000), unheard === undefined)
  const decision = useDecision(approval, decide)
  const [reason, setReason] = useState('')
  const [draft, setDraft] = useState<string>()
  const reasonField = useRef<HTMLInputElement>(null)
  const row = useView((view) => view.rows.get(approval.session))
  const readsOnly = whyReadsOnly(operator)
  const isOpen = state === 'waiting' || state === 'unheard'
  const off =
    state === 'unheard'
      ? `${unheard ?? 'not connected'}: nothing can be decided until the server is heard again`
      : operator === undefined
        ? 'Looking up who you are'
        : undefined
  const edited = draft === undefined || !isOpen ? undefined : { ...editedInput(approval.input, draft), draft }
  const openEdit = (open: boolean) => {
    decision.disarm()
    setDraft(open ? exactAction(approval.input).text : undefined)
  }
  return (
    <article
      aria-label={`Approval: ${titleOf(approval).slice(0, 120)}`}
      className="flex min-h-0 min-w-0 flex-1 flex-col"
    >
      <div className="min-h-0 flex-1 overflow-y-auto px-6 py-5 max-md:px-3 max-md:py-3">
        <button
          type="button"
          onClick={onBack}
          className="-ml-1 mb-1 inline-flex h-11 items-center gap-1 pr-3 text-muted md:hidden"
        >
          <ChevronLeft aria-hidden className="size-4" /> All approvals
        </button>
        <Headline approval={approval} state={state} unheard={unheard} />
        <div className="mt-4 grid gap-4">
          <DecidedBanner approval={approval} me={operator?.id} />
          <ActionFence approval={approval} title={titleOfAction(approval, state)} />
          {edited !== undefined && draft !== undefined && (
            <EditFence
              approval={approval}
              draft={draft}
              edited={edited}
              onDraft={(next) => {
                decision.disarm()
                setDraft(next)
              }}
              onClose={() => openEdit(false)}
            />
          )}
          <HeldReasons approval={approval} />
          <JustBefore approval={approval} />
          <div className="border-t pt-4 xl:hidden">
            <ApprovalAside approval={approval} />
          </div>
        </div>
      </div>
      {isOpen && readsOnly === undefined && (
        <DecisionBar
          approval={approval}
          decider={operator}
          decision={decision}
          off={off}
          reason={reason}
          onReason={setReason}
          reasonField={reasonField}
          edited={edited}
          onEdit={openEdit}
          whyNoPause={whyNoPause(row && pauseOfferOf(row))}
        />
      )}
      {isOpen && readsOnly !== undefined && <Quiet>{readsOnly}</Quiet>}
      {!isOpen && (onNext || decision.after) && (
        <Quiet>
          <AfterLine after={decision.after} />
          {onNext && (
            <Button size="form" className="max-md:h-11" onClick={onNext}>
              Next that waits <KeyCap>J</KeyCap>
            </Button>
          )}
        </Quiet>
      )}
    </article>
  )
}

function titleOfAction({ decided }: ApprovalView, state: CardState): string {
  if (decided?.decision === 'edited') return 'What was asked'
  if (decided?.decision === 'approved') return 'Exactly what was approved'
  return state === 'waiting' || state === 'unheard' ? 'Exactly what will run' : 'What was asked'
}

function whyNoPause(offer: ReturnType<typeof pauseOfferOf>): string | undefined {
  if (!offer) return 'Its session has ended or is not known here: there is nothing to pause.'
  if (offer.action !== 'pause') return 'It is held already: deny it alone.'
  return offer.enabled ? undefined : offer.why
}

function Quiet({ children }: { children: React.ReactNode }) {
  return <div className="shrink-0 border-t bg-panel px-6 py-3 text-muted max-md:px-3">{children}</div>
}

function Headline({
  approval,
  state,
  unheard,
}: {
  approval: ApprovalView
  state: CardState
  unheard: string | undefined
}) {
  const now = useNow(state === 'waiting' ? 1_000 : undefined)
  const people = peopleText(approval)
  const endorsed = approval.endorsedBy.map((each) => each.name)
  const Icon = state === 'unheard' ? CloudOff : state === 'waiting' ? Hourglass : undefined
  return (
    <header>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-1">
        {Icon && (
          <Icon
            aria-hidden
            className={classNames('mt-0.5 size-5 shrink-0', state === 'waiting' ? 'text-warn' : 'text-muted')}
          />
        )}
        <h2 className="min-w-0 flex-1 text-xl font-semibold">
          <HostileText text={titleOf(approval)} max={300} className="break-words" />
        </h2>
        {state === 'over' ? (
          <p role="status" className="flex items-center gap-1.5 text-warn">
            <TriangleAlert aria-hidden className="size-4" /> {overText}
          </p>
        ) : (
          state !== 'decided' && (
            <p
              className={classNames(
                'text-lg max-md:basis-full',
                state === 'waiting' ? 'font-mono text-warn' : 'text-base text-muted',
              )}
            >
              {headlineTime(approval, state, now, unheard)}
            </p>
          )
        )}
      </div>
      {state === 'waiting' && (
        <p className="mt-1 text-muted">
          The agent is held before the call: nothing of it has run.
          {people !== '' && (
            <span className="text-ink">
              {' '}
              It {people}
              {endorsed.length > 0 && (
                <>
                  : approved by <HostileText text={endorsed.join(', ')} max={160} />
                </>
              )}
              .
            </span>
          )}
        </p>
      )}
    </header>
  )
}

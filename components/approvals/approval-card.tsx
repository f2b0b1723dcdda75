'use client'
// One approval, whole: what would run, why it is held, what came before, and the decision below it.
import { ChevronLeft, ChevronRight, CloudOff, Hourglass, Layers, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import { useEffect, useRef, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { ApprovalReading } from '../../server/protocol/approval-reading.ts'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { pauseOfferOf } from '../controls/control-offer.ts'
import { DrillBadge } from '../drills/drill-badge.tsx'
import { useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { MaskedRow } from '../session/masked-row.tsx'
import { sessionPath } from '../sessions/session-path.ts'
import { useListed } from '../settings/use-listed.ts'
import { useOperator } from '../shell/operator.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { KeyCap } from '../ui/key-cap.tsx'
import { ActionFence } from './action-fence.tsx'
import { ApprovalAside } from './approval-aside.tsx'
import {
  type CardState,
  cardState,
  headlineTime,
  heldText,
  holdingText,
  overText,
  peopleText,
  titleOf,
} from './approval-words.ts'
import { CouldDoPanel } from './could-do.tsx'
import { DecideTogether } from './decide-together.tsx'
import { DecidedBanner } from './decided-banner.tsx'
import { AfterLine, DecisionBar } from './decision-bar.tsx'
import { EditFence } from './edit-fence.tsx'
import { editedInput, exactAction } from './exact-action.ts'
import { HeldReasons } from './held-reasons.tsx'
import { JustBefore } from './just-before.tsx'
import { whyReadsOnly } from './may-decide.ts'
import { type Decide, useDecision } from './use-decision.ts'

/** Contexts and connections change; the action never does. */
const readAgainMs = 60_000

type Props = {
  approval: ApprovalView
  unheard: string | undefined
  decide: Decide
  /** To the next that waits; absent where none does. */
  onNext: (() => void) | undefined
  /** To the list, on a phone. */
  onBack?: () => void
  /** `room`: the page of approvals, whole. `here`: in its place among other things, what a decision takes and the way to the rest. */
  place?: 'room' | 'here'
  takesFocus?: boolean
  /** Those that wait and are like it, itself among them. */
  alike?: readonly ApprovalView[] | undefined
  /** All that are known, for the newest state of those that were alike. */
  all?: readonly ApprovalView[]
}

export function ApprovalCard({
  approval: masked,
  unheard,
  decide,
  onNext,
  onBack,
  place = 'room',
  takesFocus = false,
  alike,
  all = [],
}: Props) {
  const isHere = place === 'here'
  const [original, setOriginal] = useState<ApprovalView>()
  // Only the texts: what became of it is always the newest.
  const isShown = original?.approval === masked.approval
  const approval = isShown ? { ...masked, input: original.input, cwd: original.cwd, heldFor: original.heldFor } : masked
  const article = useRef<HTMLElement>(null)
  const [hasFocus, setHasFocus] = useState(false)
  const operator = useOperator()
  const state = cardState(approval, useNow(1_000), unheard === undefined)
  const decision = useDecision(approval, decide, isHere)
  const [reason, setReason] = useState('')
  const [draft, setDraft] = useState<string>()
  const reasonField = useRef<HTMLInputElement>(null)
  const row = useView((view) => view.rows.get(approval.session))
  const { value: reading, problem } = useListed(
    `/api/approvals/${encodeURIComponent(approval.approval)}/reading`,
    ApprovalReading,
    true,
    readAgainMs,
  )
  const readsOnly = whyReadsOnly(operator)
  useEffect(() => {
    // Opened by hand: its keys are at hand. One that came by itself takes nobody's focus.
    if (takesFocus) article.current?.focus({ preventScroll: true })
  }, [takesFocus])
  const isOpen = state === 'waiting' || state === 'unheard'
  const off =
    state === 'unheard'
      ? `${unheard ?? 'not connected'}: nothing can be decided until the server is heard again`
      : operator === undefined
        ? 'Looking up who you are'
        : undefined
  const edited = draft === undefined || !isOpen ? undefined : { ...editedInput(approval.input, draft), draft }
  const [together, setTogether] = useState<readonly string[]>()
  const openEdit = (open: boolean) => {
    decision.disarm()
    setDraft(open ? exactAction(approval.input).text : undefined)
  }
  return (
    <article
      ref={article}
      tabIndex={-1}
      aria-label={`Approval: ${titleOf(approval).slice(0, 120)}`}
      onFocus={() => setHasFocus(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setHasFocus(false)}
      className={
        isHere
          ? classNames('overflow-clip rounded-lg border bg-canvas', state === 'waiting' && 'border-warn/45')
          : 'flex min-h-0 min-w-0 flex-1 flex-col outline-none'
      }
    >
      <div className={isHere ? 'px-3 py-3' : 'min-h-0 flex-1 overflow-y-auto px-6 py-5 max-md:px-3 max-md:py-3'}>
        {onBack && (
          <button
            type="button"
            onClick={onBack}
            className="-ml-1 mb-1 inline-flex h-11 items-center gap-1 pr-3 text-muted md:hidden"
          >
            <ChevronLeft aria-hidden className="size-4" /> All approvals
          </button>
        )}
        <Headline approval={approval} state={state} unheard={unheard} isHere={isHere} row={row} />
        <div className={isHere ? 'mt-2.5 grid grid-cols-[minmax(0,1fr)] gap-2.5' : 'mt-4 grid gap-4'}>
          <DecidedBanner approval={approval} me={operator?.id} />
          <ActionFence
            approval={approval}
            title={`${titleOfAction(approval, state)}${masked.masked && !isShown ? ', but for what is masked' : ''}`}
            reading={reading}
            brief={isHere}
          />
          {masked.masked && (
            <MaskedRow
              session={masked.session}
              masked={[masked.masked]}
              asks={[{ approval: masked.approval }]}
              shown={isShown}
              onShown={(revealed) => setOriginal(revealed?.[0]?.approval)}
            />
          )}
          {together === undefined && isOpen && readsOnly === undefined && alike && (
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
              <Layers aria-hidden className="size-4" />
              <span className="text-ink">{alike.length} alike wait</span>
              <Button className="max-md:h-11" onClick={() => setTogether(alike.map((each) => each.approval))}>
                Look at them and decide together
              </Button>
            </p>
          )}
          {together !== undefined && (
            <DecideTogether
              members={all.filter((each) => together.includes(each.approval))}
              decide={decide}
              off={off}
              me={operator?.id}
              onClose={() => setTogether(undefined)}
            />
          )}
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
          <div
            className={classNames(
              'grid grid-cols-[minmax(0,1fr)] items-start',
              isHere ? 'gap-2.5' : 'gap-4 2xl:grid-cols-2',
            )}
          >
            <HeldReasons approval={approval} before={reading?.before} brief={isHere} />
            <CouldDoPanel
              reading={reading}
              problem={problem}
              title={isOpen ? 'If approved, it could' : 'It could'}
              max={isHere ? 4 : 32}
              brief={isHere}
            />
          </div>
          {isHere ? (
            <WayToTheRest approval={approval} />
          ) : (
            <>
              <JustBefore approval={approval} />
              <div className="border-t pt-4 xl:hidden">
                <ApprovalAside approval={approval} />
              </div>
            </>
          )}
        </div>
      </div>
      {/* One deed at a time: with several on screen its keys and buttons are not there. */}
      {isOpen && readsOnly === undefined && together === undefined && (
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
          narrow={isHere}
          keys={!isHere || hasFocus}
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

/** What only the room shows: its own page, with what came before and whose it is. */
function WayToTheRest({ approval: { approval } }: { approval: ApprovalView }) {
  return (
    <Link
      href={`/approvals?open=${encodeURIComponent(approval)}`}
      className="inline-flex items-center gap-0.5 justify-self-start text-sm text-info underline-offset-2 hover:underline max-md:h-11"
    >
      All that is known of it <ChevronRight aria-hidden className="size-3.5" />
    </Link>
  )
}

function Quiet({ children }: { children: React.ReactNode }) {
  return <div className="shrink-0 border-t bg-panel px-6 py-3 text-muted max-md:px-3">{children}</div>
}

function Headline({
  approval,
  state,
  unheard,
  isHere,
  row,
}: {
  approval: ApprovalView
  state: CardState
  unheard: string | undefined
  isHere: boolean
  /** Of its session. */
  row: SessionRow | undefined
}) {
  const now = useNow(state === 'waiting' ? 1_000 : undefined)
  const people = peopleText(approval)
  const held = heldText(row, now)
  // Those on which its session has processes.
  const holding = holdingText(row?.gpuIndexes.length ?? 0, approval.askedAtMs, now)
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
        <h2 className={classNames('min-w-0 flex-1 font-semibold', isHere ? 'basis-40 text-base' : 'text-xl')}>
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
                isHere ? 'text-sm' : 'text-lg max-md:basis-full',
                state === 'waiting' ? 'font-mono text-warn' : classNames(!isHere && 'text-base', 'text-muted'),
              )}
            >
              {headlineTime(approval, state, now, unheard)}
            </p>
          )
        )}
      </div>
      {state === 'waiting' && (
        <p className="mt-1 text-muted">
          <DrillBadge session={approval.session} />
          {isHere ? (
            <Link
              href={sessionPath(approval.session)}
              className="font-mono text-sm text-info underline underline-offset-2"
            >
              <HostileText text={approval.session} max={60} />
            </Link>
          ) : (
            <span className={held.isBypassed ? 'text-critical' : undefined}>{held.words}</span>
          )}
          {isHere && held.isBypassed && <span className="block text-critical">{held.words}</span>}
          {holding !== '' && ` ${holding}`}
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

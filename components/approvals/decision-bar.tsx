'use client'
// The decision: a reason for the agent, and the buttons with their keys. Letting run what would page takes a second press; denying never does.
import { Ban, Check, ChevronDown, Pause, PencilLine, TriangleAlert, X } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { type RefObject, useId } from 'react'
import type { ApprovalScope, ApprovalView } from '../../server/protocol/approval.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { useActsOff } from '../ui/act-button.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import type { Edited } from './exact-action.ts'
import { type Decider, takesSecondPress, whyNotApprove, whyNotEdit } from './may-decide.ts'
import { refusedTitle, unansweredWords } from './unanswered.ts'
import type { Allow, useDecision } from './use-decision.ts'

type Props = {
  approval: ApprovalView
  decider: Decider
  decision: ReturnType<typeof useDecision>
  /** Why nothing can be decided at this moment. */
  off: string | undefined
  reason: string
  onReason: (reason: string) => void
  reasonField: RefObject<HTMLInputElement | null>
  /** While it is being edited: what would be sent. */
  edited: (Edited & { draft: string }) | undefined
  onEdit: (open: boolean) => void
  /** Why its session cannot be paused. */
  whyNoPause: string | undefined
  /** In a narrow column, among other things. */
  narrow?: boolean
  /** Whether its keys mean this card. */
  keys?: boolean
}

export function DecisionBar(given: Props) {
  // In the past nothing is decided.
  const actsOff = useActsOff()
  const props = { ...given, off: actsOff ?? given.off }
  const { approval, decider, decision, reason, onReason, reasonField, edited, onEdit, whyNoPause } = props
  const { narrow = false, keys = true } = props
  const { armed, busy, problem, unanswered, after } = decision
  const field = useId()
  const off = props.off ?? (busy ? 'On its way to the server' : undefined)
  const why =
    busy && props.off !== undefined ? `Your decision was sent and is not answered yet. ${props.off}` : props.off
  const lost = unanswered && unansweredWords(unanswered, approval, decider?.id)
  const noApprove = off ?? whyNotApprove(approval, decider)
  const noEdit = off ?? whyNotEdit(approval) ?? whyNotApprove(approval, decider)
  const noPause = off ?? whyNoPause
  const scope: ApprovalScope = armed?.deed === 'approve' ? armed.scope : 'once'
  const save: Allow | undefined =
    edited && 'input' in edited ? { deed: 'edit', input: edited.input, draft: edited.draft } : undefined
  const approve = (how: ApprovalScope) =>
    noApprove === undefined && decision.allow({ deed: 'approve', scope: how }, reason)
  const deny = () => off === undefined && decision.deny(reason)
  const denyAndPause = () => noPause === undefined && decision.denyAndPause(reason)
  const leaveEdit = () => onEdit(false)
  const bound: Parameters<typeof useShortcuts>[0] = {
    ...(!edited && { a: () => approve(scope), e: () => noEdit === undefined && onEdit(true) }),
    ...(edited && { Escape: leaveEdit }),
    d: deny,
    D: denyAndPause,
    r: () => reasonField.current?.focus(),
  }
  useShortcuts(keys ? bound : {}, { Escape: 'Leave the edit' })
  return (
    <section
      aria-label="Decision"
      className={classNames(
        'shrink-0 border-t bg-panel',
        // Beside other things its card may be longer than its place: to deny must not take scrolling.
        narrow ? 'sticky bottom-0 px-3 py-2.5' : 'px-4 py-3 max-md:px-3 max-md:py-2',
        // Never by the focus: what a press brings must not move the button from under it.
        narrow && '[&_kbd]:hidden',
      )}
    >
      <div className="mb-2 empty:hidden">
        <ProblemLine problem={lost ?? (problem && { ...problem, title: refusedTitle(problem) })} />
      </div>
      <AfterLine after={after} />
      {why !== undefined && (
        <p role="status" className="mb-2 flex items-center gap-1.5 text-warn">
          <TriangleAlert aria-hidden className="size-3.5 shrink-0" />
          {why}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2 [&_button]:max-md:h-11">
        <label htmlFor={field} className="sr-only">
          Reason, sent to the agent
        </label>
        <input
          ref={reasonField}
          id={field}
          value={reason}
          maxLength={500}
          autoComplete="off"
          disabled={off !== undefined}
          onChange={(event) => onReason(event.target.value)}
          onKeyDown={(event) => (event.key === 'Escape' || event.key === 'Enter') && event.currentTarget.blur()}
          placeholder="Reason (sent to the agent)"
          className={classNames(
            'h-9 min-w-0 flex-1 rounded-md border border-line-strong bg-canvas px-3 disabled:text-faint max-md:h-11 max-md:text-[16px]',
            narrow ? 'basis-full' : 'basis-40 max-2xl:basis-full',
          )}
        />
        {edited ? (
          <>
            <Act
              why={off ?? ('wrong' in edited ? edited.wrong : undefined)}
              armed={armed?.deed === 'edit'}
              onPress={() => save && decision.allow(save, reason)}
            >
              <Check aria-hidden /> {armed?.deed === 'edit' ? againWords.once : 'Let the edited one run'}
            </Act>
            <Button size="form" look="quiet" onClick={() => onEdit(false)}>
              <X aria-hidden /> Leave it as it was
            </Button>
          </>
        ) : (
          <>
            <span className={narrow ? 'flex flex-1 basis-[54%]' : 'flex max-md:flex-1 max-md:basis-[54%]'}>
              <Act
                why={noApprove}
                armed={armed?.deed === 'approve'}
                onPress={() => approve(scope)}
                className={narrow ? 'flex-1 rounded-r-none' : 'rounded-r-none max-md:flex-1'}
              >
                <Check aria-hidden />
                <Words
                  now={armed?.deed === 'approve' ? againWords[armed.scope] : 'Approve once'}
                  widest={takesSecondPress(approval) ? againWords.once : undefined}
                />
                <Key>A</Key>
              </Act>
              <Longer off={noApprove !== undefined} onChoose={approve} />
            </span>
            <Act why={noEdit} look="quiet" className={shareOf(narrow, 30)} onPress={() => onEdit(true)}>
              <PencilLine aria-hidden /> Edit <Key>E</Key>
            </Act>
          </>
        )}
        <Act why={off} look="critical" onPress={deny} className={shareOf(narrow, 40)}>
          <Ban aria-hidden /> Deny <Key own>D</Key>
        </Act>
        <Act why={noPause} look="danger" onPress={denyAndPause} className={shareOf(narrow, 40)}>
          <Pause aria-hidden /> Deny + pause <Key>⇧ D</Key>
        </Act>
      </div>
      <Hints why={[whyNotApprove(approval, decider), whyNotEdit(approval)]} />
    </section>
  )
}

/** How much of a row a button takes where the bar is narrow. */
function shareOf(narrow: boolean, percent: 30 | 40): string {
  if (percent === 30) return narrow ? 'flex-1 basis-[20%]' : 'max-md:flex-1 max-md:basis-[30%]'
  return narrow ? 'flex-1 basis-[40%]' : 'max-md:flex-1 max-md:basis-[40%]'
}

/** None wider than the first: no button moves away from under the second press. */
const againWords = {
  once: 'Press again to let it run',
  session: 'Again: for this session',
  hour: 'Press again: for 1 hour',
} as const

function Words({ now, widest }: { now: string; widest: string | undefined }) {
  return (
    <span className="grid">
      <span className="col-start-1 row-start-1">{now}</span>
      {widest !== undefined && (
        <span aria-hidden className="invisible col-start-1 row-start-1">
          {widest}
        </span>
      )}
    </span>
  )
}

type ActProps = {
  why: string | undefined
  armed?: boolean
  look?: 'control' | 'quiet' | 'critical' | 'danger'
  className?: string | undefined
  onPress: () => unknown
  children: React.ReactNode
}

/** Kept in reach while it is off, so that its reason can be read. */
function Act({ why, armed = false, look = 'control', className, onPress, children }: ActProps) {
  return (
    <Button
      size="form"
      look={why !== undefined ? 'off' : armed ? 'warn' : look}
      aria-disabled={why !== undefined}
      aria-description={why}
      title={why}
      className={className}
      onClick={() => why === undefined && onPress()}
    >
      {children}
    </Button>
  )
}

/** On a filled button the key takes its ink. */
function Key({ children, own = false }: { children: string; own?: boolean }) {
  return (
    <span
      aria-hidden
      className={own ? 'max-md:hidden [&_kbd]:border-current/40 [&_kbd]:text-current' : 'max-md:hidden'}
    >
      <KeyCap>{children}</KeyCap>
    </span>
  )
}

const item =
  'flex cursor-default flex-col rounded-md px-2.5 py-1.5 outline-none data-highlighted:bg-raised max-md:min-h-11'

function Longer({ off, onChoose }: { off: boolean; onChoose: (scope: ApprovalScope) => unknown }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild disabled={off}>
        <Button
          size="form"
          look={off ? 'off' : 'control'}
          aria-label="Approve for longer than once"
          title="Approve for longer than once"
          className="rounded-l-none border-l-0 px-2 max-md:w-11"
        >
          <ChevronDown aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-72 rounded-lg border border-line-strong bg-panel p-1 shadow-lg"
        >
          <DropdownMenu.Item className={item} onSelect={() => onChoose('session')}>
            <span className="font-medium">Approve for this session</span>
            <span className="text-sm text-muted">Every equal call of it runs, until it ends</span>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => onChoose('hour')}>
            <span className="font-medium">Approve for 1 hour</span>
            <span className="text-sm text-muted">Every equal call of this session runs until then</span>
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Hints({ why }: { why: readonly (string | undefined)[] }) {
  const words = why.filter((each) => each !== undefined)
  if (words.length === 0) return null
  return <p className="mt-2 text-pretty text-sm text-muted">{words.join(' ')}</p>
}

export function AfterLine({ after }: { after: { words: string; failed: boolean } | undefined }) {
  if (!after) return null
  return (
    <p role="status" className={after.failed ? 'mb-2 text-critical' : 'mb-2 text-muted'}>
      {after.words}
    </p>
  )
}

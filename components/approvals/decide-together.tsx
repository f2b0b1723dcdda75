'use client'
// Those that are alike, each shown whole before they are decided with one press: every one has its own digest, decision and answer.
import { Ban, Check, X } from 'lucide-react'
import { memo, useId, useState } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { isSameWord } from '../live/newer-approvals.ts'
import { ActButton } from '../ui/act-button.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import { decidedWords, shortDigest } from './approval-words.ts'
import { exactAction } from './exact-action.ts'
import type { Decide } from './use-decision.ts'
import { type Told, useTogether } from './use-together.ts'

type Props = {
  /** As they were when this was opened, in their newest state: none joins by itself. */
  members: readonly ApprovalView[]
  decide: Decide
  /** Why nothing can be decided at this moment. */
  off: string | undefined
  me: string | undefined
  onClose: () => void
}

export function DecideTogether({ members, decide, off, me, onClose }: Props) {
  const [reason, setReason] = useState('')
  const field = useId()
  const { open, told, busy, armed, approve, deny } = useTogether(members, decide)
  const isOff = off !== undefined || busy || open.length === 0
  const countOf = (state: Told['state']) => open.filter((each) => told.get(each.approval)?.state === state).length
  const refused = [...told.values()].filter((each) => each.state === 'refused').length
  const unheard = busy ? 0 : countOf('unanswered') + countOf('unsent')
  return (
    <section
      aria-label="Decide together"
      className="min-w-0 overflow-hidden rounded-lg border border-line-strong bg-panel"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2 text-sm max-md:px-3">
        <h3 className="font-medium">{members.length} alike, each with its own digest</h3>
        <AgentMark />
        <button
          type="button"
          aria-label="Close"
          onClick={onClose}
          className="ml-auto inline-flex size-7 items-center justify-center text-muted hover:text-ink max-md:size-11"
        >
          <X aria-hidden className="size-4" />
        </button>
      </div>
      <ul className="max-h-[40vh] divide-y overflow-y-auto">
        {members.map((each) => (
          <Member key={each.approval} approval={each} told={told.get(each.approval)} me={me} />
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2 border-t px-4 py-2.5 max-md:px-3 [&_button]:max-md:h-11">
        <label htmlFor={field} className="sr-only">
          Reason, sent to each agent
        </label>
        <input
          id={field}
          value={reason}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
          placeholder="Reason (sent to each agent)"
          className="h-9 min-w-0 flex-1 basis-40 rounded-md border border-line-strong bg-canvas px-3 max-md:h-11 max-md:basis-full max-md:text-[16px]"
        />
        <ActButton
          size="form"
          look={isOff ? 'off' : armed ? 'warn' : 'control'}
          aria-disabled={isOff}
          title={off}
          className="min-w-56 max-md:flex-1"
          onClick={() => !isOff && approve(reason)}
        >
          <Check aria-hidden />{' '}
          {armed ? `Press again: let each of ${open.length} run` : `Approve each of ${open.length}`}
        </ActButton>
        <ActButton
          size="form"
          look={isOff ? 'off' : 'critical'}
          aria-disabled={isOff}
          title={off}
          className="max-md:flex-1"
          onClick={() => !isOff && deny(reason)}
        >
          <Ban aria-hidden /> Deny all {open.length}
        </ActButton>
      </div>
      {unheard > 0 && (
        <p role="alert" className="border-t px-4 py-2 text-critical max-md:px-3">
          The server did not answer: {unheard === 1 ? '1 still stands open' : `${unheard} still stand open`}. Beside
          each stands what became of it; the same decision twice counts once.
        </p>
      )}
      {refused > 0 && (
        <p role="status" className="border-t px-4 py-2 text-warn max-md:px-3">
          {refused === 1 ? '1 was not decided by you' : `${refused} were not decided by you`}: why stands beside it.
        </p>
      )}
    </section>
  )
}

type MemberProps = { approval: ApprovalView; told: Told | undefined; me: string | undefined }

/** Drawn anew only when something of its own changed: of two hundred, each answer changes one, and the list is read anew meanwhile. */
const Member = memo(MemberLine, (before, now) => {
  return isSameWord(before.approval, now.approval) && before.told === now.told && before.me === now.me
})

function MemberLine({ approval, told, me }: MemberProps) {
  const { session, input, cwd, digest, decided } = approval
  return (
    <li className="grid gap-1 px-4 py-2 max-md:px-3">
      <HostileText text={exactAction(input).text} max={2_000} multiline className="min-w-0 font-mono text-sm" />
      <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-0.5 font-mono text-xs text-muted">
        <HostileText text={session} max={60} />
        {cwd !== undefined && <HostileText text={cwd} max={300} className="break-all" />}
        <span title={digest}>sha256 {shortDigest(digest)}</span>
      </span>
      {(decided || told) && (
        <span role="status" className="text-sm">
          {told?.state === 'refused' && (
            <HostileText text={`Not decided: ${told.why}. `} max={400} className="text-warn" />
          )}
          {decided && <HostileText text={decidedWords(decided, me).sentence} max={300} className="text-muted" />}
          {!decided && told?.state === 'sent' && <span className="text-muted">on its way to the server</span>}
          {!decided && told?.state === 'unanswered' && (
            <span className="text-warn">No answer: it may or may not have been decided</span>
          )}
          {!decided && told?.state === 'unsent' && <span className="text-warn">Not sent: it waits as before</span>}
          {!decided && told?.state === 'done' && (
            <span className="text-muted">on record: it waits for a second person</span>
          )}
        </span>
      )}
    </li>
  )
}

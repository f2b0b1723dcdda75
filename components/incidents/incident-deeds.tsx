'use client'
// What can be done with an incident. Contain asks for all its sessions in one click; "contained" is said elsewhere, and only of what was seen.
import { Check, CirclePause, Ellipsis, Eye, FileText, RotateCcw, UserRound } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { toast } from 'sonner'
import type { IncidentDetail } from '../../server/protocol/incident.ts'
import { startBundle } from '../jobs/start-bundle.ts'
import { useLive } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { useOperator } from '../shell/operator.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { useActsOff } from '../ui/act-button.tsx'
import { Button } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { DeedDialog, type DialogName } from './deed-dialogs.tsx'
import { postmortemPath } from './incident-words.ts'
import type { ChangeIncident } from './use-incidents.ts'

type Props = {
  incident: IncidentDetail
  /** Why this operator may not, or why nothing can be told now. */
  why: string | undefined
  busy: boolean
  change: ChangeIncident
  onContained: (containment: string) => void
}

const item =
  'flex h-8 cursor-default items-center rounded-md px-2 outline-none data-disabled:text-faint data-highlighted:bg-raised max-md:h-11'
const buttonClass = 'max-md:h-11 max-md:flex-1'

export function IncidentDeeds({ incident, why, busy, change, onContained }: Props) {
  const operator = useOperator()
  const whyOff = useActsOff()
  const at = usePastAt()
  const api = `/api/incidents/${incident.incident}`
  const [dialog, setDialog] = useState<DialogName>()
  const { mergedInto, status, owner } = incident
  const isOver = status === 'resolved' || mergedInto !== undefined
  const off = { 'aria-disabled': busy || why !== undefined, title: why }
  const doIt = async (wish: object) => {
    if (busy || why !== undefined) return
    tell((await change(wish)).problem)
  }
  const open = (name: DialogName) => why === undefined && setDialog(name)
  const acknowledge = () => doIt({ type: 'acknowledge' })
  useShortcuts(isOver ? {} : { a: acknowledge }, { a: 'Acknowledge it' })
  const isMine = owner?.type === 'operator' && owner.id === operator?.id
  if (mergedInto !== undefined) return null
  return (
    <div className="flex flex-wrap items-center gap-2 max-md:w-full">
      {!isOver && (
        <Button {...off} size="form" className={buttonClass} onClick={() => void acknowledge()}>
          <Eye aria-hidden /> {status === 'acknowledged' ? '30 min more' : 'Acknowledge'}
        </Button>
      )}
      {!isOver && !isMine && (
        <Button {...off} size="form" className={buttonClass} onClick={() => void doIt({ type: 'take' })}>
          <UserRound aria-hidden /> Take
        </Button>
      )}
      {!isOver && <ContainButton incident={incident} why={why} onContained={onContained} />}
      <LinkButton href={postmortemPath(incident.incident)} size="form" className={buttonClass}>
        <FileText aria-hidden /> Postmortem
      </LinkButton>
      {status === 'resolved' ? (
        <Button {...off} size="form" className={buttonClass} onClick={() => open('reopen')}>
          <RotateCcw aria-hidden /> Reopen…
        </Button>
      ) : (
        <Button {...off} size="form" look="primary" className={buttonClass} onClick={() => open('resolve')}>
          <Check aria-hidden /> Resolve…
        </Button>
      )}
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button size="form" look="quiet" aria-label="More that can be done" className="max-md:size-11">
            <Ellipsis aria-hidden />
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            align="end"
            sideOffset={6}
            collisionPadding={8}
            className="z-30 w-52 rounded-lg border border-line-strong bg-panel p-1 shadow-lg"
          >
            <Item name="Change the title…" why={why} onSelect={() => open('retitle')} />
            <Item name="Change the severity…" why={why} onSelect={() => open('grade')} />
            <Item name="Assign to…" why={why} onSelect={() => open('assign')} />
            {owner && <Item name="Give it back" why={why} onSelect={() => void doIt({ type: 'unassign' })} />}
            {!isOver && <Item name="Merge into…" why={why} onSelect={() => open('merge')} />}
            {!isOver && incident.sessions.length > 1 && (
              <Item name="Split off sessions…" why={why} onSelect={() => open('split')} />
            )}
            <DropdownMenu.Separator className="my-1 h-px bg-line" />
            <Download name="Postmortem (Markdown)" href={asOf(`${api}/postmortem.md`, at)} />
            <Download name="Timeline (CSV)" href={asOf(`${api}/timeline.csv`, at)} />
            <Download
              name="Timeline (JSON)"
              href={asOf(`${api}/timeline`, at)}
              as={`${incident.incident}-timeline.json`}
            />
            {incident.sessions.length > 0 && (operator?.role === 'responder' || operator?.role === 'admin') && (
              <Item
                name="Evidence bundle"
                why={whyOff}
                title="Everything of its sessions in one signed file, unmasked. That it was made is written in the audit."
                onSelect={() => void startBundle({ kind: 'bundle', incident: incident.incident })}
              />
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {dialog && <DeedDialog name={dialog} incident={incident} change={change} onClose={() => setDialog(undefined)} />}
    </div>
  )
}

type ItemProps = { name: string; why: string | undefined; title?: string; onSelect: () => void }

function Item({ name, why, title, onSelect }: ItemProps) {
  return (
    <DropdownMenu.Item className={item} title={why ?? title} disabled={why !== undefined} onSelect={onSelect}>
      {name}
    </DropdownMenu.Item>
  )
}

type DownloadProps = {
  name: string
  href: string
  /** The file's name, where the answer gives none. */
  as?: string
}

function Download({ name, href, as }: DownloadProps) {
  return (
    <DropdownMenu.Item className={item} asChild>
      <a href={href} download={as ?? true}>
        {name}
      </a>
    </DropdownMenu.Item>
  )
}

function tell(problem: ApiProblem | undefined): void {
  if (problem) toast.error(problem.title, { description: problem.detail, duration: 12_000 })
}

function ContainButton({ incident, why, onContained }: Pick<Props, 'incident' | 'why' | 'onContained'>) {
  const { connection } = useLive()
  const [busy, setBusy] = useState(false)
  const { sessions, containedSessions } = incident
  const isHeld = sessions.length === 0 || containedSessions === sessions.length
  const contain = async () => {
    if (!connection || busy || why !== undefined) return
    setBusy(true)
    const answer = await connection.contain({ selector: { sessions: [...sessions] }, reason: incident.incident })
    setBusy(false)
    if ('problem' in answer) tell(answer.problem)
    else onContained(answer.containment)
  }
  useShortcuts(isHeld ? {} : { c: contain }, { c: 'Contain all of its sessions' })
  if (isHeld) return null
  return (
    <Button
      size="form"
      look="critical"
      aria-disabled={busy || why !== undefined}
      title={
        why ?? 'Holds tool calls, cuts traffic, freezes all of its sessions. Connections that are cut do not come back.'
      }
      onClick={() => void contain()}
      className={buttonClass}
    >
      <CirclePause aria-hidden /> {busy ? 'Asking…' : `Contain ${plural(sessions.length, 'session')}`}
    </Button>
  )
}

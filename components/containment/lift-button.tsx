'use client'
// Lets a containment go. It releases agents, so it is held down and names its target; where releasing takes two people it only asks.
import { Hourglass, LockOpen } from 'lucide-react'
import { useState } from 'react'
import type { ContainmentView } from '../../server/protocol/control-views.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { ActButton } from '../ui/act-button.tsx'
import type { ButtonSize } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { HoldToAct } from '../ui/hold-to-act.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { waitingProposals } from './proposal-words.ts'
import { selectorWords } from './selector-words.ts'
import { useWhyNotControl } from './use-role.ts'

type Props = { view: ContainmentView; size?: ButtonSize; className?: string }

export function LiftButton({ view, size = 'bar', className }: Props) {
  const { connection, store } = useLive()
  const fleet = useFleet()
  const why = useWhyNotControl()
  const [busy, setBusy] = useState(false)
  const target = visibleText(selectorWords(view.selector), { max: 160 })
  const words = view.held === 0 ? 'Hold to lift' : `Hold to lift ${plural(view.held, 'session')}`
  const lift = async () => {
    setBusy(true)
    await connection?.lift({ containment: view.containment })
    setBusy(false)
  }
  const nowMs = Date.now() + store.clock().offsetMs
  if (waitingProposals(fleet, nowMs).some((each) => each.containment === view.containment))
    return (
      <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-sm text-warn">
        <Hourglass aria-hidden className="size-3.5" /> lifting waits for a second person
      </span>
    )
  if (fleet?.policies['two-person-release'])
    return (
      <ActButton
        size={size}
        className={className}
        aria-disabled={busy || why !== undefined}
        title={why ?? 'Releasing takes two people here: another operator must confirm it'}
        aria-label={`Ask to lift: containment of ${target}`}
        onClick={() => !busy && why === undefined && void lift()}
      >
        <LockOpen aria-hidden /> Ask to lift
      </ActButton>
    )
  return (
    <HoldToAct
      size={size}
      look="control"
      icon={<LockOpen aria-hidden />}
      why={why}
      busy={busy}
      label={`${words}: containment of ${target}`}
      className={className ?? ''}
      about={view.containment}
      onHeld={() => void lift()}
    >
      {busy ? 'Asking…' : words}
    </HoldToAct>
  )
}

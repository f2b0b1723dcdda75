'use client'
// The one button of a capability: take it away, give it back, keep it away, or what this host can do instead.
import { RotateCcw } from 'lucide-react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { CapabilityView } from '../../server/protocol/control-views.ts'
import { AskMenu } from '../controls/ask-menu.tsx'
import { capabilityName } from '../controls/control-trouble.ts'
import { othersHold } from '../controls/hold-words.ts'
import { Irreversible } from '../controls/irreversible.tsx'
import { OthersHold } from '../controls/others-hold.tsx'
import { useControl } from '../controls/use-control.ts'
import { useOperator } from '../shell/operator.tsx'
import { ActButton } from '../ui/act-button.tsx'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { visibleText } from '../ui/visible-text.ts'
import { type CapabilityOffer, type CapabilityStatus, capabilityOffer } from './capability-words.ts'

type ButtonProps = { row: SessionRow; view: CapabilityView; status: CapabilityStatus }

export function CapabilityButton({ row, view, status }: ButtonProps) {
  const control = useControl()
  const me = useOperator()?.id
  const offer = capabilityOffer(view, row)
  const size = useIsNarrow() ? 'touch' : 'row'
  const { capability } = view
  const name = capabilityName[capability]
  const target = row.name ? visibleText(row.name, { max: 60 }) : row.session
  const revoke = (details: object = {}) => void control(row, { action: 'revoke', capability, ...details })
  if (offer.act === 'restore') {
    const others = othersHold(row, { action: 'restore', capability, undoes: offer.undoes }, me)
    const early = status.pending === 'revoke' ? 'Takes it back, although it was not confirmed yet' : ''
    const title = [others && `${offer.label} ${others.words}`, early].filter(Boolean).join('. ')
    return (
      <span className="flex shrink-0 items-center gap-1">
        {status.broken && view.wanted && (
          <ActButton
            size={size}
            look="critical"
            className="px-1.5"
            aria-label={`Revoke ${name} again`}
            title={`Revoke ${name} again`}
            onClick={() => revoke()}
          >
            <RotateCcw aria-hidden />
          </ActButton>
        )}
        <ActButton
          size={size}
          look="revoked"
          aria-label={`${offer.label}: ${name} of ${target}`}
          aria-description={title === '' ? undefined : title}
          title={title === '' ? undefined : title}
          onClick={() => void control(row, { action: 'restore', capability, undoes: offer.undoes })}
        >
          {offer.label}
          <OthersHold others={others} short />
        </ActButton>
      </span>
    )
  }
  if (offer.act === 'revoke' || offer.act === 'keep')
    return <RevokeButton {...{ row, view, offer, size }} onAsk={revoke} />
  if (offer.act === 'pause') {
    return (
      <ActButton
        size={size}
        aria-label={`Pause ${target} instead: ${name} cannot be revoked here`}
        title={`${visibleText(view.detail, { max: 300 })} This host can pause it instead.`}
        onClick={() => void control(row, { action: 'pause', reason: `in place of revoking ${name}` })}
      >
        {offer.label}
      </ActButton>
    )
  }
  return (
    <ActButton
      size={size}
      look="off"
      aria-disabled
      aria-label={`Revoke ${name}: not possible`}
      title={visibleText(view.detail, { max: 300 })}
    >
      {offer.label}
    </ActButton>
  )
}

type RevokeProps = {
  row: SessionRow
  view: CapabilityView
  offer: Extract<CapabilityOffer, { held: boolean }>
  size: 'touch' | 'row'
  onAsk: (details?: object) => void
}

function RevokeButton({ row, view, offer, size, onAsk }: RevokeProps) {
  const name = capabilityName[view.capability]
  const target = row.name ? visibleText(row.name, { max: 60 }) : row.session
  if (offer.held) {
    const on = row.gpuIndexes.length === 0 ? '' : ` on GPU ${row.gpuIndexes.join(', ')}`
    return (
      <Irreversible
        icon={null}
        label={`${offer.label}: ${name} of ${target}`}
        about={`revoke ${view.capability} ${row.session}`}
        consequence={`Ends every compute process of ${target}${on} and every one that it starts; what they held is lost.`}
        size={size}
        look="control"
        side="left"
        onHeld={() => onAsk()}
      >
        {offer.label}
      </Irreversible>
    )
  }
  const why =
    offer.act === 'keep'
      ? 'Revoke it by itself too, so that it stays revoked after the release'
      : visibleText(view.detail)
  return (
    <span className="inline-flex shrink-0">
      <ActButton
        size={size}
        look={offer.act === 'keep' ? 'quiet' : 'control'}
        aria-label={`${offer.label}: ${name} of ${target}`}
        title={why}
        className="rounded-r-none"
        onClick={() => onAsk()}
      >
        {offer.label}
      </ActButton>
      <AskMenu deed={`Revoke ${name}`} size={size} enabled onAsk={onAsk} />
    </span>
  )
}

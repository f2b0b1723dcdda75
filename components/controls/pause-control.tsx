'use client'
// The one click that stops a session, and its way back beside it. It shows what was asked; only the row's state says "Paused".
import { Hourglass, type LucideIcon, OctagonPause, Pause, Play, Undo2 } from 'lucide-react'
import { memo } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { ControlAction } from '../../server/protocol/control.ts'
import { useAsked } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { useOperator } from '../shell/operator.tsx'
import { ActButton } from '../ui/act-button.tsx'
import type { ButtonSize } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { ageText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { type Offer, offerOf, takeBackOf } from './control-offer.ts'
import { deedName } from './control-trouble.ts'
import { type Pending, pendingRunOf, toneOfPending } from './control-wording.ts'
import { othersHold } from './hold-words.ts'
import { OthersHold } from './others-hold.tsx'
import { undoOf, useControl } from './use-control.ts'

type Props = {
  row: SessionRow
  size?: ButtonSize
  /** On a card beside other text: the shortest words that still say it. */
  compact?: boolean
}

export const PauseControl = memo(function PauseControl({ row, size = 'row', compact = false }: Props) {
  const asked = useAsked(row.session)
  const pending = pendingRunOf(row, asked)
  if (pending) return <PendingControl row={row} pending={pending} size={size} />
  const offer = offerOf(row)
  if (!offer) return null
  return <OfferedControl row={row} offer={offer} back={takeBackOf(row)} size={size} compact={compact} />
})

type OfferedProps = { row: SessionRow; offer: Offer; back: Offer | undefined; size: ButtonSize; compact?: boolean }

/** What can be asked, and where the last asking did not happen, the way out beside it. */
export function OfferedControl({ row, offer, back, size, compact = false }: OfferedProps) {
  if (!back) return <OfferButton row={row} offer={offer} size={size} />
  return (
    <span className="inline-flex items-center gap-1">
      <OfferButton row={row} offer={offer} size={size} words={compact ? 'Again' : offer.label} />
      <OfferButton row={row} offer={back} size={size} words={compact || size === 'row' ? '' : back.label} quiet />
    </span>
  )
}

const iconOf: Readonly<Partial<Record<ControlAction, LucideIcon>>> = {
  pause: Pause,
  contain: OctagonPause,
}

type OfferProps = {
  row: SessionRow
  offer: Offer
  size: ButtonSize
  words?: string
  quiet?: boolean
  className?: string
}

/** `words` may be shorter than the label, which is always the button's accessible name. */
export function OfferButton({ row, offer, size, words = offer.label, quiet = false, className }: OfferProps) {
  const control = useControl()
  const Icon = iconOf[offer.action] ?? Play
  const me = useOperator()?.id
  const lifts = offer.action === 'resume' || offer.action === 'release'
  const others = lifts ? othersHold(row, offer, me) : undefined
  // A row has room for one more word; the title has room for all of it.
  const short = size !== 'form'
  const told = words === '' || (short && words.includes(' of ')) ? undefined : others
  const means = visibleText(offer.why, { max: 300 })
  const why = others ? `${offer.label} ${others.words}. ${means}` : means
  const bold = offer.action === 'contain' ? 'danger' : lifts ? 'frozen' : 'control'
  const look = !offer.enabled ? 'off' : offer.again ? 'critical' : quiet ? 'quiet' : bold
  return (
    <ActButton
      size={size}
      look={look}
      aria-disabled={!offer.enabled}
      aria-label={`${offer.label} ${row.name ? visibleText(row.name, { max: 80 }) : row.session}`}
      aria-description={why}
      title={words === offer.label ? why : `${offer.label}. ${why}`}
      className={classNames(
        words === '' ? classNames('px-1.5', size === 'touch' && 'px-3') : 'min-w-[84px]',
        className,
      )}
      onClick={() => offer.enabled && void control(row, offer)}
    >
      <Icon aria-hidden />
      {words}
      {told && <OthersHold others={told} short={short} />}
      {offer.bestEffort && !(told && short) && !quiet && !offer.again && (
        <span className="rounded-xs bg-warn/15 px-1 text-2xs text-warn">best effort</span>
      )}
    </ActButton>
  )
}

const lookOfTone = { quiet: 'control', warn: 'warn', critical: 'critical', frozen: 'frozen' } as const
const words: Readonly<Record<ControlAction, string>> = {
  pause: 'Pausing…',
  resume: 'Resuming…',
  contain: 'Containing…',
  release: 'Releasing…',
  revoke: 'Revoking…',
  restore: 'Restoring…',
  snapshot: 'Taking evidence…',
  end: 'Ending…',
}

type PendingProps = { row: SessionRow; pending: Pending; size: ButtonSize; className?: string }

/** Asked, not confirmed, with its age and the way back. */
export function PendingControl({ row, pending, size, className }: PendingProps) {
  const control = useControl()
  const now = useNow(250)
  const me = useOperator()?.id
  const tone = toneOfPending(pending, now)
  const undo = undoOf(row, pending)
  const others = undo && othersHold(row, undo, me)
  const back = undo && deedName(undo).toLowerCase()
  return (
    <span className={classNames('inline-flex items-center gap-1', className)}>
      <ActButton
        size={size}
        look={lookOfTone[tone]}
        aria-disabled
        title={`${deedName(pending)}: asked, not confirmed`}
        className="min-w-[84px]"
      >
        <Hourglass aria-hidden />
        {words[pending.action]}
        {tone !== 'quiet' && <span className="font-mono">{ageText(now - pending.sinceMs)}</span>}
      </ActButton>
      {undo && (
        <ActButton
          size={size}
          look="quiet"
          className={classNames('px-1.5', size === 'touch' && 'px-3')}
          aria-label={`Undo: ask to ${back} ${row.session}`}
          title={`Undo: ask to ${back}${others ? `, ${others.words}` : ''}`}
          onClick={() => void control(row, undo)}
        >
          <Undo2 aria-hidden />
        </ActButton>
      )}
    </span>
  )
}

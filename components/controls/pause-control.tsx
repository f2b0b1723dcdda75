'use client'
// The one click that contains, and its way back beside it. It shows what was asked; only the row's state says "Paused".
import { Hourglass, Pause, Play, Undo2 } from 'lucide-react'
import { memo } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useAsked, useLive } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { Button, type ButtonSize } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { ageText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { type Offer, offerOf, takeBackOf } from './control-offer.ts'
import { type Pending, pendingOf, toneOfPending } from './control-wording.ts'
import { useControl } from './use-control.ts'

type Props = {
  row: SessionRow
  size?: ButtonSize
  /** On a card beside other text: the shortest words that still say it. */
  compact?: boolean
}

export const PauseControl = memo(function PauseControl({ row, size = 'row', compact = false }: Props) {
  const asked = useAsked(row.session)
  const pending = pendingOf(row, asked)
  if (pending) return <PendingControl row={row} pending={pending} size={size} />
  const offer = offerOf(row)
  if (!offer) return null
  const back = takeBackOf(row)
  if (!back) return <OfferButton row={row} offer={offer} size={size} />
  return (
    <span className="inline-flex items-center gap-1">
      <OfferButton row={row} offer={offer} size={size} words={compact ? 'Again' : offer.label} />
      <OfferButton row={row} offer={back} size={size} words={compact || size === 'row' ? '' : back.label} quiet />
    </span>
  )
})

type OfferProps = { row: SessionRow; offer: Offer; size: ButtonSize; words?: string; quiet?: boolean }

/** `words` may be shorter than the label, which is always the button's accessible name. */
function OfferButton({ row, offer, size, words = offer.label, quiet = false }: OfferProps) {
  const control = useControl()
  const pause = offer.action === 'pause'
  const why = visibleText(offer.why, { max: 200 })
  const look = !offer.enabled ? 'off' : offer.again ? 'critical' : quiet ? 'quiet' : pause ? 'control' : 'frozen'
  return (
    <Button
      size={size}
      look={look}
      aria-disabled={!offer.enabled}
      aria-label={`${offer.label} ${row.name ? visibleText(row.name, { max: 80 }) : row.session}`}
      aria-description={why}
      title={words === offer.label ? why : `${offer.label}. ${why}`}
      className={words === '' ? classNames('px-1.5', size === 'touch' && 'px-3') : 'min-w-[84px]'}
      onClick={() => offer.enabled && void control(row, offer.action)}
    >
      {pause ? <Pause aria-hidden /> : <Play aria-hidden />}
      {words}
      {offer.bestEffort && !quiet && !offer.again && (
        <span className="rounded-xs bg-warn/15 px-1 text-2xs text-warn">best effort</span>
      )}
    </Button>
  )
}

const lookOfTone = { quiet: 'control', warn: 'warn', critical: 'critical', frozen: 'frozen' } as const

function PendingControl({ row, pending, size }: { row: SessionRow; pending: Pending; size: ButtonSize }) {
  const { connection } = useLive()
  const now = useNow(250)
  const tone = toneOfPending(pending, now)
  const back = pending.action === 'pause' ? 'resume' : 'pause'
  const word = pending.action === 'pause' ? 'Pausing…' : 'Resuming…'
  return (
    <span className="inline-flex items-center gap-1">
      <Button size={size} look={lookOfTone[tone]} aria-disabled title="Asked, not confirmed" className="min-w-[84px]">
        <Hourglass aria-hidden />
        {word}
        {tone !== 'quiet' && <span className="font-mono">{ageText(now - pending.sinceMs)}</span>}
      </Button>
      <Button
        size={size}
        look="quiet"
        className={classNames('px-1.5', size === 'touch' && 'px-3')}
        aria-label={`Undo: ask to ${back} ${row.session}`}
        title={`Undo: ask to ${back}`}
        onClick={() => void connection?.control({ session: row.session, action: back, ...undoes(row, pending) })}
      >
        <Undo2 aria-hidden />
      </Button>
    </span>
  )
}

function undoes(row: SessionRow, pending: Pending) {
  const known = row.control?.control
  return known !== undefined && known === pending.control ? { undoes: known } : {}
}

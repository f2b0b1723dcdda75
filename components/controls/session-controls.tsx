'use client'
// What an operator can do to the whole session, in one place: evidence, pause, contain, end. One click where it can be taken back,
// held down where it cannot.
import { Camera, Hourglass, Skull } from 'lucide-react'
import { memo } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { ControlAction } from '../../server/protocol/control.ts'
import { useAsked } from '../live/live-context.tsx'
import { ActButton } from '../ui/act-button.tsx'
import type { ButtonSize } from '../ui/button.tsx'
import { plural } from '../ui/format-quantity.ts'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { visibleText } from '../ui/visible-text.ts'
import { AskMenu } from './ask-menu.tsx'
import { containOfferOf, meansOf, type Offer, pauseOfferOf, takeBackOf } from './control-offer.ts'
import { deedName } from './control-trouble.ts'
import { pendingOf, pendingRunOf } from './control-wording.ts'
import { Irreversible } from './irreversible.tsx'
import { OfferButton, OfferedControl, PendingControl } from './pause-control.tsx'
import { useControl } from './use-control.ts'

export const SessionControls = memo(function SessionControls({ row }: { row: SessionRow }) {
  const asked = useAsked(row.session)
  const narrow = useIsNarrow()
  const size: ButtonSize = narrow ? 'touch' : 'form'
  const pendingRun = pendingRunOf(row, asked)
  const pending = pendingOf(row, asked)
  if (row.state === 'ended') return null
  const contained = row.holds.some((hold) => hold.action === 'contain')
  const pauseHeld = row.holds.some((hold) => hold.action === 'pause')
  const waits = (a: ControlAction, b: ControlAction) =>
    pendingRun && (pendingRun.action === a || pendingRun.action === b) ? pendingRun : undefined
  const pausing = waits('pause', 'resume')
  const containing = waits('contain', 'release')
  return (
    <div className="flex flex-wrap items-center justify-end gap-2 max-md:w-full max-md:justify-start">
      <SnapshotButton row={row} size={size} isPending={pending?.action === 'snapshot'} />
      {pausing ? (
        <PendingControl row={row} pending={pausing} size={size} />
      ) : (
        // While it is contained a pause would add a cause and change nothing: it is offered where one stands.
        (!contained || pauseHeld) && <Offered row={row} offer={pauseOfferOf(row)} size={size} />
      )}
      {containing ? (
        <PendingControl row={row} pending={containing} size={size} />
      ) : (
        <Offered row={row} offer={containOfferOf(row)} size={size} />
      )}
      <EndButton row={row} size={size} isPending={pending?.action === 'end'} />
    </div>
  )
})

function Offered({ row, offer, size }: { row: SessionRow; offer: Offer | undefined; size: ButtonSize }) {
  const control = useControl()
  if (!offer) return null
  const places = offer.action === 'pause' || offer.action === 'contain'
  if (offer.again || !places)
    return <OfferedControl row={row} offer={offer} back={takeBackOf(row, offer)} size={size} />
  return (
    <span className="inline-flex">
      <OfferButton row={row} offer={offer} size={size} className="rounded-r-none" />
      <AskMenu
        deed={deedName(offer)}
        size={size}
        look={offer.action === 'contain' ? 'danger' : 'control'}
        enabled={offer.enabled}
        onAsk={(details) => void control(row, { action: offer.action, ...details })}
      />
    </span>
  )
}

type ButtonProps = { row: SessionRow; size: ButtonSize; isPending: boolean }

function SnapshotButton({ row, size, isPending }: ButtonProps) {
  const control = useControl()
  const enabled = row.state !== 'reported' && !isPending
  const why =
    row.state === 'reported'
      ? 'No host holds this session: there is none to read its evidence.'
      : 'Reads processes with their hashes, sockets, open files, GPU memory and the last actions, and keeps them in the log'
  return (
    <ActButton
      size={size}
      look={enabled ? 'control' : 'off'}
      aria-disabled={!enabled}
      title={why}
      onClick={() => enabled && void control(row, { action: 'snapshot' })}
    >
      {isPending ? <Hourglass aria-hidden /> : <Camera aria-hidden />}
      {isPending ? 'Taking evidence…' : 'Snapshot evidence'}
    </ActButton>
  )
}

function EndButton({ row, size, isPending }: ButtonProps) {
  const control = useControl()
  const means = meansOf(row, 'end')
  const name = row.name ? visibleText(row.name, { max: 80 }) : row.session
  const processes = row.processCount > 0 ? plural(row.processCount, 'process', 'processes') : 'every process'
  return (
    <Irreversible
      icon={isPending ? <Hourglass aria-hidden /> : <Skull aria-hidden />}
      label={`Hold to end ${name}`}
      about={`end ${row.session}`}
      consequence={`Ends ${name}: kills ${processes}; cannot be undone.`}
      why={isPending ? 'Asked, not confirmed yet.' : means.enabled ? undefined : means.why}
      size={size}
      onHeld={() => void control(row, { action: 'end' })}
    >
      {isPending ? 'Ending…' : 'Hold to end'}
    </Irreversible>
  )
}

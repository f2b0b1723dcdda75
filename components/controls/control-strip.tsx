'use client'
// Everything that holds this session or is still on its way, newest first: who, why, until when, its receipt, and its own way out.
import { Camera, ChevronRight, Clock, Hourglass, OctagonPause, Pause, Play, ShieldOff, Skull } from 'lucide-react'
import { useState } from 'react'
import type { SessionDetail, SessionRow } from '../../server/protocol/browser-messages.ts'
import { type ControlAction, inverseOf, isControlOpen } from '../../server/protocol/control.ts'
import type { ControlView, HoldView } from '../../server/protocol/control-views.ts'
import { useNow } from '../live/use-now.ts'
import { ActButton } from '../ui/act-button.tsx'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { agoText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { visibleText } from '../ui/visible-text.ts'
import { controlName, deedName } from './control-trouble.ts'
import { ExtendMenu } from './extend-menu.tsx'
import { untilText, wantedWord } from './hold-words.ts'
import { ReceiptEnd, ReceiptLine, useReceipt } from './receipt-line.tsx'
import { isAwaiting } from './receipt-steps.ts'
import { shownControls } from './shown-controls.ts'
import { useControl } from './use-control.ts'

export function ControlStrip({ row, controls }: { row: SessionRow; controls: SessionDetail['controls'] }) {
  const shown = shownControls(row, controls)
  if (shown.length === 0) return null
  return (
    <section aria-label="Holds and receipts" className="shrink-0">
      <ul
        // A scrolling region must be reachable by keyboard.
        tabIndex={shown.length > 2 ? 0 : undefined}
        aria-label="Holds and receipts, newest first"
        className="max-h-[38vh] overflow-y-auto outline-offset-[-2px] max-lg:max-h-none"
      >
        {shown.map(({ control, hold }, index) =>
          control ? (
            <ControlEntry key={control.control} row={row} control={control} hold={hold} first={index === 0} />
          ) : (
            <BareHold key={hold.control} row={row} hold={hold} />
          ),
        )}
      </ul>
    </section>
  )
}

const tintOf = {
  critical: 'bg-critical/10 shadow-[inset_3px_0_0_var(--critical)]',
  warn: 'bg-warn/8',
  quiet: 'bg-panel',
  frozen: 'bg-panel',
} as const

type EntryProps = { row: SessionRow; control: ControlView; hold: HoldView | undefined; first: boolean }

/** What is older and wholly observed is folded to its last word: what is new or wrong needs the room. */
function ControlEntry({ row, control, hold, first }: EntryProps) {
  const receipt = useReceipt(control, hold !== undefined)
  const whole = hold !== undefined && receipt.tone === 'frozen'
  const settled = receipt.tone === 'frozen' && !isAwaiting(receipt.steps, control)
  const [opened, setOpened] = useState<boolean>()
  const open = !settled || (opened ?? first)
  const last = receipt.steps.at(-1)
  return (
    <li
      data-control={control.control}
      className={classNames(
        'flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b px-5 py-2 max-md:px-3',
        tintOf[receipt.tone],
        whole && (control.action === 'revoke' ? 'bg-revoked/6' : 'bg-frozen/6'),
      )}
    >
      <div className="min-w-0 flex-1 basis-[32rem] max-md:basis-full">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3">
          <Head control={control} hold={hold} isOpen={isControlOpen(control.state)} />
          {settled && (
            <button
              type="button"
              aria-expanded={open}
              onClick={() => setOpened(!open)}
              className="inline-flex items-center gap-1 rounded-sm text-sm text-muted hover:text-ink max-md:min-h-11"
            >
              <ChevronRight aria-hidden className={classNames('size-3.5', open && 'rotate-90')} />
              {open ? 'Receipt' : `${last?.label ?? 'Receipt'}: ${plural(receipt.steps.length, 'step')}`}
            </button>
          )}
        </div>
        {open && (
          <div className="mt-1 grid gap-1">
            <ReceiptLine control={control} receipt={receipt} />
            <ReceiptEnd control={control} escapedCount={row.escapedCount} />
          </div>
        )}
      </div>
      {hold && <HoldActions row={row} hold={hold} />}
    </li>
  )
}

/** So old that its receipt is only in the log: it can still be lifted. */
function BareHold({ row, hold }: { row: SessionRow; hold: HoldView }) {
  return (
    <li
      data-control={hold.control}
      className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b bg-panel px-5 py-2 max-md:px-3"
    >
      <div className="min-w-0 flex-1 basis-[32rem] max-md:basis-full">
        <Head control={hold} hold={hold} />
        <p className="text-sm text-muted">Its receipt is in the activity, under Operators.</p>
      </div>
      <HoldActions row={row} hold={hold} />
    </li>
  )
}

const icons: Readonly<Record<ControlAction, typeof Pause>> = {
  pause: Pause,
  resume: Play,
  contain: OctagonPause,
  release: Play,
  revoke: ShieldOff,
  restore: Play,
  snapshot: Camera,
  end: Skull,
}

type Told = Pick<ControlView, 'action' | 'capability' | 'by' | 'approvedBy' | 'reason' | 'containment'>

function Head({ control, hold, isOpen = false }: { control: Told; hold: HoldView | undefined; isOpen?: boolean }) {
  const Icon = isOpen ? Hourglass : icons[control.action]
  const tone = hold === undefined ? 'text-muted' : control.action === 'revoke' ? 'text-revoked' : 'text-frozen'
  return (
    <p className="flex min-w-0 flex-wrap items-center gap-x-2 text-base">
      <Icon aria-hidden className={classNames('size-3.5 shrink-0', tone)} />
      <strong className="font-semibold">{hold ? wantedWord(hold) : deedName(control)}</strong>
      <span className="text-muted">
        by <HostileText text={control.by.name} max={80} className="text-ink" />
        {control.approvedBy && (
          <>
            , confirmed by <HostileText text={control.approvedBy.name} max={80} className="text-ink" />
          </>
        )}
        {control.containment !== undefined && ', with others'}
      </span>
      {control.reason && (
        <span className="min-w-0 break-words">
          “<HostileText text={control.reason} max={300} />”
        </span>
      )}
      {hold && <Times hold={hold} />}
    </p>
  )
}

function Times({ hold }: { hold: HoldView }) {
  const now = useNow(1_000)
  const soon = hold.expiresAtMs !== undefined && hold.expiresAtMs - now < 60_000
  return (
    <span className="flex items-center gap-1 text-muted">
      <Clock aria-hidden className="size-3 shrink-0" />
      <time dateTime={new Date(hold.sinceMs).toISOString()} title={dateTimeText(hold.sinceMs)}>
        asked {agoText(now - hold.sinceMs)}
      </time>
      <span aria-hidden>·</span>
      <span className={classNames(soon && 'text-warn')}>{untilText(hold.expiresAtMs, now)}</span>
    </span>
  )
}

function HoldActions({ row, hold }: { row: SessionRow; hold: HoldView }) {
  const control = useControl()
  const narrow = useIsNarrow()
  const size = narrow ? 'touch' : 'row'
  const action = inverseOf(hold.action)
  const what = `${wantedWord(hold).toLowerCase()} by ${visibleText(hold.by.name, { max: 60 })}`
  return (
    <span className="flex shrink-0 items-center gap-1.5">
      <ExtendMenu hold={hold} size={size} />
      {action && (
        <ActButton
          size={size}
          look={hold.action === 'revoke' ? 'revoked' : 'frozen'}
          aria-label={`Lift the ${what}`}
          title={`${controlName[action]}: lifts this cause only; what others hold stays`}
          onClick={() => void control(row, { action, capability: hold.capability, undoes: hold.control })}
        >
          Lift
        </ActButton>
      )}
    </span>
  )
}

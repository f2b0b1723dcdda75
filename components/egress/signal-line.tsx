'use client'
// One fact: a 38 px row on a wide screen, a card on a narrow one. Opens to the fact whole and to why it is tied, or not.
import { ChevronRight } from 'lucide-react'
import { type MouseEvent, memo, type ReactNode, useEffect, useId, useState } from 'react'
import { z } from 'zod'
import { EventView } from '../../server/protocol/browser-messages.ts'
import { type SignalView, TieView } from '../../server/protocol/signal-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { tieOf } from '../session/attribution-words.ts'
import { useListed } from '../settings/use-listed.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { signalPath } from './egress-url.ts'
import {
  bytesWords,
  delayText,
  endWords,
  happenedText,
  kindBeside,
  namesWords,
  outcomeWords,
  protocolWords,
} from './row-words.ts'
import { SignalDetail } from './signal-detail.tsx'
import { OutcomeMark, SeverityMark } from './signal-marks.tsx'
import { TieCell } from './tie-cell.tsx'
import { useAttribution } from './use-attribution.ts'

/** Columns of the heading and of each row, on a wide screen only. */
export const signalColumns =
  'xl:grid xl:grid-cols-[184px_minmax(180px,1.7fr)_minmax(176px,1.2fr)_52px_76px_minmax(116px,0.7fr)_minmax(184px,1.3fr)] xl:gap-x-4'

/** A fact does not change; what it is tied to may. */
const detailAgainMs = 10_000
export const Detail = z.object({ event: EventView, tie: TieView.optional() })
export type Detail = z.infer<typeof Detail>

type Props = {
  signal: SignalView
  open: boolean
  leaving: boolean
  onToggle: (id: string) => void
  onTie: (id: string, tie: TieView | undefined) => void
}

export const SignalLine = memo(function SignalLine({ signal, open, leaving, onToggle, onTie }: Props) {
  const id = useId()
  const [opened, setOpened] = useState(open)
  if (open && !opened) setOpened(true)
  const at = usePastAt()
  const detail = useListed(asOf(signalPath(signal.id), at), Detail, open, detailAgainMs)
  const attribution = useAttribution(opened ? signal.tie : undefined, signal.seq)
  const found = detail.value
  useEffect(() => {
    if (found) onTie(signal.id, found.tie)
  }, [found, signal.id, onTie])
  const delay = delayText(signal)
  const outcome = outcomeWords(signal)
  const bytes = bytesWords(signal)
  const protocol = protocolWords(signal)
  return (
    <li
      className={classNames(
        'border-b [content-visibility:auto] hover:bg-panel max-xl:[contain-intrinsic-size:auto_156px] xl:[contain-intrinsic-size:auto_39px]',
        'has-[[data-row]:focus]:bg-raised has-[[data-row]:focus]:shadow-[inset_2px_0_0_var(--info)]',
        leaving && 'opacity-85',
      )}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a wider target for the pointer; the button in it has the name and the keys */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        onClick={(event) => isMeantForRow(event) && onToggle(signal.id)}
        className={classNames(
          'cursor-pointer px-4 leading-[15px] max-xl:grid max-xl:grid-cols-2 max-xl:gap-x-4 max-xl:gap-y-1.5 max-xl:py-2.5 max-md:grid-cols-[auto_minmax(0,1fr)] max-md:gap-x-3 max-md:gap-y-1 max-md:px-3 max-md:pt-1 max-md:pb-3 xl:h-[38px] xl:items-center',
          signalColumns,
        )}
      >
        <button
          type="button"
          data-row={signal.id}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => onToggle(signal.id)}
          // Its outline stands clear of the arrow.
          className="-ml-1.5 flex min-w-0 items-center gap-2 rounded-sm pl-1.5 text-left outline-offset-[-2px] max-xl:col-span-full max-md:min-h-11 xl:h-full"
        >
          <ChevronRight aria-hidden className={classNames('size-3.5 shrink-0 text-muted', open && 'rotate-90')} />
          <span className="min-w-0 max-xl:flex max-xl:flex-wrap max-xl:gap-x-2">
            <time
              dateTime={new Date(signal.atMs).toISOString()}
              title={dateTimeText(signal.atMs)}
              className="block whitespace-nowrap font-mono text-sm leading-[15px]"
            >
              {happenedText(signal)}
            </time>
            {delay !== '' && <span className="block truncate text-xs text-muted">{delay}</span>}
            <span className="sr-only">{visibleText(signal.title, { max: 120 })}</span>
          </span>
        </button>
        <Cell name="What" className="max-xl:col-span-full">
          <HostileText
            text={signal.title}
            max={300}
            className="block font-medium max-xl:line-clamp-3 max-xl:break-words max-xl:text-base xl:truncate"
          />
          <span className="flex min-w-0 items-center gap-2 text-xs text-muted">
            {signal.severity && <SeverityMark severity={signal.severity} />}
            {outcome && <OutcomeMark outcome={outcome} />}
            <HostileText text={kindBeside(signal)} max={40} className="min-w-0 truncate" />
          </span>
        </Cell>
        <Cell name="From and to" className={classNames('max-md:col-span-full', !hasEnds(signal) && 'max-xl:hidden')}>
          <Ends signal={signal} />
        </Cell>
        <Cell name="Protocol" className={classNames('text-muted', protocol === '' && 'max-xl:hidden')}>
          {protocol === '' ? (
            '—'
          ) : (
            <HostileText text={protocol} max={24} className="block truncate font-mono text-sm" />
          )}
        </Cell>
        <Cell
          name="Bytes"
          className={classNames(
            'xl:text-right',
            protocol === '' ? 'max-md:col-span-full' : 'max-md:pl-0',
            bytes.length === 0 && 'max-xl:hidden',
          )}
        >
          {bytes.length === 0 && <span className="text-muted">—</span>}
          {bytes.map((words) => (
            <span key={words} className="whitespace-nowrap font-mono text-xs max-xl:mr-3 xl:block">
              {words}
            </span>
          ))}
        </Cell>
        <Cell
          name="Source"
          className="max-md:col-span-full max-md:flex max-md:min-w-0 max-md:items-baseline max-md:gap-2"
        >
          <HostileText text={signal.source ?? 'not told'} max={140} className="block truncate font-mono text-sm" />
          <span className="flex min-w-0 items-center gap-1.5 text-xs text-muted">
            <TrustBadge trust={signal.trust} className="shrink-0" />
            {signal.host && <HostileText text={signal.host} max={130} className="min-w-0 truncate font-mono" />}
          </span>
        </Cell>
        <Cell name="Tied to" className="max-md:col-span-full">
          <TieCell tie={signal.tie} leaving={leaving} known={attribution.event && tieOf(attribution.event.data)} />
        </Cell>
      </div>
      <div id={id} hidden={!open}>
        {open && <SignalDetail detail={detail} tie={signal.tie} attribution={attribution} />}
      </div>
    </li>
  )
})

function Cell({ name, className, children }: { name: string; className?: string; children: ReactNode }) {
  return (
    <div className={classNames('relative min-w-0 max-xl:pl-[22px]', className)}>
      <span className="sr-only">{name}: </span>
      {children}
    </div>
  )
}

/** Not what a link or button took, nor the end of marking an address to copy it. */
function isMeantForRow({ target }: MouseEvent): boolean {
  if (target instanceof Element && target.closest('a, button')) return false
  return window.getSelection()?.isCollapsed !== false
}

function hasEnds(signal: SignalView): boolean {
  return signal.from !== undefined || signal.to !== undefined || namesWords(signal) !== ''
}

function Ends({ signal }: { signal: SignalView }) {
  if (!hasEnds(signal)) return <span className="text-muted">—</span>
  const [from, to, names] = [endWords(signal.from), endWords(signal.to), namesWords(signal)]
  return (
    <>
      {from !== '' && (
        <HostileText text={from} max={80} className="block truncate font-mono text-xs leading-[15px] text-muted" />
      )}
      <span className="flex min-w-0 items-baseline gap-1.5">
        <span className="min-w-0 shrink-0 max-w-full truncate font-mono text-sm leading-[15px]">
          → <HostileText text={to === '' ? 'unknown address' : to} max={80} />
        </span>
        {names !== '' && <HostileText text={names} max={200} className="min-w-0 truncate text-xs text-muted" />}
      </span>
    </>
  )
}

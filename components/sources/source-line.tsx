'use client'
// One source: a row of figures on a wide screen, a card on a narrow one. Opens to what it sent and what was refused.
import { ChevronRight, CircleAlert, TriangleAlert } from 'lucide-react'
import { useId } from 'react'
import type { SourceView } from '../../server/protocol/source-view.ts'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { RowCell } from '../ui/row-cell.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'
import { SourceDetail } from './source-detail.tsx'
import { clockWords, figuresOf, heartbeatOf, lagText, recordRateText } from './source-words.ts'

/** Columns of the heading and of each row, on a wide screen only. */
export const sourceColumns =
  'xl:grid xl:grid-cols-[minmax(190px,1.6fr)_minmax(132px,0.8fr)_64px_76px_minmax(150px,1fr)_repeat(6,minmax(68px,0.5fr))] xl:gap-x-3'

type Props = { source: SourceView; now: number; open: boolean; onToggle: () => void }

export function SourceLine({ source, now, open, onToggle }: Props) {
  const id = useId()
  const heartbeat = heartbeatOf(source, now)
  const clock = clockWords(source.clock)
  return (
    <li className={classNames('border-b', heartbeat.tone === 'warn' ? 'bg-warn/5 hover:bg-warn/8' : 'hover:bg-panel')}>
      <div
        className={classNames(
          'px-4 py-1.5 leading-[15px] max-xl:py-2.5 max-md:px-3 xl:min-h-[38px] xl:items-center',
          sourceColumns,
        )}
      >
        <button
          type="button"
          data-row={source.id}
          aria-expanded={open}
          aria-controls={id}
          onClick={onToggle}
          className="flex w-full min-w-0 items-center gap-2 rounded-sm text-left max-md:min-h-11"
        >
          <ChevronRight aria-hidden className={classNames('size-3.5 shrink-0 text-muted', open && 'rotate-90')} />
          <span className="min-w-0 flex-1">
            <HostileText text={source.title} max={80} className="block truncate font-medium max-xl:text-base" />
            <span className="flex min-w-0 items-center gap-1.5 text-xs text-muted">
              <HostileText text={source.name} max={64} className="min-w-0 truncate font-mono" />
              <span aria-hidden>·</span>
              <TrustBadge trust={source.trust} className="shrink-0" />
            </span>
          </span>
        </button>
        <dl className="grid grid-cols-2 gap-x-4 gap-y-2 pl-[22px] max-xl:pt-2 sm:grid-cols-3 md:grid-cols-5 xl:contents">
          <RowCell name="heard">
            <span
              title={dateTimeText(source.lastSeenAtMs)}
              className={classNames(
                'inline-flex items-center gap-1',
                heartbeat.tone === 'warn' && 'font-medium text-warn',
              )}
            >
              {heartbeat.tone === 'warn' && <TriangleAlert aria-hidden className="size-3.5 shrink-0" />}
              {heartbeat.words}
            </span>
          </RowCell>
          <RowCell name="rate, last minute">{recordRateText(source.recordsPerSecond)}</RowCell>
          <RowCell name="lag">
            <span title="how late its newest facts came, by the two clocks as they are">{lagText(source.lagMs)}</span>
          </RowCell>
          <RowCell name="clock">
            {clock ? (
              <span title="added to its times before they are compared" className="block min-w-0">
                {clock.offset}
                <HostileText text={clock.against} max={120} className="block truncate text-xs text-muted" />
              </span>
            ) : (
              <span className="text-muted">not compared yet</span>
            )}
          </RowCell>
          {figuresOf(source).map(({ name, count, title, warn }) => (
            <RowCell key={name} name={name} isCount>
              <span
                title={title}
                className={classNames(
                  'inline-flex items-center gap-1 font-mono text-sm',
                  warn ? 'text-warn' : count === 0 && 'text-muted',
                )}
              >
                {warn && <CircleAlert aria-hidden className="size-3 shrink-0" />}
                {countText(count)}
              </span>
            </RowCell>
          ))}
        </dl>
      </div>
      <div id={id} hidden={!open}>
        {open && <SourceDetail source={source} />}
      </div>
    </li>
  )
}

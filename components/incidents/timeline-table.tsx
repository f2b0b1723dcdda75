'use client'
// The same facts in words, in the order that was chosen; a part at a time, because ten thousand rows help nobody.
import { useState } from 'react'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText } from '../ui/format-quantity.ts'
import { preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { TrustBadge } from '../ui/trust-badge.tsx'
import { lanes, type Order, timesOf } from './timeline-layout.ts'

const pageRows = 200
const heads = ['Time', 'Lasted', 'Lane', 'What', 'Vouched by'] as const

type Props = {
  items: readonly TimelineItem[]
  order: Order
  selected: TimelineItem | undefined
  onSelect: (item: TimelineItem) => void
}

export function TimelineTable({ items, order, selected, onSelect }: Props) {
  const [rows, setRows] = useState(pageRows)
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-left">
        <caption className="sr-only">
          What happened, {order === 'at' ? 'as it happened' : 'in the order in which it became known'}
        </caption>
        <thead>
          <tr className="border-b text-xs text-muted">
            {heads.map((head) => (
              <th key={head} scope="col" className="h-7 pr-4 font-normal">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.slice(0, rows).map((item) => {
            const { fromMs, toMs } = timesOf(item, order)
            return (
              <tr key={item.id} className={classNames('border-b align-baseline', item === selected && 'bg-raised')}>
                <td className="py-1.5 pr-4 font-mono whitespace-nowrap text-muted">{preciseClockText(fromMs)}</td>
                <td className="pr-4 whitespace-nowrap text-muted">{lastedText(item, fromMs, toMs)}</td>
                <td className="pr-4 text-muted">{lanes.find(({ lane }) => lane === item.lane)?.name}</td>
                <td className="min-w-48 pr-4 break-words">
                  <button type="button" onClick={() => onSelect(item)} className="text-left hover:underline">
                    <HostileText
                      text={item.label}
                      max={160}
                      className={item.tone === 'critical' ? 'text-critical' : ''}
                    />
                  </button>
                </td>
                <td>
                  <TrustBadge trust={item.trust} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {items.length > rows && (
        <div className="flex items-center gap-3 py-3 text-muted">
          <Button className="max-md:h-11" onClick={() => setRows(rows + pageRows)}>
            Show more
          </Button>
          {countText(rows)} of {countText(items.length)} are shown.
        </div>
      )}
    </div>
  )
}

function lastedText({ form, opensBefore, opensAfter }: TimelineItem, fromMs: number, toMs: number | undefined): string {
  if (form === 'moment') return ''
  if (toMs === undefined) return 'no end seen'
  if (!opensBefore && !opensAfter) return spanText(toMs - fromMs)
  return toMs === fromMs ? 'not known' : `${spanText(toMs - fromMs)} or more`
}

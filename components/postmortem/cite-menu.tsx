'use client'
// Which fact is cited at the cursor: flags, receipts and what was tied, by time.
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import type { Postmortem } from '../../server/protocol/postmortem.ts'
import { clockText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'

type Props = { of: Postmortem; onCite: (id: string) => void }

export function CiteMenu({ of: { evidence }, onCite }: Props) {
  const ties = evidence.ties.flatMap(({ fact, action }) => [fact, action])
  const unique = new Map([...evidence.flags, ...evidence.receipts, ...ties].map((item) => [item.id, item]))
  const items = [...unique.values()].sort((a, b) => a.atMs - b.atMs)
  return (
    <select
      aria-label="Cite a fact"
      value=""
      disabled={items.length === 0}
      onChange={(event) => event.target.value !== '' && onCite(event.target.value)}
      className="h-7 w-36 rounded-md border border-line-strong bg-raised px-2 text-sm font-medium disabled:text-faint max-md:h-11"
    >
      <option value="">{items.length === 0 ? 'No fact to cite' : 'Cite a fact…'}</option>
      {items.map((item) => (
        <option key={item.id} value={item.id}>
          {words(item)}
        </option>
      ))}
    </select>
  )
}

/** An option holds text alone: what would hide or reorder in it is made visible. */
function words({ atMs, lane, label }: TimelineItem): string {
  return `${clockText(atMs)} · ${lane} · ${visibleText(label, { max: 70 })}`
}

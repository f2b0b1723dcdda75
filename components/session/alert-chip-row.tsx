'use client'
// The alerts tied to one action, under its line: what each says and how sure the tie is. A chip leads to the line of the tie.
import { ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { HostileText } from '../ui/hostile-text.tsx'
import { type AlertChip, chipsShown } from './alert-chips.ts'
import { levelWords } from './attribution-words.ts'
import { TieLevelIcon } from './tie-mark.tsx'

type Props = { chips: readonly AlertChip[]; onGo: (seq: number) => void }

const chipClass =
  'inline-flex h-5 min-w-0 max-w-full items-center gap-1 rounded-sm border border-line-strong bg-raised px-1.5 text-xs text-ink hover:border-faint max-md:h-9 max-md:px-2.5'

export function AlertChipRow({ chips, onGo }: Props) {
  const [all, setAll] = useState(false)
  const shown = all ? chips : chips.slice(0, chipsShown)
  const more = chips.length - shown.length
  return (
    <ul
      aria-label="Alerts tied to this action"
      className="flex flex-wrap gap-1.5 pr-4 pb-2 pl-[140px] max-md:pr-3 max-md:pl-[104px]"
    >
      {shown.map((chip) => (
        <li key={`${chip.level} ${chip.title}`} className="min-w-0 max-w-full">
          <button type="button" title="Go to the tie" onClick={() => onGo(chip.seq)} className={chipClass}>
            <ShieldAlert aria-hidden className="size-3 shrink-0 text-warn" />
            <span className="min-w-0 truncate">
              <span className="sr-only">Alert </span>
              <HostileText text={chip.title} max={120} />
            </span>
            {chip.count > 1 && <span className="shrink-0 text-muted">×{chip.count}</span>}
            <span className="inline-flex shrink-0 items-center gap-1 text-muted">
              · <TieLevelIcon level={chip.level} /> {levelWords[chip.level]}
            </span>
          </button>
        </li>
      ))}
      {more > 0 && (
        <li>
          <button
            type="button"
            onClick={() => setAll(true)}
            aria-label={`Show ${more} more alerts tied to this action`}
            className={chipClass}
          >
            +{more}
          </button>
        </li>
      )}
    </ul>
  )
}

'use client'
// Words to narrow the facts by, by whether they are tied, and the new ones that wait; in one line that never changes its height.
import type { RefObject } from 'react'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import type { Ties } from './egress-url.ts'

const toggles: readonly { value: Ties; word: string }[] = [
  { value: 'tied', word: 'Tied' },
  { value: 'untied', word: 'Untied' },
]

type Props = {
  q: string
  ties: Ties
  /** `12 new`; empty where none wait. */
  waiting: string
  /** `200 of 683` */
  shown: string
  onChange: (change: { q?: string; ties?: Ties }) => void
  onInsert: () => void
  input: RefObject<HTMLInputElement | null>
}

export function EgressBar({ q, ties, waiting, shown, onChange, onInsert, input }: Props) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b px-4 py-1.5 max-md:px-3">
      <FilterChips
        label="Tied to a session"
        chips={toggles}
        on={[ties]}
        onToggle={(value) => onChange({ ties: ties === value ? 'all' : value })}
      />
      <span className="text-muted max-md:ml-auto">
        {shown}
        {shown !== '' && <span className="max-md:sr-only">, newest to arrive first</span>}
      </span>
      <span role="status" className="contents">
        {waiting !== '' && (
          <button
            type="button"
            onClick={onInsert}
            className="h-7 shrink-0 rounded-md bg-info/12 px-2 text-sm font-medium text-info hover:bg-info/20 max-md:h-11"
          >
            {waiting} · show
          </button>
        )}
      </span>
      <FilterField
        of="facts"
        value={q}
        onChange={(next) => onChange({ q: next })}
        hint="title, address, name, session"
        input={input}
        className="w-72 max-md:order-first"
      />
    </div>
  )
}

'use client'
// Words and states to narrow the list by; `/` puts the cursor here; Enter gives it back and keeps the words, Escape takes them away.
import type { RefObject } from 'react'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { useLiveUrl } from './live-url.ts'
import { type StateGroup, stateGroups } from './session-filter.ts'

const words: Readonly<Record<StateGroup, string>> = {
  running: 'Running',
  paused: 'Paused',
  asked: 'Asked',
  silent: 'Silent',
  ended: 'Ended',
}

const chips = stateGroups.map((value) => ({ value, word: words[value] }))

type Props = {
  shown: number
  total: number
  /** New sessions that wait because the table is in use. Told here, in a line that never changes its height. */
  waiting: number
  onInsert: () => void
  input: RefObject<HTMLInputElement | null>
}

export function FilterBar({ shown, total, waiting, onInsert, input }: Props) {
  const [{ q, state }, setUrl] = useLiveUrl()
  const toggle = (group: StateGroup) => {
    const next = state.includes(group) ? state.filter((each) => each !== group) : [...state, group]
    void setUrl({ state: next.length === 0 ? null : next })
  }
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b px-4 py-1.5 max-md:gap-y-1.5">
      <h2 className="font-medium max-md:leading-9">Sessions</h2>
      <span className="text-muted" aria-live="polite">
        {shown === total ? countText(total) : `${countText(shown)} of ${countText(total)}`}
      </span>
      {waiting > 0 && (
        <button
          type="button"
          onClick={onInsert}
          className="h-6 shrink-0 rounded-md bg-info/12 px-2 text-sm font-medium text-info hover:bg-info/20 max-md:h-9"
        >
          {plural(waiting, 'new session')} · show
        </button>
      )}
      <FilterChips label="State" chips={chips} on={state} onToggle={toggle} className="max-md:order-3 max-md:w-full" />
      <FilterField
        of="sessions"
        value={q}
        onChange={(next) => void setUrl({ q: next === '' ? null : next })}
        hint="agent, task, host, command"
        input={input}
        className="max-md:order-2 max-md:h-9"
      />
    </div>
  )
}

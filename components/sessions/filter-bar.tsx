'use client'
// Words, states and chips to narrow the list by; columns, saved views, and whether it is a table or lanes. `/` puts the cursor into the
// field; Enter gives it back and keeps the words, Escape takes them away.
import { ChartGantt, Rows3, X } from 'lucide-react'
import type { RefObject } from 'react'
import { classNames } from '../ui/class-names.ts'
import { FilterChips } from '../ui/filter-chips.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { ColumnMenu, FilterMenu, useToggleChip, ViewMenu } from './bar-menus.tsx'
import { useChips, useLiveUrl } from './live-url.ts'
import { activeChips, type StateGroup, stateGroups } from './session-filter.ts'

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
  /** Sessions that are gone or fit no more, and are kept in their place meanwhile. */
  leaving: number
  /** Why rows keep their place now. */
  stillBecause: string | undefined
  onInsert: () => void
  input: RefObject<HTMLInputElement | null>
}

export function FilterBar({ shown, total, waiting, leaving, stillBecause, onInsert, input }: Props) {
  const [{ q, state, view }, setUrl] = useLiveUrl()
  const toggle = (group: StateGroup) => {
    const next = state.includes(group) ? state.filter((each) => each !== group) : [...state, group]
    void setUrl({ state: next.length === 0 ? null : next })
  }
  return (
    <div className="shrink-0 border-b">
      {/* One line that never wraps: a table that moves down under the pointer is one that the hand has left. */}
      <div className="flex items-center gap-x-2 px-4 py-1.5 max-md:flex-wrap max-md:gap-y-1.5">
        <h2 className="shrink-0 font-medium max-md:leading-9">Sessions</h2>
        <span className="mr-1 shrink-0 text-muted" aria-live="polite">
          {shown === total ? countText(total) : `${countText(shown)} of ${countText(total)}`}
        </span>
        {waiting + leaving > 0 && (
          <button
            type="button"
            onClick={onInsert}
            title={stillBecause && `Rows keep their place: ${stillBecause}`}
            className="h-6 shrink-0 rounded-md bg-info/12 px-2 text-sm font-medium text-info hover:bg-info/20 max-md:h-9"
          >
            {waiting > 0 ? `${countText(waiting)} new` : plural(leaving, 'change')} · show
          </button>
        )}
        <FilterChips
          label="State"
          chips={chips}
          on={state}
          onToggle={toggle}
          className="max-md:order-3 max-md:w-full"
        />
        <span className="flex shrink-0 items-center max-md:order-1 max-md:ml-auto">
          <FilterMenu />
          <ViewMenu />
          {view === 'table' && (
            <span className="max-md:hidden">
              <ColumnMenu />
            </span>
          )}
        </span>
        <ViewSwitch />
        <FilterField
          of="sessions"
          value={q}
          onChange={(next) => void setUrl({ q: next === '' ? null : next })}
          hint="name, task, host"
          input={input}
          className="w-auto min-w-24 max-w-64 flex-1 max-md:order-2 max-md:h-9 max-md:w-full max-md:max-w-none max-md:flex-none"
        />
      </div>
      <ActiveChips />
    </div>
  )
}

/** What narrows the list besides words and states; each with its way out. */
function ActiveChips() {
  const active = activeChips(useChips())
  const toggle = useToggleChip()
  if (active.length === 0) return null
  return (
    <ul aria-label="Narrowed to" className="flex flex-wrap gap-1.5 px-4 pb-1.5">
      {active.map(({ chip, value, words: said }) => (
        <li key={`${chip} ${value}`} className="min-w-0">
          <button
            type="button"
            title="Take this away"
            onClick={() => toggle(chip, value)}
            className="inline-flex h-6 max-w-72 items-center gap-1 rounded-md border border-line-strong bg-raised px-2 text-sm max-md:h-9"
          >
            <HostileText text={said} max={80} className="min-w-0 truncate" />
            <X aria-hidden className="size-3 shrink-0" />
            <span className="sr-only">: take this away</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

const switches = [
  { value: 'table', word: 'Table', icon: Rows3 },
  { value: 'lanes', word: 'Lanes', icon: ChartGantt },
] as const

function ViewSwitch() {
  const [{ view }, setUrl] = useLiveUrl()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset
    <div role="group" aria-label="Shown as" className="flex shrink-0 rounded-md border max-md:order-1">
      {switches.map(({ value, word, icon: Icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={view === value}
          aria-label={word}
          onClick={() => void setUrl({ view: value === 'table' ? null : value })}
          className={classNames(
            'inline-flex h-[26px] items-center gap-1.5 rounded-[5px] px-2 text-sm outline-offset-[-2px] max-md:h-9',
            view === value ? 'bg-raised text-ink' : 'text-muted hover:text-ink',
          )}
        >
          <Icon aria-hidden className="size-3.5" />
          <span className="max-xl:sr-only">{word}</span>
        </button>
      ))}
    </div>
  )
}

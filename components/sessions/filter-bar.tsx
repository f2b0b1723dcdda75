'use client'
// Words and states to narrow the list by; `/` puts the cursor here; Enter gives it back and keeps the words, Escape takes them away.
import { ListFilter, X } from 'lucide-react'
import { type RefObject, useEffect, useState } from 'react'
import { classNames } from '../ui/class-names.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { useLiveUrl } from './live-url.ts'
import { type StateGroup, stateGroups } from './session-filter.ts'

const words: Readonly<Record<StateGroup, string>> = {
  running: 'Running',
  paused: 'Paused',
  asked: 'Asked',
  silent: 'Silent',
  ended: 'Ended',
}

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
  const [text, setText] = useState(q)
  useEffect(() => setText(q), [q])
  const change = (next: string) => {
    setText(next)
    void setUrl({ q: next === '' ? null : next })
  }
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
      {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset */}
      <div role="group" aria-label="State" className="flex gap-1 overflow-x-auto max-md:order-3 max-md:w-full">
        {stateGroups.map((group) => {
          const on = state.includes(group)
          return (
            <button
              key={group}
              type="button"
              aria-pressed={on}
              onClick={() => toggle(group)}
              className={classNames(
                'inline-flex h-6 shrink-0 items-center gap-1 rounded-md border px-2 text-sm max-md:h-9 max-md:px-3',
                on
                  ? 'border-line-strong bg-raised text-ink'
                  : 'border-transparent text-muted hover:bg-raised hover:text-ink',
              )}
            >
              {words[group]}
              {on && <X aria-hidden className="size-3" />}
            </button>
          )
        })}
      </div>
      <label className="ml-auto flex h-7 w-64 items-center gap-2 rounded-md border bg-panel px-2 text-muted focus-within:border-info max-md:order-2 max-md:ml-0 max-md:h-9 max-md:w-full">
        <ListFilter aria-hidden className="size-3.5 shrink-0" />
        <span className="sr-only">Filter sessions</span>
        <input
          ref={input}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            // Enter keeps the words and gives the keys back to the list.
            if (event.key === 'Enter') event.currentTarget.blur()
            if (event.key !== 'Escape') return
            if (text === '') event.currentTarget.blur()
            else change('')
          }}
          placeholder="Filter: agent, task, host, command…"
          spellCheck={false}
          autoComplete="off"
          className="min-w-0 flex-1 bg-transparent text-sm text-ink outline-none max-md:text-[16px]"
        />
        <span className="max-md:hidden">
          <KeyCap>/</KeyCap>
        </span>
      </label>
    </div>
  )
}

'use client'
// Words to narrow the facts by, by whether they are tied, and the new ones that wait; in one line that never changes its height.
import { ListFilter, X } from 'lucide-react'
import type { RefObject } from 'react'
import { classNames } from '../ui/class-names.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import type { Ties } from './egress-url.ts'

const toggles = [
  { value: 'tied', word: 'Tied' },
  { value: 'untied', word: 'Untied' },
] as const satisfies readonly { value: Ties; word: string }[]

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
      {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset */}
      <div role="group" aria-label="Tied to a session" className="flex gap-1">
        {toggles.map(({ value, word }) => {
          const on = ties === value
          return (
            <button
              key={value}
              type="button"
              aria-pressed={on}
              onClick={() => onChange({ ties: on ? 'all' : value })}
              className={classNames(
                'inline-flex h-7 shrink-0 items-center gap-1 rounded-md border px-2 text-sm max-md:h-11 max-md:px-3',
                on ? 'border-line-strong bg-raised text-ink' : 'text-muted hover:bg-raised hover:text-ink',
              )}
            >
              {word}
              {on && <X aria-hidden className="size-3" />}
            </button>
          )
        })}
      </div>
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
      <label className="ml-auto flex h-7 w-72 items-center gap-2 rounded-md border bg-panel px-2 text-muted focus-within:border-info max-md:order-first max-md:ml-0 max-md:h-11 max-md:w-full">
        <ListFilter aria-hidden className="size-3.5 shrink-0" />
        <span className="sr-only">Filter facts</span>
        <input
          ref={input}
          value={q}
          maxLength={200}
          onChange={(event) => onChange({ q: event.target.value })}
          onKeyDown={(event) => {
            // Enter keeps the words and gives the keys back to the list.
            if (event.key === 'Enter') event.currentTarget.blur()
            if (event.key !== 'Escape') return
            if (q === '') event.currentTarget.blur()
            else onChange({ q: '' })
          }}
          placeholder="Filter: title, address, name, session…"
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

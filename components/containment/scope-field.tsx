'use client'
// One field of a scope: type to find among the values that exist now, or type another exactly. What is typed counts at once,
// letter by letter: nothing that stands in a field may be left out of what the button says. A finished value is shown as a chip through HostileText, never as the text of an input: an agent may have written it.
import { X } from 'lucide-react'
import { type KeyboardEvent, useId, useRef, useState } from 'react'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import type { Suggestion } from './candidates.ts'

const shown = 50
const valueMax = 512

type Props = {
  name: string
  value: string
  suggestions: readonly Suggestion[]
  /** At every key: what stands in the field is what is meant. */
  onChange: (value: string) => void
}

export function ScopeField({ name, value, suggestions, onChange }: Props) {
  const id = useId()
  /** What is being typed; empty while the value is a chip, or there is none. */
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const input = useRef<HTMLInputElement>(null)
  const clear = useRef<HTMLButtonElement>(null)
  const wanted = text.trim().toLowerCase()
  const found = suggestions.filter((each) => visibleText(each.value).toLowerCase().includes(wanted)).slice(0, shown)
  const listed = open && found.length > 0
  const choose = (next: string) => {
    onChange(next)
    setText('')
    setOpen(false)
    setActive(-1)
  }
  /** The field becomes a chip under the hand that filled it in: the focus stays with it. */
  const chooseHere = (next: string) => {
    choose(next)
    requestAnimationFrame(() => clear.current?.focus())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      const step = event.key === 'ArrowDown' ? 1 : -1
      setActive((at) => (found.length === 0 ? -1 : (at + step + found.length) % found.length))
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      const picked = found[active]?.value ?? text.trim()
      if (picked !== '') chooseHere(picked)
    }
    if (event.key === 'Escape') {
      choose('')
    }
  }
  if (value !== '' && text === '') {
    return (
      <div className="min-w-0">
        <span className="mb-1 block text-sm text-muted">{name}</span>
        <span className="flex h-9 items-center gap-1 rounded-md border border-critical/50 bg-critical/8 pl-3 max-md:h-11">
          <HostileText text={value} max={120} className="min-w-0 flex-1 truncate font-mono text-sm" />
          <button
            ref={clear}
            type="button"
            aria-label={`Any ${name.toLowerCase()} instead of ${visibleText(value, { max: 80 })}`}
            onClick={() => {
              onChange('')
              requestAnimationFrame(() => input.current?.focus())
            }}
            className="flex size-8 shrink-0 items-center justify-center text-muted hover:text-ink max-md:size-11"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </span>
      </div>
    )
  }
  return (
    <div className="relative min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm text-muted">
        {name}
      </label>
      <input
        ref={input}
        id={id}
        role="combobox"
        aria-expanded={listed}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={listed && active >= 0 ? `${id}-${active}` : undefined}
        value={text}
        maxLength={valueMax}
        placeholder={suggestions.length > 0 ? 'any' : 'any, or exact'}
        spellCheck={false}
        autoComplete="off"
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value)
          onChange(event.target.value.trim())
          setOpen(true)
          setActive(-1)
        }}
        onKeyDown={onKeyDown}
        onBlur={() => (text.trim() === '' ? setOpen(false) : choose(text.trim()))}
        className="h-9 w-full rounded-md border border-line-strong bg-canvas px-3 outline-offset-0 max-md:h-11 max-md:text-[16px]"
      />
      <ul
        id={`${id}-list`}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the listbox of the combobox above
        role="listbox"
        aria-label="Values that running sessions have"
        hidden={!listed}
        className="absolute inset-x-0 top-full z-10 mt-1 max-h-44 overflow-y-auto rounded-md border border-line-strong bg-raised p-1"
      >
        {found.map((each, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the combobox's, which keeps the focus
          <li
            key={each.value}
            id={`${id}-${index}`}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of the listbox
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => chooseHere(each.value)}
            className={classNames(
              'flex h-7 cursor-pointer items-center gap-2 rounded-sm px-2 text-sm hover:bg-panel max-md:h-10',
              index === active && 'bg-panel outline outline-1 outline-info',
            )}
          >
            <HostileText text={each.value} max={80} className="min-w-0 flex-1 truncate font-mono" />
            <span className="shrink-0 text-muted">{plural(each.sessions, 'session')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

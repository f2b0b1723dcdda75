'use client'
// The field that narrows a list by words. Enter gives the keys back to the list and keeps the words; Escape takes them away, and leaves
// once there are none.
import { ListFilter } from 'lucide-react'
import { type RefObject, useEffect, useState } from 'react'
import { classNames } from './class-names.ts'
import { KeyCap } from './key-cap.tsx'

type Props = {
  /** What is filtered, for those who do not see where it stands: "rules". */
  of: string
  value: string
  onChange: (value: string) => void
  /** What can be typed: "title, behaviour, technique". */
  hint: string
  input: RefObject<HTMLInputElement | null>
  className?: string
}

const charactersMax = 200

export function FilterField({ of, value, onChange, hint, input, className }: Props) {
  // Its own copy: an address that follows a moment later must not move the cursor.
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const change = (next: string) => {
    setText(next)
    onChange(next)
  }
  return (
    <label
      className={classNames(
        'ml-auto flex h-7 w-64 items-center gap-2 rounded-md border bg-panel px-2 text-muted focus-within:border-info max-md:ml-0 max-md:h-11 max-md:w-full',
        className,
      )}
    >
      <ListFilter aria-hidden className="size-3.5 shrink-0" />
      <span className="sr-only">Filter {of}</span>
      <input
        ref={input}
        value={text}
        maxLength={charactersMax}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur()
          if (event.key !== 'Escape') return
          if (text === '') event.currentTarget.blur()
          else change('')
        }}
        placeholder={`Filter: ${hint}…`}
        spellCheck={false}
        autoComplete="off"
        className="min-w-0 flex-1 bg-transparent text-sm text-ink outline-none max-md:text-[16px]"
      />
      <span className="max-md:hidden">
        <KeyCap>/</KeyCap>
      </span>
    </label>
  )
}

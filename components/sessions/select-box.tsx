'use client'
// Picks a row for containing several at once: a box beside its state, seen under the pointer, on the focused row and while any is picked.
import { useContext } from 'react'
import { classNames } from '../ui/class-names.ts'
import { SelectionContext } from './selection-context.ts'

/** Stands inside a row's first cell; the row is what it is placed by. */
export function SelectBox({ session, ended }: { session: string; ended: boolean }) {
  const { ids, toggle } = useContext(SelectionContext)
  const on = ids.has(session)
  if (ended) return null
  return (
    <>
      {on && <span aria-hidden className="pointer-events-none absolute inset-0 bg-info/10" />}
      <label className="absolute inset-y-0 left-0 flex w-[18px] cursor-pointer items-center pl-[4px] max-md:w-11 max-md:items-end max-md:pb-1.5">
        <input
          type="checkbox"
          checked={on}
          tabIndex={-1}
          aria-label={`Select ${session}`}
          onChange={() => toggle(session)}
          className={classNames(
            'size-3 cursor-pointer accent-info opacity-0 focus-visible:opacity-100',
            '[[data-session]:hover_&]:opacity-100 [[data-session][aria-current]_&]:opacity-100 [[data-selecting]_&]:opacity-100',
          )}
        />
      </label>
    </>
  )
}

'use client'
// j, k, o and / over a list whose rows have a heading marked `data-row`: the same in every room. The list itself decides what a click does.
import type { RefObject } from 'react'
import { useShortcuts } from './use-shortcuts.ts'

type Lists = {
  list: RefObject<HTMLElement | null>
  /** The field that `/` leads to; left out where there is none. */
  filter?: RefObject<HTMLInputElement | null> | undefined
}

/** The heading of the row in which the focus is. */
export function rowInFocus(): HTMLElement | undefined {
  return document.activeElement?.closest('li')?.querySelector<HTMLElement>('[data-row]') ?? undefined
}

export function useRowKeys({ list, filter }: Lists): void {
  const move = (step: number) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const here = rowInFocus()
    const at = here ? all.indexOf(here) : -1
    const next = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]
    next?.focus({ preventScroll: true })
    next?.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    o: () => rowInFocus()?.click(),
    ...(filter && { '/': () => filter.current?.focus() }),
  })
}

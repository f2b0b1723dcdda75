'use client'
// One tab stop for a whole map of links: the arrow keys move inside it, Enter opens.
import { useRouter } from 'next/navigation'
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef, useState } from 'react'
import { type Step, stepFrom } from './heat-cell.ts'

const rowSteps: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  Home: 'first',
  End: 'last',
}
/** Where a host is a column, along its GPUs is down. */
const columnSteps: Readonly<Record<string, Step>> = {
  ...rowSteps,
  ArrowLeft: 'up',
  ArrowRight: 'down',
  ArrowUp: 'left',
  ArrowDown: 'right',
}

/** `sizes`: GPUs of each host, in order. Cells are links with `data-cell`, their number over all hosts. */
export function useRoving(sizes: readonly number[], hostsAre: 'rows' | 'columns') {
  const router = useRouter()
  const map = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const [pointed, setPointed] = useState<number>()
  const cellOf = (target: EventTarget) =>
    target instanceof Element ? (target.closest<HTMLAnchorElement>('a[data-cell]') ?? undefined) : undefined
  const numberOf = (target: EventTarget) => {
    const number = cellOf(target)?.dataset.cell
    return number === undefined ? undefined : Number(number)
  }
  return {
    /** The cell that Tab leads to. */
    at: Math.min(at, Math.max(0, sizes.reduce((sum, size) => sum + size, 0) - 1)),
    /** The cell that is pointed at or has the focus. */
    pointed,
    props: {
      ref: map,
      onKeyDown(event: KeyboardEvent) {
        const step = (hostsAre === 'rows' ? rowSteps : columnSteps)[event.key]
        const here = numberOf(event.target)
        if (step === undefined || here === undefined || event.altKey || event.ctrlKey || event.metaKey) return
        event.preventDefault()
        const next = map.current?.querySelector<HTMLElement>(`[data-cell="${stepFrom(sizes, here, step)}"]`)
        next?.focus({ preventScroll: true })
        next?.scrollIntoView({ block: 'nearest' })
      },
      onFocus(event: { target: EventTarget }) {
        const number = numberOf(event.target)
        if (number === undefined) return
        setAt(number)
        setPointed(number)
      },
      onBlur: () => setPointed(undefined),
      onPointerOver: (event: PointerEvent) => setPointed(numberOf(event.target)),
      onPointerLeave: () => setPointed(undefined),
      onClick(event: MouseEvent) {
        const cell = cellOf(event.target)
        if (!cell || event.button !== 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        router.push(cell.getAttribute('href') ?? '/gpus')
      },
    },
  }
}

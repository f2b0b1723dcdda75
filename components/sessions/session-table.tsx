'use client'
// The virtualised table. Rows are drawn by index into a stable order and keep still while the table is in use.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type MouseEvent, type RefObject, useCallback, useContext, useEffect, useRef, useState } from 'react'
import { useToggle } from '../controls/use-control.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { classNames } from '../ui/class-names.ts'
import { useIsNarrow } from '../ui/use-media-query.ts'
import type { RowOrder, SortKey } from './row-order.ts'
import { SelectionContext } from './selection-context.ts'
import { columnsClass, SessionLine } from './session-line.tsx'
import { sessionPath } from './session-path.ts'
import { useSteadyRows } from './use-steady-rows.ts'

type Props = {
  order: RowOrder
  sort: SortKey
  onSort: (key: SortKey) => void
  onStill: (still: boolean) => void
  /** Escape: nothing is picked any more. */
  onLetGo: () => void
  filterInput: RefObject<HTMLInputElement | null>
  scroller: RefObject<HTMLDivElement | null>
}

const columns: readonly { name: string; sort?: SortKey }[] = [
  { name: 'State' },
  { name: 'Session', sort: 'started' },
  { name: 'Agent · task' },
  { name: 'Host · GPU' },
  { name: 'Risk', sort: 'risk' },
  { name: 'Doing now' },
  { name: 'Egress', sort: 'egress' },
  { name: 'CPU · GPU', sort: 'cpu' },
  { name: 'Control' },
]

export function SessionTable({ order, sort, onSort, onStill, onLetGo, filterInput, scroller }: Props) {
  const narrow = useIsNarrow()
  const router = useRouter()
  const toggle = useToggle()
  const picking = useContext(SelectionContext)
  const [focused, setFocused] = useState<string>()
  const { ids } = order
  const height = narrow ? 69 : 39
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 6,
    useFlushSync: false,
  })
  useEffect(() => {
    if (height > 0) virtual.measure()
  }, [height, virtual])

  // In use: the pointer is over the rows, one of them has the focus, or the list is scrolled away from its top.
  const use = useRef({ over: false, within: false, scrolled: false })
  const mark = useCallback(
    (change: Partial<typeof use.current>) => {
      Object.assign(use.current, change)
      onStill(use.current.over || use.current.within || use.current.scrolled)
    },
    [onStill],
  )

  const rows = useRef<HTMLDivElement>(null)
  const putBack = useSteadyRows(
    { scroller, rows },
    useCallback(() => use.current.over, []),
  )

  const move = (step: number) => {
    const at = focused === undefined ? -1 : ids.indexOf(focused)
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + step))]
    if (next === undefined) return
    setFocused(next)
    virtual.scrollToIndex(ids.indexOf(next))
    requestAnimationFrame(() => rowElement(scroller.current, next)?.focus({ preventScroll: true }))
  }
  const open = () => focused !== undefined && router.push(sessionPath(focused))
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    o: open,
    Enter: open,
    p: () => focused !== undefined && toggle(focused),
    x: () => focused !== undefined && picking.toggle(focused),
    ...(picking.ids.size > 0 && { Escape: onLetGo }),
    '/': () => filterInput.current?.focus(),
  })

  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are virtualised and positioned, which table elements cannot be
    <div role="table" aria-label="Sessions" aria-rowcount={ids.length + 1} className="flex min-h-0 flex-1 flex-col">
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className="shrink-0 border-b max-md:sr-only">
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: its buttons take the focus */}
        <div
          role="row"
          aria-rowindex={1}
          className={classNames(columnsClass, 'h-7 items-center pr-4 text-xs text-muted')}
        >
          {columns.map((column, index) => (
            <ColumnHead
              key={column.name}
              column={column}
              last={index === columns.length - 1}
              sort={sort}
              onSort={onSort}
            />
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div
        ref={scroller}
        role="rowgroup"
        tabIndex={focused === undefined ? 0 : -1}
        aria-label="Rows"
        className="facts min-h-0 flex-1 overflow-y-auto overflow-x-hidden outline-offset-[-2px]"
        onPointerEnter={(event) => event.pointerType === 'mouse' && mark({ over: true })}
        onPointerLeave={() => {
          putBack()
          mark({ over: false })
        }}
        onMouseDownCapture={(event) => event.shiftKey && event.preventDefault()}
        onClickCapture={(event) => {
          const session = event.shiftKey ? sessionUnder(event) : undefined
          if (session === undefined) return
          event.preventDefault()
          event.stopPropagation()
          picking.range(session)
        }}
        onFocus={() => mark({ within: true })}
        onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && mark({ within: false })}
        onScroll={(event) => mark({ scrolled: event.currentTarget.scrollTop > 0 })}
      >
        <div ref={rows} role="presentation" className="relative" style={{ height: virtual.getTotalSize() + footPx }}>
          {virtual.getVirtualItems().map((item) => {
            const id = ids[item.index]
            if (id === undefined) return null
            return (
              <SessionLine
                key={id}
                session={id}
                index={item.index}
                top={item.start}
                focused={id === focused}
                leaving={order.leaving.has(id)}
                narrow={narrow}
                onFocus={setFocused}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

/** Room below the last row, so that the bar of the selection hides none. */
const footPx = 64

function sessionUnder(event: MouseEvent): string | undefined {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-session]') : null
  return row?.dataset.session
}

type HeadProps = { column: (typeof columns)[number]; last: boolean; sort: SortKey; onSort: (key: SortKey) => void }

function ColumnHead({ column, last, sort, onSort }: HeadProps) {
  const key = column.sort
  const on = key !== undefined && key === sort
  const silent = column.name === 'State' || column.name === 'Control'
  return (
    // biome-ignore lint/a11y/useSemanticElements: header of a virtualised table
    // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus
    <div role="columnheader" aria-sort={on ? 'descending' : undefined} className={last ? 'text-right' : undefined}>
      {silent && <span className="sr-only">{column.name}</span>}
      {key !== undefined && (
        <button
          type="button"
          title={`${key === 'started' ? 'Newest first' : `Most ${column.name} first`}, sorted once: rows do not move by themselves`}
          onClick={() => onSort(key)}
          className={classNames('inline-flex items-center gap-1 hover:text-ink', on && 'text-ink')}
        >
          {column.name}
          {on && <ArrowDown aria-hidden className="size-3" />}
        </button>
      )}
      {key === undefined && !silent && column.name}
    </div>
  )
}

function rowElement(scroller: HTMLElement | null, session: string): HTMLElement | undefined {
  for (const each of scroller?.querySelectorAll<HTMLElement>('[data-session]') ?? [])
    if (each.dataset.session === session) return each
  return undefined
}

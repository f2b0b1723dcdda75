'use client'
// The virtualised table. Rows are drawn by index into a stable order and keep still while the table is in use.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowDownUp, ArrowUp } from 'lucide-react'
import { useRouter } from 'next/navigation'
import {
  type MouseEvent,
  memo,
  type RefObject,
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useToggle } from '../controls/use-control.ts'
import { useLive } from '../live/live-context.tsx'
import { useLooking } from '../live/use-looking.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { classNames } from '../ui/class-names.ts'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { type ColumnKey, columns, gridOf } from './columns.ts'
import { ListRest } from './list-rest.ts'
import { type RowOrder, type SortKey, sortWords } from './row-order.ts'
import { SelectionContext } from './selection-context.ts'
import { SessionLine } from './session-line.tsx'
import { sessionPath } from './session-path.ts'
import { type Still, whyStill } from './still.ts'
import { useSteadyRows } from './use-steady-rows.ts'

type Props = {
  order: RowOrder
  /** The same array while the columns are the same. */
  columns: readonly ColumnKey[]
  sort: SortKey
  /** The other way round. */
  up: boolean
  onSort: (key: SortKey) => void
  /** Why rows must keep their place; undefined: they need not. */
  onStill: (why: string | undefined) => void
  /** Escape: nothing is picked any more. */
  onLetGo: () => void
  filterInput: RefObject<HTMLInputElement | null>
  scroller: RefObject<HTMLDivElement | null>
}

export const SessionTable = memo(function SessionTable(props: Props) {
  const { order, columns: chosen, sort, up, onSort, onStill, onLetGo, filterInput, scroller } = props

  const narrow = useIsNarrow()
  const router = useRouter()
  const toggle = useToggle()
  const picking = useContext(SelectionContext)
  const [focused, setFocused] = useState<string>()
  // A transition: making rows whole gives way to a hand that goes on.
  const [rest] = useState(() => new ListRest((tell) => startTransition(tell)))
  useEffect(() => () => rest.stop(), [rest])
  const { ids } = order
  const height = narrow ? 69 : 39
  const grid = useMemo(() => gridOf(chosen), [chosen])
  // The same functions while the rows are the same: with others it would measure all ten thousand again at every turn of the wheel.
  const getItemKey = useCallback((index: number) => ids[index] ?? index, [ids])
  const estimateSize = useCallback(() => height, [height])
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    getItemKey,
    overscan: 6,
    useFlushSync: false,
  })
  useEffect(() => {
    if (height > 0) virtual.measure()
  }, [height, virtual])

  const items = virtual.getVirtualItems()
  useLooking(items.map((item) => ids[item.index]).filter((id) => id !== undefined))
  const { connection } = useLive()

  // In use: the pointer is over the rows, one of them has the focus, or the list is scrolled away from its top.
  const use = useRef<Still>({ over: false, within: false, scrolled: false })
  const mark = useCallback(
    (change: Partial<Still>) => {
      Object.assign(use.current, change)
      onStill(whyStill(use.current))
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
    <div
      role="table"
      aria-label="Sessions"
      aria-rowcount={ids.length + 1}
      className="min-h-0 flex-1 overflow-x-auto overflow-y-hidden"
    >
      <div role="presentation" style={{ minWidth: narrow ? undefined : grid.minPx }} className="flex h-full flex-col">
        <ColumnHeads columns={chosen} template={grid.template} sort={sort} up={up} onSort={onSort} />
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div
          ref={scroller}
          role="rowgroup"
          tabIndex={focused === undefined ? 0 : -1}
          aria-label="Rows"
          className="facts min-h-0 flex-1 overflow-y-auto overflow-x-hidden outline-offset-[-2px] contain-strict"
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
          onScroll={(event) => {
            connection?.moves()
            // Whether a row is picked is no matter of rest.
            if (picking.ids.size === 0) rest.moves()
            mark({ scrolled: event.currentTarget.scrollTop > 0 })
          }}
        >
          <div ref={rows} role="presentation" className="relative" style={{ height: virtual.getTotalSize() + footPx }}>
            {items.map((item) => {
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
                  columns={chosen}
                  template={grid.template}
                  rest={rest}
                  onFocus={setFocused}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
})

type HeadsProps = Pick<Props, 'columns' | 'sort' | 'up' | 'onSort'> & { template: string }

/** Not drawn again while only rows move. */
const ColumnHeads = memo(function ColumnHeads({ columns: chosen, template, sort, up, onSort }: HeadsProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: of a virtualised table
    <div role="rowgroup" className="shrink-0 border-b max-md:sr-only">
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: its buttons take the focus */}
      <div
        role="row"
        aria-rowindex={1}
        style={{ gridTemplateColumns: template }}
        className="grid h-7 items-center gap-x-3 pr-4 text-xs text-muted"
      >
        <ColumnHead name="State" word="" sorts="state" sort={sort} up={up} onSort={onSort} />
        <ColumnHead name="Session" sorts="started" sort={sort} up={up} onSort={onSort} />
        {chosen.map((key) => (
          <ColumnHead key={key} {...headOf(key)} sort={sort} up={up} onSort={onSort} />
        ))}
        {/* biome-ignore lint/a11y/useSemanticElements: header of a virtualised table */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: it is only read */}
        <div role="columnheader">
          <span className="sr-only">Control</span>
        </div>
      </div>
    </div>
  )
})

/** Room below the last row, so that the bar of the selection hides none. */
const footPx = 64

function sessionUnder(event: MouseEvent): string | undefined {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-session]') : null
  return row?.dataset.session
}

function headOf(key: ColumnKey): { name: string; sorts: SortKey | undefined } {
  return { name: columns[key].name, sorts: columns[key].sort }
}

type HeadProps = {
  name: string
  /** As it stands there, where that is another. */
  word?: string
  sorts: SortKey | undefined
  sort: SortKey
  up: boolean
  onSort: (key: SortKey) => void
}

function ColumnHead({ name, word = name, sorts, sort, up, onSort }: HeadProps) {
  const on = sorts !== undefined && sorts === sort
  const Arrow = on && up ? ArrowUp : on ? ArrowDown : ArrowDownUp
  return (
    // biome-ignore lint/a11y/useSemanticElements: header of a virtualised table
    // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus
    <div
      role="columnheader"
      aria-sort={on ? (up ? 'ascending' : 'descending') : undefined}
      className={classNames('min-w-0 truncate', word === '' && 'text-center')}
    >
      {sorts === undefined ? (
        name
      ) : (
        <button
          type="button"
          title={`${sortWords[sorts][on && !up ? 1 : 0]}, sorted once: rows do not move by themselves`}
          onClick={() => onSort(sorts)}
          className={classNames('inline-flex items-center gap-1 hover:text-ink', on && 'text-ink')}
        >
          {word}
          {word === '' && <span className="sr-only">{name}</span>}
          {(on || word === '') && <Arrow aria-hidden className="size-3" />}
        </button>
      )}
    </div>
  )
}

function rowElement(scroller: HTMLElement | null, session: string): HTMLElement | undefined {
  for (const each of scroller?.querySelectorAll<HTMLElement>('[data-session]') ?? [])
    if (each.dataset.session === session) return each
  return undefined
}

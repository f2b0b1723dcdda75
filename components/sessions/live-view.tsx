'use client'
// The Live page: figures, filter, and every session in one table that stays still under the hand; and what was picked out of it.
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { WaitingColumn } from '../approvals/waiting-column.tsx'
import { WaitingStrip } from '../approvals/waiting-strip.tsx'
import { useView, useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { EmptyList } from './empty-list.tsx'
import { FiguresStrip } from './figures-strip.tsx'
import { FilterBar } from './filter-bar.tsx'
import { useLiveUrl } from './live-url.ts'
import type { SortKey } from './row-order.ts'
import { mayBePicked, noSelection, select } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'
import { SelectionContext } from './selection-context.ts'
import { SessionTable } from './session-table.tsx'
import { useRowOrder } from './use-row-order.ts'

export function LiveView() {
  const ready = useWatch({ view: 'live' })
  const { stale } = useStaleness()
  const [{ q, state, sort }, setUrl] = useLiveUrl()
  const hasColumn = useMediaQuery('(min-width: 1600px)')
  const [still, setStill] = useState(false)
  const filterInput = useRef<HTMLInputElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const { order, total, sortAgain, insert } = useRowOrder({ query: q, states: state, sort, ready, still })
  const rows = useView((view) => view.rows)
  const [selection, dispatch] = useReducer(select, noSelection)
  if (ready && select(selection, { type: 'follow', rows }) !== selection) dispatch({ type: 'follow', rows })
  const shown = order.ids.filter((id) => mayBePicked(rows.get(id)))
  const newestShown = useRef(shown)
  useEffect(() => {
    newestShown.current = shown
  })
  const picking = useMemo(
    () => ({
      ids: new Set(selection.ids),
      toggle: (id: string) => dispatch({ type: 'toggle', id }),
      range: (id: string) => dispatch({ type: 'range', to: id, order: newestShown.current }),
    }),
    [selection.ids],
  )
  const onSort = useCallback(
    (key: SortKey) => {
      void setUrl({ sort: key === 'started' ? null : key })
      sortAgain()
    },
    [setUrl, sortAgain],
  )
  return (
    <div data-stale={stale} className="flex min-h-0 flex-1 flex-col">
      {ready ? <FiguresStrip /> : <div className="h-[77px] shrink-0 border-b max-md:h-[67px]" />}
      {ready && !hasColumn && <WaitingStrip stale={stale} />}
      <div className="flex min-h-0 flex-1">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <FilterBar
            shown={ready ? order.ids.length : 0}
            total={ready ? total : 0}
            waiting={order.waiting.length}
            onInsert={() => {
              insert()
              scroller.current?.scrollTo({ top: 0 })
            }}
            input={filterInput}
          />
          {!ready && <LoadingRows />}
          {ready && order.ids.length === 0 && order.waiting.length === 0 && <EmptyList total={total} />}
          {ready && (order.ids.length > 0 || order.waiting.length > 0) && (
            <div
              data-selecting={selection.ids.length > 0 || undefined}
              className="relative flex min-h-0 flex-1 flex-col"
            >
              <SelectionContext value={picking}>
                <SessionTable
                  order={order}
                  sort={sort}
                  onSort={onSort}
                  onStill={setStill}
                  onLetGo={() => dispatch({ type: 'clear' })}
                  filterInput={filterInput}
                  scroller={scroller}
                />
              </SelectionContext>
              <SelectionBar
                selection={selection}
                rest={shown.filter((id) => !picking.ids.has(id)).length}
                onAll={() => dispatch({ type: 'all', order: shown })}
                onClear={() => dispatch({ type: 'clear' })}
              />
            </div>
          )}
        </div>
        {ready && hasColumn && <WaitingColumn />}
      </div>
    </div>
  )
}

/** As high as the rows that will be here, so that nothing shifts when they come. */
function LoadingRows() {
  return (
    <div className="min-h-0 flex-1 overflow-hidden">
      <p className="sr-only" role="status">
        Waiting for the first snapshot
      </p>
      <div aria-hidden className="h-7 border-b max-md:hidden" />
      {Array.from({ length: 14 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders are all alike
        <div key={index} aria-hidden className="flex h-[39px] items-center gap-8 border-b px-4 max-md:h-[69px]">
          <div className="size-4 rounded-full bg-raised" />
          <div className="h-2.5 w-28 rounded-sm bg-raised" />
          <div className="h-2.5 w-40 rounded-sm bg-raised max-md:hidden" />
          <div className="h-2.5 flex-1 rounded-sm bg-raised" />
        </div>
      ))}
    </div>
  )
}

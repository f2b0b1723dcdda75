'use client'
// The Live page: figures, filter, and every session in one table or on one time axis, still under the hand; what was picked out of it;
// and beside it what needs a decision and what is flagged.
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { WaitingStrip } from '../approvals/waiting-strip.tsx'
import { useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { usePacedView } from '../live/use-paced-view.ts'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { EmptyList } from './empty-list.tsx'
import { FiguresStrip } from './figures-strip.tsx'
import { FilterBar } from './filter-bar.tsx'
import { FlaggedStrip } from './flagged-strip.tsx'
import { Lanes } from './lanes.tsx'
import { LiveLower } from './live-lower.tsx'
import { useChips, useLiveUrl } from './live-url.ts'
import { RightSide } from './right-side.tsx'
import type { SortKey } from './row-order.ts'
import { mayBePicked, noSelection, select } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'
import { SelectionContext } from './selection-context.ts'
import { SessionTable } from './session-table.tsx'
import { useColumns } from './use-columns.ts'
import { useRowOrder } from './use-row-order.ts'

export function LiveView() {
  const isTold = useWatch({ view: 'live' })
  const { stale } = useStaleness()
  const [{ q, state, sort, up, view }, setUrl] = useLiveUrl()
  const chips = useChips()
  const [columns] = useColumns()
  const hasColumn = useMediaQuery('(min-width: 1600px)')
  const [still, setStill] = useState<string>()
  const filterInput = useRef<HTMLInputElement>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const { rows, toCome } = usePacedView()
  const isWhole = toCome === 0
  // The newest rows come first; any other order begins when all are there.
  const ready = isTold && (isWhole || (sort === 'started' && !up))
  const [selection, dispatch] = useReducer(select, noSelection)
  if (ready && select(selection, { type: 'follow', rows }) !== selection) dispatch({ type: 'follow', rows })
  const stillBecause = still ?? (selection.ids.length > 0 ? 'some are selected' : undefined)
  const { order, total, sortAgain, insert } = useRowOrder({
    query: q,
    states: state,
    chips,
    sort,
    up,
    ready,
    still: stillBecause !== undefined,
  })
  // Walked through only when somebody picks: ten thousand rows are not looked at in every frame.
  const shown = selection.ids.length === 0 ? [] : order.ids.filter((id) => mayBePicked(rows.get(id)))
  const newest = useRef({ order, rows })
  useEffect(() => {
    newest.current = { order, rows }
  })
  const picking = useMemo(
    () => ({
      ids: new Set(selection.ids),
      toggle: (id: string) => dispatch({ type: 'toggle', id }),
      range: (id: string) => {
        const { order: on, rows: known } = newest.current
        dispatch({ type: 'range', to: id, order: on.ids.filter((each) => mayBePicked(known.get(each))) })
      },
    }),
    [selection.ids],
  )
  const newestSort = useRef({ sort, up, sortAgain })
  useEffect(() => {
    newestSort.current = { sort, up, sortAgain }
  })
  const onSort = useCallback(
    (key: SortKey) => {
      const now = newestSort.current
      // The same again turns it round.
      const nextUp = key === now.sort && !now.up
      void setUrl({ sort: key === 'started' ? null : key, up: nextUp ? true : null })
      now.sortAgain()
    },
    [setUrl],
  )
  const letGo = useCallback(() => dispatch({ type: 'clear' }), [])
  const isEmpty = order.ids.length === 0 && order.waiting.length === 0
  return (
    // On a low screen (200 % zoom, a phone on its side) nothing would be left for the rows: then the room scrolls to them.
    <div data-stale={stale} className="flex min-h-0 flex-1 flex-col [@media(max-height:560px)]:overflow-y-auto">
      {ready ? <FiguresStrip /> : <div className="h-[77px] shrink-0 border-b max-md:h-[121px]" />}
      {ready && !hasColumn && (
        <>
          <WaitingStrip stale={stale} />
          <FlaggedStrip />
        </>
      )}
      <div className="flex min-h-0 flex-1 [@media(max-height:560px)]:min-h-[300px] [@media(max-height:560px)]:shrink-0">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <FilterBar
            shown={ready ? order.ids.length : 0}
            total={ready ? total : 0}
            waiting={order.waiting.length}
            leaving={order.leaving.size}
            stillBecause={stillBecause}
            onInsert={() => {
              insert()
              scroller.current?.scrollTo({ top: 0 })
            }}
            input={filterInput}
          />
          {(!ready || (isEmpty && !isWhole)) && <LoadingRows />}
          {ready && isEmpty && isWhole && <EmptyList total={total} />}
          {ready && !isEmpty && view === 'lanes' && (
            <Lanes order={order} onStill={setStill} filterInput={filterInput} scroller={scroller} />
          )}
          {ready && !isEmpty && view === 'table' && (
            <div
              data-selecting={selection.ids.length > 0 || undefined}
              className="relative flex min-h-0 flex-1 flex-col"
            >
              <SelectionContext value={picking}>
                <SessionTable
                  order={order}
                  columns={columns}
                  sort={sort}
                  up={up}
                  onSort={onSort}
                  onStill={setStill}
                  onLetGo={letGo}
                  filterInput={filterInput}
                  scroller={scroller}
                />
              </SelectionContext>
              <SelectionBar
                selection={selection}
                rest={shown.filter((id) => !picking.ids.has(id)).length}
                onAll={() => dispatch({ type: 'all', order: shown })}
                onClear={letGo}
              />
            </div>
          )}
          <LiveLower />
        </div>
        {ready && hasColumn && <RightSide />}
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

'use client'
// The same sessions on one time axis, a lane each: a stuck or odd one shows at a glance. Filter, sorting and stillness are the table's.
import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { LaneMark } from '../../server/protocol/live-view.ts'
import { useHold, useLive } from '../live/live-context.tsx'
import { useLooking } from '../live/use-looking.ts'
import { useNow } from '../live/use-now.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useRowKeys } from '../shell/use-row-keys.ts'
import { classNames } from '../ui/class-names.ts'
import { clockText } from '../ui/format-time.ts'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { type Axis, axisOf, placeOf, type Span, spans, ticksOf } from './lane-axis.ts'
import { LaneLine, looksOf } from './lane-line.tsx'
import type { Look } from './lane-paths.ts'
import { lanePaths } from './lane-paths.ts'
import { useLiveUrl } from './live-url.ts'
import type { RowOrder } from './row-order.ts'
import { type Still, whyStill } from './still.ts'
import { useLanes } from './use-lanes.ts'

type Props = {
  order: RowOrder
  onStill: (why: string | undefined) => void
  filterInput: RefObject<HTMLInputElement | null>
  scroller: RefObject<HTMLDivElement | null>
}

const spanWords: Readonly<Record<Span, string>> = { '5': '5 min', '15': '15 min', '60': '1 h', '240': '4 h' }
const labelPx = 232
const endPx = 16
const phonePx = 24

export function Lanes({ order, onStill, filterInput, scroller }: Props) {
  const narrow = useIsNarrow()
  const [{ span }, setUrl] = useLiveUrl()
  const { held } = useHold()
  const [areaPx, setAreaPx] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const use = useRef<Still>({ over: false, within: false, scrolled: false })
  const live = useNow(held ? undefined : 1_000)
  const heldAt = useRef(live)
  if (!held) heldAt.current = live
  const nowMs = held ? heldAt.current : live
  const axis = useMemo(() => axisOf(span, nowMs), [span, nowMs])
  const width = Math.max(0, areaPx - (narrow ? phonePx : labelPx + endPx))
  const { ids } = order
  const height = narrow ? 58 : 36
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => ids[index] ?? index,
    overscan: 4,
    useFlushSync: false,
  })
  useEffect(() => {
    if (height > 0) virtual.measure()
  }, [height, virtual])
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(() => setAreaPx(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller])
  useRowKeys({ list, filter: filterInput })
  const mark = useCallback(
    (change: Partial<Still>) => {
      Object.assign(use.current, change)
      onStill(whyStill(use.current))
    },
    [onStill],
  )
  const items = virtual.getVirtualItems()
  const visible = items.map((item) => ids[item.index]).filter((id) => id !== undefined)
  useLooking(visible)
  const { connection } = useLive()
  const { laneOf, problem } = useLanes(visible, Number(span) * 60_000)
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b px-4 py-1 text-xs text-muted max-md:px-3">
        <Legend />
        {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles, not a form's fieldset */}
        <div role="group" aria-label="Stretch of time" className="ml-auto flex">
          {spans.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === span}
              onClick={() => void setUrl({ span: each === '15' ? null : each })}
              className={classNames(
                'h-6 rounded-md px-2 outline-offset-[-2px] max-md:h-9',
                each === span ? 'bg-raised text-ink' : 'hover:text-ink',
              )}
            >
              {spanWords[each]}
            </button>
          ))}
        </div>
      </div>
      <Ruler axis={axis} width={width} narrow={narrow} />
      {problem && (
        <div className="px-4 pb-2">
          <ProblemLine problem={problem} />
        </div>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only notes that a hand is on the rows */}
      <div
        ref={scroller}
        className="facts min-h-0 flex-1 overflow-y-auto overflow-x-hidden"
        onPointerEnter={(event) => event.pointerType === 'mouse' && mark({ over: true })}
        onPointerLeave={() => mark({ over: false })}
        onFocus={() => mark({ within: true })}
        onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && mark({ within: false })}
        onScroll={(event) => {
          connection?.moves()
          mark({ scrolled: event.currentTarget.scrollTop > 0 })
        }}
      >
        <ul ref={list} aria-label="Lanes" className="relative" style={{ height: virtual.getTotalSize() }}>
          {width > 0 &&
            items.map((item) => {
              const id = ids[item.index]
              if (id === undefined) return null
              return (
                <LaneLine
                  key={id}
                  session={id}
                  top={item.start}
                  height={height}
                  width={width}
                  axis={axis}
                  nowMs={nowMs}
                  lane={laneOf(id)}
                  leaving={order.leaving.has(id)}
                  narrow={narrow}
                />
              )
            })}
        </ul>
      </div>
    </div>
  )
}

function Ruler({ axis, width, narrow }: { axis: Axis; width: number; narrow: boolean }) {
  const all = ticksOf(axis)
  const ticks = narrow ? all.filter((_, index) => index % 2 === 0) : all
  return (
    <div
      aria-hidden
      className="relative h-6 shrink-0 overflow-hidden border-b font-mono text-xs text-muted"
      style={{ marginLeft: narrow ? phonePx / 2 : labelPx, width }}
    >
      {ticks.map((atMs) => (
        <span
          key={atMs}
          style={{ left: placeOf(axis, atMs) * width }}
          className="absolute inset-y-0 flex items-center border-l pl-1"
        >
          {clockText(atMs).slice(0, 5)}
        </span>
      ))}
    </div>
  )
}

const sample = (what: LaneMark['what'], tool?: LaneMark['tool'], isBad = false): LaneMark => ({
  seq: 0,
  what,
  atMs: 0,
  text: '',
  isBad,
  trust: 'vigil',
  ...(tool && { tool }),
})

const legend: readonly { look: Look; word: string; mark: LaneMark }[] = [
  { look: 'shell', word: 'shell', mark: sample('action', 'shell') },
  { look: 'files', word: 'files', mark: sample('action', 'files') },
  { look: 'network', word: 'web', mark: sample('action', 'network') },
  { look: 'other', word: 'other tool', mark: sample('action', 'other') },
  { look: 'failed', word: 'failed', mark: sample('action', 'shell', true) },
  { look: 'page', word: 'page-level flag', mark: sample('flag', undefined, true) },
  { look: 'warning', word: 'warning', mark: sample('flag') },
  { look: 'waiting', word: 'waits for a person', mark: sample('waiting') },
  { look: 'paused', word: 'paused', mark: sample('paused') },
  { look: 'gap', word: 'gap', mark: sample('gap') },
]

function Legend() {
  return (
    <ul aria-label="What marks mean" className="flex flex-wrap gap-x-3.5 gap-y-1 max-md:hidden">
      {legend.map(({ look, word, mark }) => {
        const [path] = lanePaths([{ mark, x: 2, endX: 14 }], { width: 18, height: 18 })
        return (
          <li key={look} className="flex items-center gap-1">
            <svg aria-hidden width={18} height={18}>
              {path && <path d={path.d} className={looksOf[look]} />}
            </svg>
            {word}
          </li>
        )
      })}
    </ul>
  )
}

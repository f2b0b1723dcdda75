'use client'
// The drawing itself: an SVG of at most some 1,500 shapes, however many facts. It is for the eye; the table and the cards say the same in words.
import { memo, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { GpuCourse, TimelineItem, TimelineTone } from '../../server/protocol/incident-timeline.ts'
import { clockText, preciseClockText, spanText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { GpuCourses } from './gpu-courses.tsx'
import {
  besideShare,
  inLanes,
  type Layout,
  laidFor,
  layoutOf,
  movedBy,
  type Order,
  panned,
  type Range,
  rowHeight,
  type Shape,
  ticksOf,
  timesOf,
  xOf,
  zoomed,
} from './timeline-layout.ts'
import { useWidth } from './use-width.ts'

const axisHeight = 40
const tiesMax = 200
const dragPx = 4

const fill: Readonly<Record<TimelineTone, string>> = {
  critical: 'fill-critical',
  warn: 'fill-warn',
  frozen: 'fill-frozen',
  plain: 'fill-faint',
}

type Props = {
  items: readonly TimelineItem[]
  order: Order
  range: Range
  onRange: (range: Range) => void
  selected: TimelineItem | undefined
  onSelect: (item: TimelineItem) => void
  firstAtMs: number
  detectedAtMs: number
  gpus: readonly GpuCourse[]
}

export function TimelineDrawing(props: Props) {
  const { items, order, range, onRange, selected, onSelect, firstAtMs, detectedAtMs, gpus } = props
  const { frame, width } = useWidth(200)
  const sorted = useMemo(() => inLanes(items, order), [items, order])
  const laid = useLaid(range)
  const layout = useMemo(
    () => layoutOf(sorted, laid, width, gpus.length, besideShare),
    [sorted, laid, width, gpus.length],
  )
  const { shift, scale } = movedBy(laid, range, width)
  const [cursorX, setCursorX] = useState<number>()
  const drag = useRef<{ x: number; range: Range; moved: boolean }>(undefined)
  const msOf = (x: number) => range.fromMs + (x / width) * (range.toMs - range.fromMs)
  const placeOf = (event: { clientX: number; clientY: number; currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top - axisHeight }
  }
  const newest = useRef({ range, width, onRange })
  useEffect(() => {
    newest.current = { range, width, onRange }
  })
  // A wheel that zooms must keep the page from scrolling, which a listener of React's may not.
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const wheel = (event: WheelEvent) => {
      const now = newest.current
      const span = now.range.toMs - now.range.fromMs
      if (event.ctrlKey || event.metaKey) {
        const part = (event.clientX - element.getBoundingClientRect().left) / now.width
        now.onRange(zoomed(now.range, now.range.fromMs + part * span, event.deltaY > 0 ? 1.25 : 0.8))
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        now.onRange(panned(now.range, (event.deltaX / now.width) * span))
      } else return
      event.preventDefault()
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [frame])
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const { x } = placeOf(event)
    setCursorX(x)
    const from = drag.current
    if (!from) return
    if (!from.moved && Math.abs(x - from.x) < dragPx) return
    from.moved = true
    onRange(panned(from.range, (-(x - from.x) / width) * (from.range.toMs - from.range.fromMs)))
  }
  const release = (event: PointerEvent<SVGSVGElement>) => {
    const from = drag.current
    drag.current = undefined
    if (!from || from.moved) return
    const { x: shownX, y } = placeOf(event)
    const x = (shownX - shift) / scale
    const hit = layout.shapes.findLast(
      (each) => x >= each.x - 3 && x <= each.x + each.width + 3 && y >= each.y && y <= each.y + rowHeight,
    )
    if (hit) onSelect(hit.item)
  }
  const height = axisHeight + layout.height
  const chosen = selected && layout.shapeOf.get(selected.id)
  const cursor = cursorX ?? (selected && xOf(timesOf(selected, order).fromMs, range, width))
  return (
    <div className="flex min-w-0 gap-3 max-md:flex-col max-md:gap-0">
      <ul aria-label="Lanes" className="relative w-20 shrink-0 text-sm text-muted max-md:sr-only" style={{ height }}>
        {layout.bands.map(({ lane, name, y, height: high }) => (
          <li key={lane} className="absolute" style={{ top: axisHeight + y + high / 2 - 9 }}>
            {name}
          </li>
        ))}
      </ul>
      <div ref={frame} className="min-w-0 flex-1 overflow-hidden">
        <svg
          aria-hidden
          width={width}
          height={height}
          className="block touch-pan-y cursor-crosshair select-none"
          onPointerDown={(event) => {
            if (event.button !== 0) return
            event.currentTarget.setPointerCapture(event.pointerId)
            drag.current = { x: placeOf(event).x, range, moved: false }
          }}
          onPointerMove={move}
          onPointerUp={release}
          onPointerCancel={() => {
            drag.current = undefined
          }}
          onPointerLeave={() => setCursorX(undefined)}
        >
          <Axis range={range} width={width} height={height} />
          <g transform={`translate(0 ${axisHeight})`}>
            {layout.bands.map(({ lane, y, height: high }) => (
              <rect key={lane} x={0} y={y - 2} width={width} height={high + 4} className="fill-panel" />
            ))}
            <GpuCourses
              gpus={gpus}
              range={range}
              width={width}
              y={layout.bands.find(({ lane }) => lane === 'gpu')?.y ?? 0}
            />
            <g transform={`translate(${shift} 0) scale(${scale} 1)`}>
              <Drawn items={items} layout={layout} width={width} />
            </g>
            {/* A narrow screen has no column for the names. */}
            {layout.bands.map(({ lane, name, y, height: high }) => (
              <text
                key={lane}
                x={width - 4}
                y={y + high - 1}
                textAnchor="end"
                className="pointer-events-none fill-muted text-xs md:hidden"
              >
                {name}
              </text>
            ))}
            {chosen && (
              <rect
                x={shift + chosen.x * scale - 2}
                y={chosen.y}
                width={chosen.width * scale + 4}
                height={rowHeight - 2}
                rx={3}
                className="fill-none stroke-ink stroke-2"
              />
            )}
          </g>
          <Delay range={range} width={width} order={order} firstAtMs={firstAtMs} detectedAtMs={detectedAtMs} />
          {cursor !== undefined && cursor >= 0 && cursor <= width && (
            <g className="pointer-events-none">
              <line x1={cursor} x2={cursor} y1={16} y2={height} className="stroke-ink/70" />
              <g transform={`translate(${Math.min(width - 36, Math.max(36, cursor))} 0)`}>
                <rect x={-36} y={0} width={72} height={16} rx={3} className="fill-ink" />
                <text y={12} textAnchor="middle" className="fill-canvas font-mono text-xs">
                  {clockText(msOf(cursor))}
                </text>
              </g>
            </g>
          )}
        </svg>
      </div>
    </div>
  )
}

const restMs = 120

/** What the shapes are laid out for: while it is moved they are shown as they are, and laid out anew when it rests or they would run out. */
function useLaid(range: Range): Range {
  const [laid, setLaid] = useState(range)
  const now = laidFor(laid, range)
  if (now !== laid) setLaid(now)
  useEffect(() => {
    if (laid.fromMs === range.fromMs && laid.toMs === range.toMs) return
    const timer = setTimeout(() => setLaid(range), restMs)
    return () => clearTimeout(timer)
  }, [laid, range])
  return now
}

/** Drawn anew only when it is laid out anew. */
const Drawn = memo(function Drawn({ items, layout, width }: Pick<Props, 'items'> & { layout: Layout; width: number }) {
  return (
    <>
      <Ties items={items} shapeOf={layout.shapeOf} />
      <Shapes shapes={layout.shapes} shown={width} />
    </>
  )
})

function Axis({ range, width, height }: { range: Range; width: number; height: number }) {
  const ticks = ticksOf(range, width)
  // Closer than a second, each says more than its second: two with the same label would be one time at two places.
  const label = ticks.some((at) => at % 1_000 !== 0) ? preciseClockText : clockText
  return ticks.map((at) => {
    const x = xOf(at, range, width)
    return (
      <g key={at}>
        <line x1={x} x2={x} y1={34} y2={height} className="stroke-line" />
        <text x={x + 3} y={12} className="fill-muted font-mono text-xs">
          {label(at)}
        </text>
      </g>
    )
  })
}

/** From the first evidence to the first flag: how long nobody could know. */
function Delay({
  range,
  width,
  order,
  firstAtMs,
  detectedAtMs,
}: Pick<Props, 'range' | 'order' | 'firstAtMs' | 'detectedAtMs'> & { width: number }) {
  if (order !== 'at' || detectedAtMs <= firstAtMs) return null
  const from = Math.max(0, xOf(firstAtMs, range, width))
  const to = Math.min(width, xOf(detectedAtMs, range, width))
  if (to < 0 || from > width) return null
  return (
    <g className="pointer-events-none">
      <path d={`M${from} 38 V30 H${Math.max(to, from + 2)} V38`} className="fill-none stroke-warn" />
      <text x={Math.max(0, Math.min(from + 4, width - 130))} y={27} className="fill-warn text-xs">
        detected in {spanText(detectedAtMs - firstAtMs)}
      </text>
    </g>
  )
}

function Ties({ items, shapeOf }: { items: readonly TimelineItem[]; shapeOf: ReadonlyMap<string, Shape> }) {
  const drawn = new Set<string>()
  const paths: { d: string; tone: TimelineTone }[] = []
  for (const { id, tie } of items) {
    const from = tie && shapeOf.get(tie.to)
    const to = tie && shapeOf.get(id)
    if (!from || !to || from === to || paths.length >= tiesMax) continue
    const [x1, y1, x2, y2] = [
      from.x + Math.min(from.width / 2, 30),
      from.y + rowHeight - 3,
      to.x + Math.min(to.width / 2, 5),
      to.y + 3,
    ]
    const d = `M${x1} ${y1} C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`
    if (drawn.has(d)) continue
    drawn.add(d)
    paths.push({ d, tone: to.item.tone })
  }
  return paths.map(({ d, tone }) => (
    <path
      key={d}
      d={d}
      strokeDasharray="3 3"
      className={tone === 'critical' ? 'fill-none stroke-critical' : 'fill-none stroke-warn'}
    />
  ))
}

/** Nobody knows how far it reaches: it is not drawn as if it ended there. */
const openPx = 16
const openEnd = { className: 'fill-none stroke-warn stroke-2', strokeDasharray: '2 3' } as const

/** `shown`: how wide what is looked at is; words of what reaches out of it stand inside. */
function Shapes({ shapes, shown }: { shapes: readonly Shape[]; shown: number }) {
  return shapes.map(({ item, count, x, y, width, labelWidth, isMoment, isCrowd }) => {
    const left = x + width > 0 ? Math.max(0, x) : x
    const end = x + (isMoment ? labelWidth : Math.min(labelWidth, width))
    const room = (left < shown ? Math.min(end, shown) : end) - left - (isMoment ? 14 : 8)
    const more = count > 1 ? ` +${count - 1}` : ''
    const letters = Math.floor(room / 6.6)
    const words = isCrowd ? `${count} more` : visibleText(item.label, { max: 120 }) + more
    return (
      <g key={item.id} className={item.tone === 'plain' ? undefined : fill[item.tone]}>
        {isMoment ? (
          <path d={`M${x + 5} ${y + 4} l5 5 l-5 5 l-5 -5 z`} className={fill[item.tone]} />
        ) : (
          <rect
            x={x}
            y={y + 1}
            width={Math.max(1, width - 1)}
            height={rowHeight - 4}
            rx={2}
            className={`${fill[item.tone]} opacity-85`}
          />
        )}
        {item.opensBefore && <path d={`M${x - openPx} ${y + rowHeight / 2 - 1}H${x}`} {...openEnd} />}
        {item.opensAfter && <path d={`M${x + width} ${y + rowHeight / 2 - 1}h${openPx}`} {...openEnd} />}
        {letters >= 4 && (
          <text
            x={left + (isMoment ? 14 : 4)}
            y={y + 13}
            className={isMoment ? 'fill-ink text-xs' : 'fill-canvas font-mono text-xs'}
          >
            {words.length > letters ? `${words.slice(0, letters - 1)}…` : words}
          </text>
        )}
      </g>
    )
  })
}

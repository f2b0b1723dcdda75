// The two forms of chart: spans as lines that stop where nothing was measured, and counts as bars that are absent where nothing was heard.
// A press on a step leads to what is behind it; for the keyboard the table beside it has the same links.
import { useRouter } from 'next/navigation'
import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  type MouseHandlerDataParam,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { chartAxis, chartTooltip } from '../ui/chart-look.ts'
import { countText } from '../ui/format-quantity.ts'
import { spanText } from '../ui/format-time.ts'
import { spanTicks, tickText } from './span-ticks.ts'

/** Where step `index` leads; undefined: nowhere. */
type Behind = (index: number) => string | undefined

function useBehind(behind: Behind) {
  const router = useRouter()
  return ({ activeTooltipIndex }: MouseHandlerDataParam) => {
    const index = Number(activeTooltipIndex)
    const path = activeTooltipIndex == null || !Number.isInteger(index) ? undefined : behind(index)
    if (path !== undefined) router.push(path)
  }
}

const margin = { top: 6, right: 8, bottom: 0, left: 0 }
const xAxis = { dataKey: 'label', ...chartAxis, minTickGap: 28, height: 18 } as const

const spanLines = [
  { key: 'median', word: 'Median', stroke: 'var(--info)', strokeWidth: 2, dash: undefined },
  { key: 'mean', word: 'Mean', stroke: 'var(--ink)', strokeWidth: 1.25, dash: '5 3' },
  { key: 'p90', word: '90%', stroke: 'var(--muted)', strokeWidth: 1.25, dash: '1 3' },
] as const

type SpanPoint = { label: string; mean?: number; median?: number; p90?: number }

/** `label` says in words what it shows. */
export function SpanChart({ points, label, behind }: { points: readonly SpanPoint[]; label: string; behind: Behind }) {
  const onClick = useBehind(behind)
  const ticks = spanTicks(Math.max(0, ...points.flatMap(({ mean, median, p90 }) => [mean ?? 0, median ?? 0, p90 ?? 0])))
  return (
    <>
      <div className="h-[150px] [&_.recharts-surface]:cursor-pointer" role="img" aria-label={label}>
        <ResponsiveContainer width="100%" height="100%">
          <LineChart data={[...points]} margin={margin} accessibilityLayer={false} onClick={onClick}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis {...xAxis} />
            <YAxis
              width={48}
              tickFormatter={tickText}
              {...chartAxis}
              ticks={ticks}
              domain={[0, ticks.at(-1) ?? 'auto']}
            />
            <Tooltip
              {...chartTooltip}
              formatter={(value, key) => [
                spanText(Number(value)),
                spanLines.find((line) => line.key === key)?.word ?? String(key),
              ]}
            />
            {spanLines.map(({ key, stroke, strokeWidth, dash }) => (
              <Line
                key={key}
                type="linear"
                dataKey={key}
                stroke={stroke}
                strokeWidth={strokeWidth}
                {...(dash && { strokeDasharray: dash })}
                // A lone point between steps without any is no line: it must be seen all the same.
                dot={{ r: key === 'median' ? 2.5 : 1.5, fill: stroke, strokeWidth: 0 }}
                isAnimationActive={false}
                connectNulls={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
      <ul aria-hidden className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 pl-12 text-xs text-muted">
        {spanLines.map(({ key, word, stroke, strokeWidth, dash }) => (
          <li key={key} className="flex items-center gap-1.5">
            <svg aria-hidden width={22} height={6}>
              <line x1={0} x2={22} y1={3} y2={3} stroke={stroke} strokeWidth={strokeWidth} strokeDasharray={dash} />
            </svg>
            {word}
          </li>
        ))}
      </ul>
    </>
  )
}

/** `pattern`: lines in that direction over the colour, so that it is told apart without it. */
export type BarSeries = { key: string; word: string; colour: string; pattern?: 'rising' | 'falling' | 'level' | 'open' }

type CountProps = {
  /** Name of this chart in the page: patterns have ids. */
  id: string
  points: readonly ({ label: string } & Record<string, string | number | null>)[]
  series: readonly BarSeries[]
  label: string
  behind: Behind
  height?: number
  /** The same for charts that are compared. */
  top?: number
  /** Rows of names rather than steps. */
  isRows?: boolean
}

export function CountChart({ id, points, series, label, behind, height = 150, top, isRows = false }: CountProps) {
  const onClick = useBehind(behind)
  const names = isRows
    ? ({ layout: 'vertical', margin: { ...margin, right: 24 } } as const)
    : ({ layout: 'horizontal', margin } as const)
  const counts = {
    ...chartAxis,
    allowDecimals: false,
    domain: [0, top ?? 'auto'] as [number, number | 'auto'],
    tickCount: 4,
    tickFormatter: countText,
  }
  return (
    <>
      <div style={{ height }} className="[&_.recharts-surface]:cursor-pointer" role="img" aria-label={label}>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={[...points]} {...names} accessibilityLayer={false} barCategoryGap="18%" onClick={onClick}>
            <defs>
              {series.map((each) => (
                <SeriesPattern key={each.key} id={`${id}-${each.key}`} series={each} />
              ))}
            </defs>
            <CartesianGrid stroke="var(--line)" vertical={isRows} horizontal={!isRows} />
            {isRows ? (
              <>
                <XAxis type="number" {...counts} height={18} />
                <YAxis
                  type="category"
                  dataKey="label"
                  width={190}
                  {...chartAxis}
                  interval={0}
                  tickFormatter={cutName}
                />
              </>
            ) : (
              <>
                <XAxis {...xAxis} />
                <YAxis width={36} {...counts} />
              </>
            )}
            <Tooltip
              {...chartTooltip}
              cursor={{ fill: 'var(--line)', fillOpacity: 0.4 }}
              formatter={(value, key) => [
                countText(Number(value)),
                series.find((each) => each.key === key)?.word ?? String(key),
              ]}
            />
            {series.map(({ key, colour }) => (
              <Bar
                key={key}
                dataKey={key}
                stackId="one"
                fill={`url(#${id}-${key})`}
                stroke={colour}
                strokeWidth={1}
                maxBarSize={isRows ? 14 : 28}
                isAnimationActive={false}
              />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      {series.length > 1 && (
        <ul aria-hidden className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 pl-9 text-xs text-muted">
          {series.map((each) => (
            <li key={each.key} className="flex items-center gap-1.5">
              <svg aria-hidden width={14} height={10}>
                <rect x={0.5} y={0.5} width={13} height={9} fill={`url(#${id}-${each.key})`} stroke={each.colour} />
              </svg>
              {each.word}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

const strokes = {
  rising: 'M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2',
  falling: 'M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2',
  level: 'M0,3 h6',
} as const

function SeriesPattern({ id, series: { colour, pattern } }: { id: string; series: BarSeries }) {
  return (
    <pattern id={id} width={6} height={6} patternUnits="userSpaceOnUse">
      <rect width={6} height={6} fill={colour} fillOpacity={pattern === 'open' ? 0.08 : pattern ? 0.22 : 0.8} />
      {pattern && pattern !== 'open' && <path d={strokes[pattern]} stroke={colour} strokeWidth={1.5} />}
    </pattern>
  )
}

const nameMax = 28
function cutName(name: string): string {
  return name.length > nameMax ? `${name.slice(0, nameMax - 1)}…` : name
}

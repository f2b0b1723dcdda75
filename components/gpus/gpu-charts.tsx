'use client'
// A GPU's readings over time. A gap is shaded and no line crosses it. Loaded on its own: Recharts is heavy.
import { useMemo } from 'react'
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { GpuSeries, type GpuStep } from '../../server/protocol/gpu-series-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { chartAxis, chartTooltip } from '../ui/chart-look.ts'
import { bytesText, plural } from '../ui/format-quantity.ts'
import { clockText, dateTimeText, spanText } from '../ui/format-time.ts'
import { type GpuName, seriesAgainMs, seriesPath, type Window } from './gpu-path.ts'
import { brokenPoints, type Gap, gapsOf, type SeriesPoint } from './series-lines.ts'

type Figure = {
  title: string
  field: keyof GpuStep
  most?: keyof GpuStep
  colour: string
  top: number | 'auto'
  format: (value: number) => string
}
const percent = (value: number) => `${Math.round(value)}%`
const figures: readonly Figure[] = [
  { title: 'SM busy', field: 'utilPercent', most: 'utilPercentMost', colour: 'var(--info)', top: 100, format: percent },
  {
    title: 'Memory bandwidth',
    field: 'memoryBandwidthPercent',
    most: 'memoryBandwidthPercentMost',
    colour: 'var(--info)',
    top: 100,
    format: percent,
  },
  { title: 'Memory used', field: 'memoryUsedBytes', colour: 'var(--muted)', top: 'auto', format: bytesText },
  {
    title: 'Power',
    field: 'powerWatts',
    most: 'powerWattsMost',
    colour: 'var(--muted)',
    top: 'auto',
    format: (value) => `${Math.round(value)} W`,
  },
  {
    title: 'Temperature',
    field: 'temperatureC',
    colour: 'var(--muted)',
    top: 'auto',
    format: (value) => `${Math.round(value)} °C`,
  },
]

export default function GpuCharts({ name, window }: { name: GpuName; window: Window }) {
  const at = usePastAt()
  const path = asOf(seriesPath(name, window), at)
  const everyMs = at === undefined ? seriesAgainMs(window) : pastAgainMs
  const { value, isEarlier, problem, again } = useListed(path, GpuSeries, true, everyMs)
  const drawn = useMemo(() => value && { points: brokenPoints(value), gaps: gapsOf(value) }, [value])
  if (!value || !drawn) return <NothingYet what="what was read of this GPU" problem={problem} again={again} />
  return (
    <section aria-label="Readings over time" data-stale={problem !== undefined || isEarlier}>
      <AskAgain problem={problem} again={again} />
      <p className="px-4 pt-2.5 text-sm text-muted max-md:px-3">{courseText(value, drawn.gaps)}</p>
      {value.steps.length > 0 && (
        <div className="facts grid gap-x-6 gap-y-4 px-4 py-3 max-md:px-3 lg:grid-cols-2">
          {figures.map((figure) => (
            <Chart key={figure.title} figure={figure} series={value} points={drawn.points} gaps={drawn.gaps} />
          ))}
        </div>
      )}
    </section>
  )
}

function courseText({ steps, stepMs, cadenceMs, fromMs, toMs }: GpuSeries, gaps: readonly Gap[]): string {
  const span = `${dateTimeText(fromMs)} to ${dateTimeText(toMs)}`
  if (steps.length === 0) return `${span}: nothing was read of it in this span.`
  const every = cadenceMs === undefined ? '' : `read about every ${spanText(cadenceMs)}, `
  const silent = gaps.reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0)
  const held = gaps.length === 0 ? 'no gap' : `${plural(gaps.length, 'gap')}, ${spanText(silent)} in all, shaded`
  return `${span}: ${every}drawn in steps of ${spanText(stepMs)}, ${held}. Thin line: the most in a step.`
}

type ChartProps = { figure: Figure; series: GpuSeries; points: SeriesPoint[]; gaps: readonly Gap[] }

function Chart({ figure, series, points, gaps }: ChartProps) {
  const { title, field, most, colour, top, format } = figure
  const newest = series.steps.at(-1)?.[field]
  const isRead = series.steps.some((step) => step[field] !== undefined)
  const words = newest === undefined ? 'not read' : `${format(newest)} at ${clockText(series.steps.at(-1)?.atMs ?? 0)}`
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-1 flex items-baseline gap-2">
        <span className="font-medium">{title}</span> <span className="text-xs text-muted">{words}</span>
      </h3>
      {isRead ? (
        <div
          className="h-[132px]"
          role="img"
          aria-label={`${title} over time, newest ${words}, ${plural(gaps.length, 'gap')}`}
        >
          <ResponsiveContainer width="100%" height="100%">
            <ComposedChart data={points} margin={{ top: 4, right: 4, bottom: 0, left: 0 }} accessibilityLayer={false}>
              <CartesianGrid stroke="var(--line)" vertical={false} />
              <XAxis
                dataKey="atMs"
                type="number"
                domain={[series.fromMs, series.toMs]}
                allowDataOverflow
                tickFormatter={(value: number) => clockText(value).slice(0, 5)}
                {...chartAxis}
                minTickGap={50}
                height={16}
              />
              <YAxis width={52} tickFormatter={format} {...chartAxis} tickCount={3} domain={[0, top]} />
              <Tooltip
                {...chartTooltip}
                labelFormatter={(label) => dateTimeText(Number(label))}
                formatter={(value, key) => [format(Number(value)), key === field ? title : 'most']}
              />
              {gaps.map((gap) => (
                <ReferenceArea
                  key={gap.fromMs}
                  x1={gap.fromMs}
                  x2={gap.toMs}
                  fill="var(--warn)"
                  fillOpacity={0.12}
                  stroke="var(--warn)"
                  strokeOpacity={0.4}
                  strokeDasharray="3 3"
                />
              ))}
              <Area
                type="linear"
                dataKey={field}
                stroke={colour}
                fill={colour}
                fillOpacity={0.12}
                strokeWidth={1.5}
                isAnimationActive={false}
                connectNulls={false}
                dot={false}
              />
              {most && (
                <Line
                  type="linear"
                  dataKey={most}
                  stroke={colour}
                  strokeOpacity={0.55}
                  strokeWidth={0.75}
                  isAnimationActive={false}
                  connectNulls={false}
                  dot={false}
                />
              )}
            </ComposedChart>
          </ResponsiveContainer>
        </div>
      ) : (
        <p className="text-muted">The driver did not tell it in this span.</p>
      )}
    </section>
  )
}

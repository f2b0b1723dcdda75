'use client'
import { useMemo } from 'react'
// CPU, memory and egress over the last ten minutes, with what was not seen above them on the same axis. Loaded on its own: Recharts is heavy and nobody waits for it to pause.
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { useSamples } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { chartAxis, chartTooltip } from '../ui/chart-look.ts'
import { bytesText, cpuText, rateText } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { GapLane } from './gap-lane.tsx'
import { type Axis, axisOf, brokenAt, sampleGaps } from './gap-words.ts'
import { Panel } from './panel.tsx'

/** Of the charts' own figures, left of their axis. */
const axisIndentPx = 52

export default function ResourceCharts({ row: { session, endedAtMs } }: { row: SessionRow }) {
  const samples = useSamples(session)
  const nowMs = useNow(1_000)
  const axis = axisOf(samples, endedAtMs, nowMs)
  const gaps = sampleGaps(samples, endedAtMs === undefined ? nowMs : undefined)
  const gapsKey = gaps.map(({ id }) => id).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is the gaps' places
  const points = useMemo(() => brokenAt(samples, gaps), [samples, gapsKey])
  const newest = samples.at(-1)
  return (
    <>
      <GapLane session={session} axis={axis} own={gaps} indentPx={axisIndentPx} isOver={endedAtMs !== undefined} />
      <Chart
        title="CPU"
        now={newest && cpuText(newest.cpuPercent)}
        points={points}
        axis={axis}
        field="cpuPercent"
        colour="var(--info)"
        format={cpuText}
      />
      {newest?.gpuPercent !== undefined && (
        <Chart
          title="GPU"
          now={cpuText(newest.gpuPercent)}
          points={points}
          axis={axis}
          field="gpuPercent"
          colour="var(--revoked)"
          format={cpuText}
        />
      )}
      <Chart
        title="Memory"
        now={newest?.memoryBytes === undefined ? 'not read' : bytesText(newest.memoryBytes)}
        points={points}
        axis={axis}
        field="memoryBytes"
        colour="var(--muted)"
        format={bytesText}
      />
      <Chart
        title="Egress"
        now={newest && rateText(newest.bytesOutPerSecond)}
        points={points}
        axis={axis}
        field="bytesOutPerSecond"
        colour="var(--warn)"
        format={rateText}
      />
    </>
  )
}

type Props = {
  title: string
  now: string | undefined
  points: readonly Partial<SamplePoint>[]
  axis: Axis
  field: 'cpuPercent' | 'gpuPercent' | 'memoryBytes' | 'bytesOutPerSecond'
  colour: string
  format: (value: number) => string
}

function Chart({ title, now, points, axis, field, colour, format }: Props) {
  return (
    <Panel title={title} aside={now ?? 'no sample yet'}>
      <div className="h-[92px]" role="img" aria-label={`${title} over time, now ${now ?? 'unknown'}`}>
        {points.length > 1 && (
          <ResponsiveContainer width="100%" height="100%">
            <AreaChart data={[...points]} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
              <CartesianGrid stroke="var(--line)" vertical={false} />
              <XAxis
                dataKey="atMs"
                type="number"
                domain={[axis.fromMs, axis.toMs]}
                allowDataOverflow
                tickFormatter={clockText}
                {...chartAxis}
                minTickGap={60}
                height={16}
              />
              <YAxis width={axisIndentPx} tickFormatter={format} {...chartAxis} tickCount={3} domain={[0, 'auto']} />
              <Tooltip
                {...chartTooltip}
                labelFormatter={(label) => clockText(Number(label))}
                formatter={(value) => [format(Number(value)), title]}
              />
              <Area
                type="linear"
                dataKey={field}
                stroke={colour}
                fill={colour}
                fillOpacity={0.1}
                strokeWidth={1.25}
                isAnimationActive={false}
                connectNulls={false}
                dot={false}
              />
            </AreaChart>
          </ResponsiveContainer>
        )}
      </div>
    </Panel>
  )
}

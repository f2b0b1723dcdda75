'use client'
// CPU, memory and egress over the last ten minutes. Loaded on its own: Recharts is heavy and nobody waits for it to pause.
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { SamplePoint } from '../../server/protocol/browser-messages.ts'
import { useSamples } from '../live/live-context.tsx'
import { chartAxis, chartTooltip } from '../ui/chart-look.ts'
import { bytesText, cpuText, rateText } from '../ui/format-quantity.ts'
import { clockText } from '../ui/format-time.ts'
import { Panel } from './panel.tsx'

export default function ResourceCharts({ session }: { session: string }) {
  const points = useSamples(session)
  const newest = points.at(-1)
  return (
    <>
      <Chart
        title="CPU"
        now={newest && cpuText(newest.cpuPercent)}
        points={points}
        field="cpuPercent"
        colour="var(--info)"
        format={cpuText}
      />
      {newest?.gpuPercent !== undefined && (
        <Chart
          title="GPU"
          now={cpuText(newest.gpuPercent)}
          points={points}
          field="gpuPercent"
          colour="var(--revoked)"
          format={cpuText}
        />
      )}
      <Chart
        title="Memory"
        now={newest?.memoryBytes === undefined ? 'not read' : bytesText(newest.memoryBytes)}
        points={points}
        field="memoryBytes"
        colour="var(--muted)"
        format={bytesText}
      />
      <Chart
        title="Egress"
        now={newest && rateText(newest.bytesOutPerSecond)}
        points={points}
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
  points: readonly SamplePoint[]
  field: 'cpuPercent' | 'gpuPercent' | 'memoryBytes' | 'bytesOutPerSecond'
  colour: string
  format: (value: number) => string
}

function Chart({ title, now, points, field, colour, format }: Props) {
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
                domain={['dataMin', 'dataMax']}
                tickFormatter={clockText}
                {...chartAxis}
                minTickGap={60}
                height={16}
              />
              <YAxis width={52} tickFormatter={format} {...chartAxis} tickCount={3} domain={[0, 'auto']} />
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
                dot={false}
              />
            </AreaChart>
          </ResponsiveContainer>
        )}
      </div>
    </Panel>
  )
}

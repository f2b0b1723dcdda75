// The course of the server's own figures. Loaded on its own: Recharts is heavy.
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import type { SelfStep } from '../../server/protocol/self-view.ts'
import { chartAxis, chartTooltip } from '../ui/chart-look.ts'
import { clockText } from '../ui/format-time.ts'
import { type SelfChart, selfCharts } from './self-words.ts'

const margin = { top: 6, right: 8, bottom: 0, left: 0 }

export default function SelfCharts({ steps }: { steps: readonly SelfStep[] }) {
  return (
    <div className="grid grid-cols-4 gap-px bg-line max-xl:grid-cols-2 max-md:grid-cols-1">
      {selfCharts.map((chart) => (
        <Chart key={chart.id} chart={chart} steps={steps} />
      ))}
    </div>
  )
}

function Chart({ chart: { id, name, read, text, floorMax }, steps }: { chart: SelfChart; steps: readonly SelfStep[] }) {
  const points = steps.map((step) => ({ label: clockText(step.atMs), value: read(step) ?? null }))
  const newest = points.at(-1)?.value ?? undefined
  const most = Math.max(floorMax, ...points.map(({ value }) => value ?? 0))
  return (
    <figure className="min-w-0 bg-canvas px-4 py-3 max-md:px-3">
      <figcaption className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 text-sm text-muted">{name}</span>
        <span className="shrink-0 font-mono">{newest === undefined ? '—' : text(newest)}</span>
      </figcaption>
      <div
        className="mt-1 h-24"
        role="img"
        aria-label={`${name}: ${newest === undefined ? 'not measured in the newest step' : `${text(newest)} now`}`}
      >
        <ResponsiveContainer width="100%" height="100%">
          <AreaChart data={points} margin={margin} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="label" {...chartAxis} minTickGap={60} height={16} />
            <YAxis width={52} {...chartAxis} domain={[0, most]} tickCount={3} tickFormatter={text} />
            <Tooltip {...chartTooltip} formatter={(value) => [text(Number(value)), name]} />
            <Area
              type="linear"
              dataKey="value"
              name={id}
              stroke="var(--info)"
              strokeWidth={1.25}
              fill="var(--info)"
              fillOpacity={0.1}
              isAnimationActive={false}
              connectNulls={false}
            />
          </AreaChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
}

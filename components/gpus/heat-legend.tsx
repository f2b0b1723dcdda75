// What the shades, patterns and marks of the heat map mean, and the cell that is pointed at in words.
import { classNames } from '../ui/class-names.ts'
import { bandFrom, bands, type Metric, metricKinds } from './gpu-metrics.ts'
import { cellStyle, shade } from './heat-look.ts'
import { stateMarks } from './heat-marks.ts'

const meanings = [
  ['off task', 'off task'],
  ['question', 'no plan, or user not known'],
  ['frozen', 'its session is paused'],
  ['not now', 'silent, or read over 60 s ago'],
] as const

export function HeatLegend({ metric, pointed }: { metric: Metric; pointed: string | undefined }) {
  const { unit } = metricKinds[metric]
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b px-4 py-2 text-xs text-muted max-md:px-3">
      <span className="flex items-center gap-px">
        {bands.map((band) => (
          <span
            key={band}
            style={{ background: shade(band) }}
            className="h-4 min-w-8 border px-1 text-center font-mono text-2xs leading-[14px] text-ink"
          >
            {bandFrom(metric, band)}
          </span>
        ))}
        <span className="pl-1">{unit} and more</span>
      </span>
      {meanings.map(([state, words]) => {
        const { icon: Icon, className } = stateMarks[state]
        return (
          <span key={state} className="flex items-center gap-1.5">
            {state === 'not now' ? (
              <span aria-hidden style={cellStyle({ state, band: undefined })} className="h-3.5 w-5 border" />
            ) : (
              <Icon aria-hidden className={classNames('size-3', className)} />
            )}
            {words}
          </span>
        )
      })}
      {/* The cell itself carries these words for who does not see them. */}
      <span aria-hidden className="ml-auto min-w-0 truncate text-ink max-md:ml-0 max-md:basis-full">
        {pointed ?? <span className="text-faint">point at a cell, or Tab to one: arrow keys move, Enter opens</span>}
      </span>
    </div>
  )
}

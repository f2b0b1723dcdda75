'use client'
// The fleet at a glance: a block a host, a cell a GPU. Each cell says its number and the age of its reading; what is old is hatched.
import { memo, useMemo } from 'react'
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { type Metric, metricKinds } from './gpu-metrics.ts'
import { gpuPath } from './gpu-path.ts'
import { byHost } from './gpu-words.ts'
import { type HeatCell, heatCell } from './heat-cell.ts'
import { HeatLegend } from './heat-legend.tsx'
import { cellStyle } from './heat-look.ts'
import { stateMarks } from './heat-marks.ts'
import { useRoving } from './use-roving.ts'

export function HeatMap({ gpus, metric, now }: { gpus: readonly GpuTruthView[]; metric: Metric; now: number }) {
  const hosts = useMemo(() => {
    let number = 0
    return byHost(gpus).map(({ host, gpus: ofHost }) => ({
      host,
      isSilent: ofHost.every((gpu) => !gpu.heard),
      cells: ofHost.map((gpu) => ({ ...heatCell(gpu, metric, now), href: gpuPath(gpu), number: number++ })),
    }))
  }, [gpus, metric, now])
  const { at, pointed, props } = useRoving(
    hosts.map(({ cells }) => cells.length),
    'rows',
  )
  const pointedCell = hosts.flatMap(({ cells }) => cells).find(({ number }) => number === pointed)
  return (
    <section aria-label="Heat map">
      <HeatLegend metric={metric} pointed={pointedCell && visibleText(pointedCell.words)} />
      {/* biome-ignore lint/a11y/useSemanticElements: a map of links, not a form's fieldset */}
      <div
        {...props}
        role="group"
        aria-label={`GPUs by host, ${metricKinds[metric].words}: arrow keys move, Enter opens`}
        className="facts grid grid-cols-[repeat(auto-fill,minmax(min(100%,350px),1fr))] gap-x-5 gap-y-3 px-4 py-3 max-md:px-3"
      >
        {hosts.map(({ host, isSilent, cells }) => (
          <div key={host} className="min-w-0 [contain-intrinsic-size:auto_64px] [content-visibility:auto]">
            <h2 className="mb-1 flex items-baseline gap-2 text-xs">
              <HostileText text={host} max={60} className="min-w-0 truncate font-mono text-ink" />
              {isSilent && <span className="shrink-0 text-warn">silent: nothing newer is known</span>}
            </h2>
            <div className="grid grid-cols-8 gap-1 p-0.5">
              {cells.map(({ key, ...cell }) => (
                <Cell key={key} {...cell} isStop={cell.number === at} />
              ))}
            </div>
          </div>
        ))}
      </div>
    </section>
  )
}

type CellProps = Omit<HeatCell, 'key'> & { number: number; href: string; isStop: boolean }

/** Takes words and numbers only, so that a thousand of them are not drawn again for one that changed. */
const Cell = memo(function Cell({ number, href, isStop, state, band, figure, age, words }: CellProps) {
  const mark = state === 'plain' ? undefined : stateMarks[state]
  const Icon = mark?.icon
  return (
    <a
      href={href}
      data-cell={number}
      tabIndex={isStop ? 0 : -1}
      aria-label={visibleText(words)}
      style={cellStyle({ state, band })}
      className={classNames(
        'relative flex h-10 min-w-0 flex-col items-center justify-center rounded-sm border text-ink hover:border-ink',
        state === 'off task' && 'border-2 border-critical',
        state === 'frozen' && 'border-2 border-frozen',
        state === 'question' && 'border-warn',
      )}
    >
      <span
        className={classNames(
          'rounded-xs px-0.5 font-mono text-sm leading-[15px]',
          band === undefined ? 'bg-panel text-muted' : 'font-medium',
        )}
      >
        {figure}
      </span>
      <span className={classNames('truncate rounded-xs px-0.5 text-2xs', band === undefined && 'bg-panel text-warn')}>
        {age}
      </span>
      {Icon && (
        <span className="absolute -top-1 -right-1 rounded-full bg-canvas p-px">
          <Icon aria-hidden className={classNames('size-3', mark?.className)} />
        </span>
      )}
    </a>
  )
})

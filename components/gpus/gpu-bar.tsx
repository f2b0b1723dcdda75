// What the room shows: the map by one figure, or the list.
import { FilterChips } from '../ui/filter-chips.tsx'
import { type Metric, metricKinds, metrics } from './gpu-metrics.ts'
import type { GpuViewName } from './gpus-url.ts'

type Props = {
  view: GpuViewName
  metric: Metric
  onChange: (change: { view?: GpuViewName; metric?: Metric }) => void
}

export function GpuBar({ view, metric, onChange }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b px-4 py-1.5 max-md:px-3">
      <FilterChips
        label="How the GPUs are shown"
        chips={[
          { value: 'map', word: 'Map', isAll: true },
          { value: 'list', word: 'List', isAll: true },
        ]}
        on={[view]}
        onToggle={(next) => onChange({ view: next })}
      />
      {view === 'map' && (
        <FilterChips
          label="What the cells show"
          chips={metrics.map((value) => ({ value, word: metricKinds[value].words, isAll: true }))}
          on={[metric]}
          onToggle={(next) => onChange({ metric: next })}
          className="min-w-0 border-l pl-4 max-md:border-l-0 max-md:pl-0"
        />
      )}
    </div>
  )
}

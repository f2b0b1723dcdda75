// Which span the charts show: the last so long, or a window that stands still so that a link to it shows the same for ever.
import { Lock } from 'lucide-react'
import { useNow } from '../live/use-now.ts'
import { Button } from '../ui/button.tsx'
import { FilterChips } from '../ui/filter-chips.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { type Range, rangeSeconds, ranges, rangeWords, type Window } from './gpu-path.ts'

type Props = {
  window: Window
  onChange: (change: { range?: Range; from: number | null; to: number | null }) => void
}

export function GpuRangeBar({ window, onChange }: Props) {
  const now = useNow(1_000)
  const moves = 'range' in window
  return (
    <div className="sticky top-0 z-10 flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-canvas px-4 py-1.5 max-md:px-3">
      <FilterChips
        label="Span of the charts"
        chips={ranges.map((value) => ({ value, word: rangeWords[value], isAll: true }))}
        on={moves ? [window.range] : []}
        onToggle={(range) => onChange({ range, from: null, to: null })}
      />
      {moves ? (
        <Button
          look="quiet"
          className="max-md:h-9"
          onClick={() => {
            const to = Math.floor(now / 1_000) * 1_000
            onChange({ from: to - rangeSeconds[window.range] * 1_000, to })
          }}
        >
          <Lock aria-hidden /> Keep this window
        </Button>
      ) : (
        <span className="text-muted">
          {dateTimeText(window.fromMs)} to {dateTimeText(window.toMs)}: stands still, and its link shows the same
        </span>
      )}
    </div>
  )
}

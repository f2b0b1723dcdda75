'use client'
// The room of numbers over time: which days, with or without drills, and what they say.
import dynamic from 'next/dynamic'
import { parseAsStringLiteral, useQueryStates } from 'nuqs'
import { NumbersView as Numbers, numbersDays } from '../../server/protocol/numbers-view.ts'
import { useWatch } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useListed } from '../settings/use-listed.ts'
import { FilterChips } from '../ui/filter-chips.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { numbersPath } from './numbers-words.ts'

/** Days do not change by the second, and a reading is of many rows. */
const againMs = 60_000
const ranges = numbersDays.map(String)
const NumbersCharts = dynamic(() => import('./numbers-charts.tsx'), { ssr: false })

export function NumbersView() {
  // The banner and the pill live on the same socket as everything else.
  useWatch({ view: 'live' })
  const [{ days, drills }, setUrl] = useQueryStates(
    {
      days: parseAsStringLiteral(ranges).withDefault('30'),
      drills: parseAsStringLiteral(['yes', 'no']).withDefault('no'),
    },
    { history: 'replace', scroll: false },
  )
  const withDrills = drills === 'yes'
  const at = usePastAt()
  const path = numbersPath(Number(days), withDrills)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div tabIndex={0} className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-1.5 max-md:px-3">
        <FilterChips
          label="How far back"
          chips={ranges.map((value) => ({
            value,
            word: value === '90' ? '90 days, by week' : `${value} days`,
            isAll: true,
          }))}
          on={[days]}
          onToggle={(next) => void setUrl({ days: next })}
        />
        <label className="flex items-center gap-2 max-md:h-11">
          <input
            type="checkbox"
            checked={withDrills}
            onChange={(event) => void setUrl({ drills: event.currentTarget.checked ? 'yes' : 'no' })}
            className="size-4 accent-(--info)"
          />
          Count drills too
        </label>
      </div>
      <Asked key={path} path={asOf(path, at)} isPast={at !== undefined} />
    </div>
  )
}

function Asked({ path, isPast }: { path: string; isPast: boolean }) {
  const { value, isEarlier, problem, again } = useListed(path, Numbers, true, againMs)
  if (!value) return <NothingYet what="for the numbers" problem={problem} again={again} />
  return (
    <div data-stale={problem !== undefined || isEarlier}>
      <AskAgain problem={problem} again={again} />
      <p className="border-b px-4 py-1.5 text-sm text-muted max-md:px-3">
        {isPast ? 'As the log had it' : 'Reckoned'} {dateTimeText(value.atMs)}
        {isPast ? ', the last day up to then; rules are named as they are now' : ' from the log'}; days are days of UTC.
        A dash is what was not measured, never 0. A point or a figure in blue leads to what is behind it.
      </p>
      <NumbersCharts numbers={value} />
    </div>
  )
}

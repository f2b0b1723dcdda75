'use client'
// The scrubber under the console: step, play, drag; marks of what was flagged, held and done. It moves everything above it.
import { Pause, Play, SkipBack, SkipForward } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { ReplayMarks, ReplayStep, replaySpeeds } from '../../server/protocol/replay-messages.ts'
import { useBrowserNow } from '../live/use-now.ts'
import { sessionOfSegments } from '../sessions/session-path.ts'
import { apiCall } from '../settings/api-call.ts'
import { boundKeys } from '../shell/bound-keys.ts'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { clockText, dateTimeText, preciseClockText } from '../ui/format-time.ts'
import { useReplay } from './replay-context.tsx'
import { markWord, spanOf, spans } from './replay-words.ts'

/** While it is dragged the console follows that often. */
const dragMs = 150
const colour = { flag: 'bg-critical', approval: 'bg-warn', control: 'bg-frozen' } as const
const iconButton =
  'flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink max-md:size-11'
const field = 'h-7 shrink-0 rounded-md border bg-canvas px-1 text-sm text-muted max-md:h-11'

/** Of the session whose page is open, else of the fleet. */
function sessionOfPath(path: string): string | undefined {
  const [, room, ...segments] = path.split('/')
  return room === 'sessions' ? sessionOfSegments(segments) : undefined
}

export function ReplayBar({ path }: { path: string }) {
  const replay = useReplay()
  const now = useBrowserNow(10_000)
  const [minutes, setMinutes] = useState<number>(60)
  const [dragged, setDragged] = useState<number>()
  const [said, setSaid] = useState('')
  const span = useRef<{ fromMs: number; toMs: number }>(undefined)
  const newest = useRef(replay)
  newest.current = replay
  const session = sessionOfPath(path)
  const atMs = dragged ?? replay?.atMs ?? 0
  span.current = spanOf(replay?.atMs ?? 0, Math.max(now, replay?.atMs ?? 0), minutes * 60_000, span.current)
  const { fromMs, toMs } = span.current
  const marks = useMarks(fromMs, toMs, session)
  useEffect(() => {
    if (dragged === undefined) return
    const timer = setTimeout(() => newest.current?.look(dragged), dragMs)
    return () => clearTimeout(timer)
  }, [dragged])

  const step = async (direction: 'next' | 'previous') => {
    const from = newest.current?.atMs
    if (from === undefined) return
    const of = session === undefined ? '' : `&session=${encodeURIComponent(session)}`
    const query = `/api/replay/step?at=${Math.floor(from)}&direction=${direction}${of}`
    const { value, problem } = await apiCall('GET', query, ReplayStep)
    if (value?.step) {
      setSaid(`At the ${direction} mark: ${markWord[value.step.what]}`)
      newest.current?.look(value.step.atMs)
    } else setSaid(problem ? problem.title : direction === 'next' ? 'No later mark' : 'No earlier mark')
  }
  const playing = replay?.moment?.playing ?? false
  const toggle = () => (playing ? replay?.stop() : replay?.play())
  useShortcuts(
    { ' ': toggle, '[': () => void step('previous'), ']': () => void step('next') },
    { ' ': 'Play the past; press again to stop' },
  )
  useBackKey(() => newest.current?.back())
  if (!replay) return null
  const firstAtMs = replay.moment?.firstAtMs
  const isBefore = replay.moment !== undefined && replay.moment.seq === 0
  const words =
    replay.problem !== undefined
      ? `${replay.problem.title}: ${replay.problem.detail}`
      : replay.isLooking
        ? 'looking back…'
        : isBefore
          ? firstAtMs === undefined
            ? 'nothing was ever recorded'
            : `nothing was recorded before ${dateTimeText(firstAtMs)}`
          : replay.moment?.caughtUp
            ? 'caught up with live'
            : 'whole console as it was at this moment'
  return (
    <section
      aria-label="Replay"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-t bg-panel px-4 py-2 max-md:px-2"
    >
      <span className="flex items-center gap-0.5">
        <button
          type="button"
          className={iconButton}
          aria-label="Previous mark"
          title="Previous mark ([)"
          onClick={() => void step('previous')}
        >
          <SkipBack aria-hidden className="size-4" />
        </button>
        <button
          type="button"
          className={iconButton}
          aria-label={playing ? 'Stop' : 'Play'}
          title={playing ? 'Stop (Space)' : 'Play (Space)'}
          onClick={toggle}
        >
          {playing ? <Pause aria-hidden className="size-4" /> : <Play aria-hidden className="size-4" />}
        </button>
        <button
          type="button"
          className={iconButton}
          aria-label="Next mark"
          title="Next mark (])"
          onClick={() => void step('next')}
        >
          <SkipForward aria-hidden className="size-4" />
        </button>
      </span>
      <time dateTime={new Date(atMs).toISOString()} title={dateTimeText(atMs)} className="shrink-0 font-mono">
        {preciseClockText(atMs)}
      </time>
      <span className="relative flex h-7 min-w-40 flex-1 basis-60 items-center max-md:order-last max-md:h-11 max-md:basis-full">
        <input
          type="range"
          min={fromMs}
          max={toMs}
          step={1}
          value={Math.min(toMs, Math.max(fromMs, atMs))}
          aria-label="Moment that is shown"
          aria-valuetext={dateTimeText(atMs)}
          onChange={(event) => setDragged(Number(event.target.value))}
          onPointerUp={() => letGo()}
          onKeyUp={() => letGo()}
          onBlur={() => setDragged(undefined)}
          className="w-full accent-(--ink)"
        />
        {marks.map((mark) => (
          <span
            key={`${mark.what} ${mark.atMs}`}
            aria-hidden
            title={`${clockText(mark.atMs)} ${plural(mark.count, markWord[mark.what])}`}
            style={{ left: `${((mark.atMs - fromMs) / (toMs - fromMs)) * 100}%` }}
            className={classNames(
              'pointer-events-none absolute size-2 -translate-x-1/2 rounded-full ring-1 ring-panel',
              colour[mark.what],
            )}
          />
        ))}
      </span>
      <select
        aria-label="Speed"
        className={field}
        value={replay.speed}
        onChange={(event) => replay.setSpeed(Number(event.target.value))}
      >
        {replaySpeeds.map((each) => (
          <option key={each} value={each}>{`${each}×`}</option>
        ))}
      </select>
      <select
        aria-label="Span of the scrubber"
        className={field}
        value={minutes}
        onChange={(event) => setMinutes(Number(event.target.value))}
      >
        {spans.map((each) => (
          <option key={each.minutes} value={each.minutes}>
            {each.words}
          </option>
        ))}
      </select>
      <span
        role="status"
        title="By the time at which the server saw each event: the console as it was known then"
        className={classNames('min-w-0 truncate text-sm', replay.problem ? 'text-warn' : 'text-muted')}
      >
        {words}
      </span>
      <span role="status" className="sr-only">
        {said}
      </span>
    </section>
  )

  function letGo(): void {
    if (dragged === undefined) return
    newest.current?.look(dragged)
    setDragged(undefined)
  }
}

function useMarks(fromMs: number, toMs: number, session: string | undefined): ReplayMarks['marks'] {
  const [marks, setMarks] = useState<ReplayMarks['marks']>([])
  useEffect(() => {
    let isOver = false
    const of = session === undefined ? '' : `&session=${encodeURIComponent(session)}`
    void apiCall('GET', `/api/replay/marks?from=${Math.max(0, fromMs)}&to=${toMs}${of}`, ReplayMarks).then(
      ({ value }) => {
        if (!isOver) setMarks(value?.marks ?? [])
      },
    )
    return () => {
      isOver = true
    }
  }, [fromMs, toMs, session])
  return marks
}

/** Before a list that lets go of its selection by it: there is nothing to let go of in the past. Not from a field, nor past an open dialog. */
function useBackKey(back: () => void): void {
  const newest = useRef(back)
  newest.current = back
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return
      const isField =
        event.target instanceof Element && event.target.closest('input:not([type="range"]), textarea, select')
      if (isField || document.querySelector('[role="dialog"], [role="menu"]')) return
      event.preventDefault()
      event.stopPropagation()
      newest.current()
    }
    const unbind = boundKeys.bind({ shortcuts: ['Escape'], means: { Escape: 'Back to live' } })
    window.addEventListener('keydown', onKeyDown, true)
    return () => {
      unbind()
      window.removeEventListener('keydown', onKeyDown, true)
    }
  }, [])
}

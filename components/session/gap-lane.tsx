'use client'
// What was not seen, as a lane on the axis of the charts below it: solid where it is certain, dashed where nobody knows how far it reaches.
import { type KeyboardEvent, type PointerEvent, useContext, useMemo, useState } from 'react'
import { type GapSpan, GapsView } from '../../server/protocol/gap-view.ts'
import { useWidth } from '../incidents/use-width.ts'
import { useView } from '../live/live-context.tsx'
import { MomentContext } from '../live/use-now.ts'
import { useReplay } from '../replay/replay-context.tsx'
import { useListed } from '../settings/use-listed.ts'
import { countText } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type Axis, gapAt, gapsSummary, gapWords, limitText, openPx, type PlacedGap, placedGaps } from './gap-words.ts'
import { Panel } from './panel.tsx'

const height = 22
const againMs = 5_000
/** What is over, or past, changes no more but for what is told late. */
const overMs = 60_000
const listedMax = 40
const pastStepMs = 30_000

type Props = {
  session: string
  axis: Axis
  /** What this page found out by itself: samples that did not come. */
  own: readonly GapSpan[]
  /** Left of the axis, as the charts have it. */
  indentPx: number
  isOver: boolean
}

export function GapLane({ session, axis, own, indentPx, isOver }: Props) {
  const until = useUntil()
  const path = `/api/sessions/${encodeURIComponent(session)}/gaps${until === undefined ? '' : `?until=${until}`}`
  const { value: view, problem } = useListed(path, GapsView, true, isOver || until !== undefined ? overMs : againMs)
  const skipped = useView((shown) => shown.skipped)
  const { frame, width } = useWidth(200)
  const [at, setAt] = useState<number>()
  const spans = useMemo(() => [...(view?.spans ?? []), ...own].sort((a, b) => a.fromMs - b.fromMs), [view, own])
  const placed = placedGaps(spans, axis, width)
  const chosen = at === undefined ? undefined : placed[at]
  // What was known before is no answer once the asking fails.
  const summary = problem ? `not known now: ${problem.detail || problem.title}` : gapsSummary(view, own)
  const onPointerMove = (event: PointerEvent<HTMLElement>) =>
    setAt(gapAt(placed, event.clientX - event.currentTarget.getBoundingClientRect().left))
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0 || placed.length === 0) return
    event.preventDefault()
    setAt(Math.min(placed.length - 1, Math.max(0, (at ?? (step < 0 ? placed.length : -1)) + step)))
  }
  return (
    <Panel title="Not seen" aside={summary}>
      <div style={{ paddingLeft: indentPx }}>
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys tell each gap, as the pointer does
          tabIndex={0}
          aria-label={`Gaps in what is known: ${summary}. Arrow keys tell each that lies on the charts’ axis.`}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setAt(undefined)}
          onBlur={() => setAt(undefined)}
          onKeyDown={onKeyDown}
          className="overflow-hidden rounded-sm bg-panel outline-offset-[-2px]"
        >
          <div ref={frame}>
            <svg aria-hidden width={width} height={height} className="block">
              <path d={`M0 ${height / 2}H${width}`} className="stroke-line" />
              {placed.map((gap) => (
                <Gap key={gap.span.id} gap={gap} isChosen={gap === chosen} />
              ))}
            </svg>
          </div>
        </section>
      </div>
      <div role="status" className="min-h-[18px] pt-1 text-sm text-muted">
        {chosen ? <Words span={chosen.span} /> : placed.length === 0 ? limitText(view) : ''}
      </div>
      {(spans.length > 0 || skipped > 0) && (
        <details>
          <summary className="w-fit cursor-pointer text-sm text-muted hover:text-ink max-md:min-h-11 max-md:content-center">
            All of it in words
          </summary>
          <ul aria-label="What is known to be missing, newest first" className="pt-1 text-sm">
            {skipped > 0 && (
              <li className="border-t py-1">
                {countText(skipped)} events were skipped on this page to keep up with the rest; they are in the log.
              </li>
            )}
            {[...spans]
              .reverse()
              .slice(0, listedMax)
              .map((span) => (
                <li key={span.id} className="border-t py-1">
                  <Words span={span} />
                </li>
              ))}
            {spans.length + (view?.leftOut ?? 0) > listedMax && (
              <li className="border-t py-1">Older ones are in the log.</li>
            )}
            <li className="border-t py-1 text-muted">{limitText(view)}</li>
          </ul>
        </details>
      )}
    </Panel>
  )
}

function Gap({ gap: { span, x, endX, opensLeft, opensRight }, isChosen }: { gap: PlacedGap; isChosen: boolean }) {
  const middle = height / 2
  return (
    <g>
      <rect
        x={x}
        y={4}
        width={endX - x}
        height={height - 8}
        className={span.end === 'goes-on' ? 'fill-critical/30 stroke-critical' : 'fill-warn/30 stroke-warn'}
        strokeDasharray={span.scope === 'session' ? undefined : '3 3'}
      />
      {opensLeft && <path d={`M${x - openPx} ${middle}H${x}`} className="stroke-warn stroke-2" strokeDasharray="2 3" />}
      {opensRight && <path d={`M${endX} ${middle}h${openPx}`} className="stroke-warn stroke-2" strokeDasharray="2 3" />}
      {isChosen && (
        <rect x={x - 2} y={1} width={endX - x + 4} height={height - 2} rx={2} className="fill-none stroke-ink" />
      )}
    </g>
  )
}

function Words({ span }: { span: GapSpan }) {
  const { what, when, why } = gapWords(span)
  return (
    <>
      <HostileText text={what} max={160} className="text-ink" />: {when}. <HostileText text={why} max={300} />
    </>
  )
}

/** The moment that is shown, in steps while it plays and never after it; undefined: now. */
function useUntil(): number | undefined {
  const lookedAtMs = useReplay()?.lookedAtMs
  const moment = useContext(MomentContext)
  return moment === undefined ? undefined : Math.max(lookedAtMs ?? 0, Math.floor(moment / pastStepMs) * pastStepMs)
}

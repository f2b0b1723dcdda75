'use client'
// What happened, on one axis of time: lanes with what lasted and what was but a moment, dashed ties to the action, the evidence of what is
// chosen; or the same as a table.
import { ChevronLeft, ChevronRight, Maximize2, Table2, ZoomIn, ZoomOut } from 'lucide-react'
import { useMemo, useState } from 'react'
import type { IncidentDetail } from '../../server/protocol/incident.ts'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { Button } from '../ui/button.tsx'
import { countText, plural } from '../ui/format-quantity.ts'
import { clockText, preciseClockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { EvidenceCards } from './evidence-cards.tsx'
import { TimelineDrawing } from './timeline-drawing.tsx'
import { type Order, panned, type Range, timesOf, wholeRange, zoomed } from './timeline-layout.ts'
import { TimelineTable } from './timeline-table.tsx'
import { useTimeline } from './use-timeline.ts'

const noItems: readonly TimelineItem[] = []

export function Timeline({ incident }: { incident: IncidentDetail }) {
  const { value, problem, again } = useTimeline(incident.incident, incident.status === 'resolved')
  const [order, setOrder] = useState<Order>('at')
  const [asTable, setAsTable] = useState(false)
  /** As somebody chose it; otherwise all of it, which grows with what comes in. */
  const [chosenRange, setRange] = useState<Range>()
  const [chosen, setChosen] = useState<string>()
  const items = value?.items ?? noItems
  const whole = useMemo(
    () =>
      value &&
      wholeRange(value, order, [order === 'at' ? incident.firstAtMs : incident.detectedAtMs, incident.detectedAtMs]),
    [value, order, incident.firstAtMs, incident.detectedAtMs],
  )
  const sorted = useMemo(
    () => [...items].sort((a, b) => timesOf(a, order).fromMs - timesOf(b, order).fromMs),
    [items, order],
  )
  const selected = items.find(({ id }) => id === chosen) ?? firstWorth(sorted)
  if (!value || !whole) return <NothingYet what="what happened" problem={problem} again={again} />
  const range = chosenRange ?? whole
  const middle = (range.fromMs + range.toMs) / 2
  const select = (item: TimelineItem | undefined) => {
    if (!item) return
    setChosen(item.id)
    const { fromMs } = timesOf(item, order)
    if (fromMs < range.fromMs || fromMs > range.toMs) setRange(panned(range, fromMs - middle))
  }
  const step = (by: number) => select(sorted[selected ? sorted.indexOf(selected) + by : 0])
  const alerts = items.filter(({ lane }) => lane === 'firewall' || lane === 'flags')
  const tied = alerts.filter(({ tie, tiedBeyond }) => tie !== undefined || tiedBeyond).length
  return (
    <>
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b px-5 py-2 max-md:px-3">
        <h2 className="font-semibold">What happened</h2>
        <span className="text-sm text-muted">
          {alerts.length > 0 && `${tied} of ${plural(alerts.length, 'alert')} and flags tied to an action`}
        </span>
        <div className="ml-auto flex flex-wrap items-center gap-1.5 max-md:ml-0 max-md:[&_button]:h-11 max-md:[&_button]:min-w-11">
          <Button
            look={order === 'seenAt' ? 'control' : 'quiet'}
            aria-pressed={order === 'seenAt'}
            title="In the order in which this server came to know it; otherwise as it happened, by the clocks of those who saw it"
            onClick={() => {
              setOrder(order === 'at' ? 'seenAt' : 'at')
              setRange(undefined)
            }}
          >
            {order === 'at' ? 'As it happened' : 'As we knew it'}
          </Button>
          <Button look="bare" aria-label="The one before" onClick={() => step(-1)}>
            <ChevronLeft aria-hidden />
          </Button>
          <Button look="bare" aria-label="The next one" onClick={() => step(1)}>
            <ChevronRight aria-hidden />
          </Button>
          {!asTable && (
            <>
              <Button look="bare" aria-label="Zoom in" onClick={() => setRange(zoomed(range, middle, 0.5))}>
                <ZoomIn aria-hidden />
              </Button>
              <Button look="bare" aria-label="Zoom out" onClick={() => setRange(zoomed(range, middle, 2))}>
                <ZoomOut aria-hidden />
              </Button>
              <Button look="bare" aria-label="Show all of it" onClick={() => setRange(undefined)}>
                <Maximize2 aria-hidden />
              </Button>
            </>
          )}
          <Button look={asTable ? 'control' : 'quiet'} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            <Table2 aria-hidden /> As a table
          </Button>
        </div>
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label="Timeline and its evidence"
        className="min-h-0 flex-1 overflow-y-auto px-5 py-3 outline-offset-[-2px] max-lg:overflow-visible max-md:px-3"
      >
        <AskAgain problem={problem} again={again} />
        {value.leftOut.map(({ session, afterMs }) => (
          <p key={session} className="mb-2 text-sm text-warn">
            <HostileText text={session} max={80} className="font-mono" /> did too much to show all: not everything that
            came after {clockText(afterMs)} is here. Its own page has it.
          </p>
        ))}
        {value.sessionsLeftOut > 0 && (
          <p className="mb-2 text-sm text-warn">
            {plural(value.sessionsLeftOut, 'session')} of it {value.sessionsLeftOut === 1 ? 'is' : 'are'} not drawn.
          </p>
        )}
        {value.gpusLeftOut > 0 && (
          <p className="mb-2 text-sm text-muted">
            {plural(value.gpusLeftOut, 'GPU')} of it {value.gpusLeftOut === 1 ? 'is' : 'are'} not drawn.
          </p>
        )}
        {items.length === 0 ? (
          <p className="py-6 text-muted">
            The log has no facts of its sessions near that time
            {incident.sessions.length === 0 && ': no session is known'}.
          </p>
        ) : asTable ? (
          <TimelineTable items={sorted} order={order} selected={selected} onSelect={select} />
        ) : (
          <TimelineDrawing
            items={items}
            order={order}
            range={range}
            onRange={setRange}
            selected={selected}
            onSelect={select}
            firstAtMs={incident.firstAtMs}
            detectedAtMs={incident.detectedAtMs}
            gpus={value.gpus}
          />
        )}
        {selected && (
          <>
            <h3 className="mt-4 mb-2 text-muted">
              Evidence at {preciseClockText(timesOf(selected, order).fromMs)}
              {selected.seenAtMs - selected.atMs >= 100 &&
                `, known ${spanText(selected.seenAtMs - selected.atMs)} later`}
            </h3>
            <EvidenceCards items={items} selected={selected} onSelect={select} />
          </>
        )}
        <p className="mt-3 text-sm text-muted">
          {countText(items.length)} facts from {clockText(value.fromMs)} to {clockText(value.toMs)}. Zoom with Ctrl and
          the wheel, or the buttons; drag to move along.
        </p>
      </section>
    </>
  )
}

/** What the page opens with: the first that is bad, otherwise the first. */
function firstWorth(sorted: readonly TimelineItem[]): TimelineItem | undefined {
  return (
    sorted.find(({ tone, tie }) => tone === 'critical' && tie) ??
    sorted.find(({ tone }) => tone === 'critical') ??
    sorted[0]
  )
}

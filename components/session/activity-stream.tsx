'use client'
// Everything that happened in the session, newest at the end. Follows the end unless the operator scrolled up to read.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, History } from 'lucide-react'
import { parseAsInteger, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import { useLive, useView } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { Notice } from '../ui/notice.tsx'
import { ActivityLine } from './activity-line.tsx'
import { activityLines, countByTab, tabOf, tabs } from './activity-lines.ts'
import { alertsByAction, replacedTies } from './alert-chips.ts'
import { focusLine } from './focus-line.ts'
import { fetchOlderEvents } from './older-events.ts'

const tabNames = {
  all: 'All',
  actions: 'Actions',
  processes: 'Processes',
  network: 'Network',
  operators: 'Operators',
} as const

/** Lines are measured anew after a new size; until then the end is not where it seems to be. */
const settleMs = 400

export function ActivityStream({ session }: { session: string }) {
  const events = useView((view) => view.events)
  const older = useView((view) => view.olderEvents)
  const skipped = useView((view) => view.skipped)
  const [{ tab, event: openSeq }, setUrl] = useQueryStates(
    { tab: parseAsStringLiteral(tabs).withDefault('all'), event: parseAsInteger },
    { history: 'replace', scroll: false },
  )
  const all = useMemo(() => activityLines(events), [events])
  const counts = useMemo(() => countByTab(all), [all])
  const chips = useMemo(() => alertsByAction(all), [all])
  const replaced = useMemo(() => replacedTies(all), [all])
  // A number of some of the events would read as one of all.
  const whole = !older && skipped === 0
  const lines = useMemo(() => (tab === 'all' ? all : all.filter((line) => tabOf(line) === tab)), [all, tab])
  const toggle = useCallback(
    (seq: number) => void setUrl((now) => ({ event: now.event === seq ? null : seq })),
    [setUrl],
  )

  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 33,
    getItemKey: (index) => lines[index]?.seq ?? index,
    overscan: 10,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: 40,
    initialOffset: () => Number.MAX_SAFE_INTEGER,
    useFlushSync: false,
  })
  const resizedAtMs = useRef(Number.NEGATIVE_INFINITY)
  const lastSeq = lines.at(-1)?.seq ?? 0
  const [readTo, setReadTo] = useState<number>()
  const fresh = readTo === undefined ? 0 : countAfter(lines, readTo)
  const onScroll = () => {
    const node = scroller.current
    if (!node) return
    const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 48
    // A new size moves the list, not the operator.
    if (!atEnd && readTo === undefined && performance.now() - resizedAtMs.current < settleMs) return
    setReadTo((before) => (atEnd ? undefined : (before ?? lastSeq)))
  }
  const now = useRef({ toEnd: () => {}, look: onScroll })
  useEffect(() => {
    const last = lines.length - 1
    const follows = readTo === undefined && last >= 0
    const toEnd = () => follows && virtual.scrollToIndex(last, { align: 'end' })
    now.current = { toEnd, look: onScroll }
  })
  useEffect(() => {
    const node = scroller.current
    if (!node) return
    let settled: ReturnType<typeof setTimeout>
    const observer = new ResizeObserver(() => {
      resizedAtMs.current = performance.now()
      now.current.toEnd()
      // Whether it is at the end then is looked at, not assumed.
      clearTimeout(settled)
      settled = setTimeout(() => now.current.look(), settleMs + 50)
    })
    observer.observe(node)
    return () => {
      clearTimeout(settled)
      observer.disconnect()
    }
  }, [])
  const [goal, setGoal] = useState<number>()
  const goTo = useCallback(
    (seq: number) => {
      setGoal(seq)
      void setUrl({ event: seq, tab: null })
    },
    [setUrl],
  )
  useEffect(() => {
    if (goal === undefined || tab !== 'all') return
    setGoal(undefined)
    const index = lines.findIndex((line) => line.seq === goal)
    if (index < 0) return
    setReadTo((before) => before ?? lines.at(-1)?.seq)
    virtual.scrollToIndex(index, { align: 'center' })
    focusLine(scroller, goal)
  }, [goal, tab, lines, virtual])
  const jump = () => {
    setReadTo(undefined)
    virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }

  return (
    <section
      aria-label="Activity"
      className="relative flex min-h-0 min-w-0 flex-1 flex-col max-lg:h-[64vh] max-lg:flex-none"
    >
      <div className="flex h-9 shrink-0 items-center gap-1 overflow-x-auto border-b px-4 max-md:h-12 max-md:px-3">
        <h2 className="mr-2 font-medium max-md:sr-only">Activity</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a row of toggles */}
        <div role="group" aria-label="Kind of activity" className="flex gap-0.5">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={tab === name}
              onClick={() => void setUrl({ tab: name === 'all' ? null : name })}
              className={classNames(
                'h-6 shrink-0 rounded-md px-2 text-sm max-md:h-9',
                tab === name ? 'bg-raised text-ink' : 'text-muted hover:text-ink',
              )}
            >
              {tabNames[name]} {whole && <span className="text-xs text-muted">{countText(counts[name])}</span>}
            </button>
          ))}
        </div>
        <span className="ml-auto flex shrink-0 items-center gap-3 pl-3 text-sm text-muted">
          {skipped > 0 && <span className="text-warn">{countText(skipped)} skipped here, kept in the log</span>}
          {readTo === undefined && (
            <span className="flex items-center gap-1.5 max-md:hidden">
              <ArrowDownToLine aria-hidden className="size-3.5" /> Following
            </span>
          )}
        </span>
      </div>
      <div
        ref={scroller}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Events"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="facts min-h-0 flex-1 overflow-y-auto outline-offset-[-2px] [overflow-anchor:none]"
      >
        {older && <OlderEvents session={session} />}
        {lines.length === 0 && (
          <Notice
            title={tab === 'all' ? 'Nothing has happened yet' : `No ${tabNames[tab].toLowerCase()} among these events`}
          >
            {tab === 'all' ? (
              <p>Events appear here in the moment the host or the agent reports them.</p>
            ) : (
              <p>{plural(counts.all, 'other line')} under All.</p>
            )}
          </Notice>
        )}
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            if (!line) return null
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <ActivityLine
                  line={line}
                  open={line.seq === openSeq}
                  chips={chips.get(line.seq)}
                  replaced={replaced.has(line.seq)}
                  onToggle={toggle}
                  onGo={goTo}
                />
              </div>
            )
          })}
        </div>
      </div>
      {readTo !== undefined && (
        <button
          type="button"
          onClick={jump}
          className="absolute bottom-4 left-1/2 h-8 -translate-x-1/2 rounded-full border border-line-strong bg-raised px-3.5 text-sm font-medium shadow-lg hover:border-faint max-md:h-11"
        >
          Jump to newest{fresh > 0 && <span className="text-info"> · {countText(fresh)} new</span>}
        </button>
      )}
    </section>
  )
}

function countAfter(lines: readonly { seq: number }[], seq: number): number {
  let count = 0
  for (let index = lines.length - 1; index >= 0 && (lines[index]?.seq ?? 0) > seq; index -= 1) count += 1
  return count
}

function OlderEvents({ session }: { session: string }) {
  const { store } = useLive()
  const [loading, setLoading] = useState(false)
  const load = async () => {
    const first = store.shown().events[0]?.seq
    if (first === undefined) return
    setLoading(true)
    try {
      const { events, more } = await fetchOlderEvents(session, first)
      store.takeOlderEvents(events, more)
    } catch (error) {
      toast.error('Older events could not be loaded', {
        description: error instanceof Error ? error.message : undefined,
      })
    }
    setLoading(false)
  }
  return (
    <div className="flex justify-center border-b py-1.5">
      <Button look="quiet" disabled={loading} onClick={() => void load()}>
        <History aria-hidden /> {loading ? 'Loading…' : 'Load older events'}
      </Button>
    </div>
  )
}

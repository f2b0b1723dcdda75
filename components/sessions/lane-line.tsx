'use client'
// One session on the shared time axis. Hover or arrow keys tell the exact event, a click opens the session at it.
import Link from 'next/link'
import { type KeyboardEvent, memo, type PointerEvent, useMemo, useState } from 'react'
import type { LaneMark, LaneView } from '../../server/protocol/live-view.ts'
import { useRow, useView } from '../live/live-context.tsx'
import { classNames } from '../ui/class-names.ts'
import { clockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import type { Axis } from './lane-axis.ts'
import { placeOf } from './lane-axis.ts'
import { isLong, type Look, lanePaths, laneSummary, markAt, placed } from './lane-paths.ts'
import { RiskCell } from './risk-cell.tsx'
import { sessionPath } from './session-path.ts'
import { StateIcon } from './state-icon.tsx'

export const looksOf: Readonly<Record<Look, string>> = {
  shell: 'fill-info',
  files: 'fill-faint',
  network: 'fill-info/15 stroke-info',
  other: 'fill-muted',
  failed: 'fill-critical/15 stroke-critical',
  paused: 'fill-frozen/25 stroke-frozen/60',
  waiting: 'fill-warn/25 stroke-warn/70',
  gap: 'fill-critical/8 stroke-critical [stroke-dasharray:3_3]',
  moment: 'fill-ink',
  warning: 'fill-warn',
  page: 'fill-critical',
}

type Props = {
  session: string
  top: number
  height: number
  /** Of the axis, in pixels. */
  width: number
  axis: Axis
  nowMs: number
  lane: LaneView | undefined
  leaving: boolean
  narrow: boolean
}

export const LaneLine = memo(function LaneLine(props: Props) {
  const { session, top, height, width, axis, nowMs, lane, leaving, narrow } = props
  const row = useRow(session)
  const host = useView((view) => (row?.host === undefined ? undefined : view.hosts.get(row.host)))
  const [at, setAt] = useState<number>()
  const svgHeight = 30
  const marks = useMemo(() => {
    const own = lane?.marks ?? []
    if (!host || host.connected || row?.state === 'ended') return own
    // Nothing is heard of it: that is a gap, though no event says so.
    const quiet: LaneMark = {
      seq: row?.lastSeq ?? 0,
      what: 'gap',
      atMs: host.sinceMs,
      endMs: nowMs,
      text: 'its host is not heard',
      isBad: true,
      trust: 'vigil',
    }
    return [...own, quiet]
  }, [lane, host, row?.state, row?.lastSeq, nowMs])
  const list = useMemo(() => placed(marks, axis, width, nowMs), [marks, axis, width, nowMs])
  const paths = useMemo(() => lanePaths(list, { width, height: svgHeight }), [list, width])
  const chosen = at === undefined ? undefined : list[at]
  const x = (atMs: number) => Math.min(width, Math.max(0, placeOf(axis, atMs) * width))
  const beganX = x(row?.startedAtMs ?? axis.fromMs)
  const factX = x(row?.lastEventAtMs ?? axis.fromMs)
  const endX = x(row?.endedAtMs ?? nowMs)
  const cutX = lane?.fromMs === undefined ? 0 : x(lane.fromMs)
  const href = chosen ? `${sessionPath(session)}?event=${chosen.mark.seq}` : sessionPath(session)
  const onPointerMove = (event: PointerEvent<HTMLElement>) =>
    setAt(markAt(list, event.clientX - event.currentTarget.getBoundingClientRect().left))
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0 || list.length === 0) return
    event.preventDefault()
    const from = at ?? (step < 0 ? list.length : -1)
    setAt(Math.min(list.length - 1, Math.max(0, from + step)))
  }
  const title = row?.name ?? session
  return (
    <li
      style={{ transform: `translateY(${top}px)`, height }}
      className={classNames(
        'absolute inset-x-0 top-0 flex items-center border-b hover:bg-panel max-md:flex-col max-md:items-stretch',
        leaving && 'opacity-85',
      )}
    >
      <span className="flex w-[232px] shrink-0 items-center gap-2 pr-2 pl-4 max-md:h-6 max-md:w-full max-md:px-3">
        {row && <StateIcon row={row} className="size-4 shrink-0" />}
        <span className="min-w-0 flex-1">
          <HostileText text={title} max={64} className="block truncate font-mono text-sm leading-[15px]" />
          {!narrow && (
            <HostileText
              text={row?.agent ?? 'unnamed agent'}
              max={60}
              className="block truncate text-xs leading-[15px] text-muted"
            />
          )}
        </span>
        {row?.risk && <RiskCell risk={row.risk} flagged={row.flagged} card />}
      </span>
      <Link
        href={href}
        prefetch={false}
        data-row
        aria-label={`${title}: ${laneSummary(list, lane?.more ?? 0)}`}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        onKeyDown={onKeyDown}
        style={{ width }}
        className="relative block h-[30px] shrink-0 outline-offset-[-2px] max-md:mx-3"
      >
        <svg aria-hidden width={width} height={svgHeight} className="absolute inset-0 overflow-visible">
          {/* As far as it is known to have lived: unbroken to its newest fact, dotted from there on. */}
          <path d={`M${beganX} ${svgHeight / 2}H${factX}`} className="stroke-line-strong" />
          {endX > factX && (
            <path d={`M${factX} ${svgHeight / 2}H${endX}`} strokeDasharray="1 4" className="stroke-line-strong" />
          )}
          {cutX > 0 && <path d={`M0 2V${svgHeight - 2}H${cutX}V2z`} className="fill-raised" />}
          {paths.map(({ look, d }) => (
            <path key={look} d={d} className={looksOf[look]} />
          ))}
          {chosen && (
            <path
              d={`M${chosen.x} 0.5H${Math.max(chosen.x + 2, chosen.endX)}V${svgHeight - 0.5}H${chosen.x}z`}
              className="fill-none stroke-ink"
            />
          )}
        </svg>
        {lane === undefined && (
          <span className="absolute inset-y-0 left-1 flex items-center text-xs text-muted">asking</span>
        )}
        {lane !== undefined && cutX > 60 && (
          <span className="absolute inset-y-0 left-1 flex items-center text-xs text-muted">older not looked at</span>
        )}
        {lane !== undefined && lane.more > 0 && (
          <span className="absolute top-0 left-1 bg-canvas px-1 text-xs text-muted">{lane.more} more before</span>
        )}
        {chosen && <MarkNote mark={chosen.mark} x={chosen.x} width={width} nowMs={nowMs} />}
      </Link>
    </li>
  )
})

type NoteProps = { mark: LaneMark; x: number; width: number; nowMs: number }

function MarkNote({ mark, x, width, nowMs }: NoteProps) {
  const isRight = x > width / 2
  const long = isLong(mark) || mark.what === 'gap'
  return (
    <span
      role="status"
      style={isRight ? { right: width - x + 8 } : { left: x + 8 }}
      className="pointer-events-none absolute inset-y-0 z-10 my-auto flex h-[26px] max-w-[62%] items-center gap-2 rounded-md border border-line-strong bg-raised px-2 text-sm"
    >
      <span className="shrink-0 font-mono">{clockText(mark.atMs)}</span>
      {mark.trust === 'agent' && mark.what === 'action' && <AgentMark />}
      <HostileText
        text={mark.text}
        max={160}
        className={classNames('min-w-0 truncate', mark.isBad && 'text-critical')}
      />
      {long && (
        <span className="shrink-0 text-muted">
          {mark.endMs === undefined ? `goes on, ${spanText(nowMs - mark.atMs)}` : spanText(mark.endMs - mark.atMs)}
        </span>
      )}
    </span>
  )
}

'use client'
// The cells of one session, shared by the table row and the narrow card. Each draws only when its own facts change.
import { memo } from 'react'
import type { SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { stepName } from '../../server/protocol/control.ts'
import { containmentOf } from '../controls/containment-state.ts'
import { ControlNotice, useControlNotices } from '../controls/control-notice.tsx'
import { wasRefuted } from '../controls/control-trouble.ts'
import { untilText } from '../controls/hold-words.ts'
import { DrillBadge } from '../drills/drill-badge.tsx'
import { useSamples, useView } from '../live/live-context.tsx'
import { useNow } from '../live/use-now.ts'
import { classNames } from '../ui/class-names.ts'
import { cpuText, endpointText, rateText } from '../ui/format-quantity.ts'
import { ageText, agoText, clockText, spanText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { textOfMark } from './restriction-marks.tsx'
import { restrictionMarks } from './restriction-words.ts'

const cpuOf = (point: SamplePoint) => point.cpuPercent
const gpuOf = (point: SamplePoint) => point.gpuPercent ?? 0
const bytesOutOf = (point: SamplePoint) => point.bytesOutPerSecond

export const AgentCell = memo(function AgentCell({
  session,
  agent,
  task,
}: {
  session: string
  agent: string | undefined
  task: string | undefined
}) {
  return (
    <>
      <span className="block truncate">
        <DrillBadge session={session} />
        <HostileText
          text={agent ?? 'unnamed agent'}
          max={80}
          className={classNames(agent === undefined && 'text-muted')}
        />
      </span>
      <HostileText text={task ?? 'no task given'} max={120} className="block truncate text-xs text-muted" />
    </>
  )
})

export const HostCell = memo(function HostCell({ host, gpus }: { host: string | undefined; gpus: string }) {
  const absent = useView((view) => (host === undefined ? undefined : view.hosts.get(host)?.gpuAbsent))
  return (
    <>
      <span className="block truncate font-mono text-sm">{host ?? '—'}</span>
      <span
        className="block truncate font-mono text-xs text-muted"
        title={gpus === '' ? (absent ?? 'no GPU in use by this session') : undefined}
      >
        gpu {gpus || '—'}
      </span>
    </>
  )
})

/** What the session does, or what must be read about its control instead: two such lines leave no room for the rest. */
export const DoingCell = memo(function DoingCell({ row, card = false }: { row: SessionRow; card?: boolean }) {
  const notices = useControlNotices(row)
  const [first, second] = notices
  const ended = row.state === 'ended'
  // A card is too narrow for a reason on one line.
  if (card && first?.tone === 'critical' && !second && !ended) return <ControlNotice notice={first} lines="two" />
  if (first && (second || ended)) {
    return (
      <>
        <span className="flex min-w-0 text-xs">
          <ControlNotice notice={first} />
        </span>
        <span className="flex min-w-0 text-xs">
          {second ? <ControlNotice notice={second} /> : <EndLine row={row} />}
        </span>
      </>
    )
  }
  return (
    <>
      <span className="flex min-w-0 items-center gap-1.5">
        <DoingText row={row} />
      </span>
      <span className="flex min-w-0 text-xs text-muted">
        {first ? (
          <ControlNotice notice={first} />
        ) : ended ? (
          <EndLine row={row} />
        ) : row.state === 'paused' ? (
          <PausedLine row={row} />
        ) : (
          row.doing && <DoingLine doing={row.doing} />
        )}
      </span>
    </>
  )
})

/** What it does now, in its own words or as the kernel has it. */
export function DoingText({ row: { doing, state } }: { row: SessionRow }) {
  if (!doing) return <span className="text-muted">nothing seen yet</span>
  return (
    <>
      {doing.trust === 'agent' && <AgentMark />}
      <HostileText
        text={doing.text}
        max={240}
        className={classNames('truncate font-mono text-sm', (!doing.running || state === 'ended') && 'text-muted')}
      />
    </>
  )
}

/** A paused session does nothing: what counts is since when, how that is known, and for how long it is to stay so. */
function PausedLine({ row }: { row: SessionRow }) {
  const now = useNow(1_000)
  const { control } = row
  const contained = containmentOf(row)?.state === 'contained'
  const read =
    control?.state === 'enforced' && (control.action === 'pause' || control.action === 'contain') ? control : undefined
  const verified =
    read !== undefined &&
    (read.action === 'pause' || contained) &&
    !wasRefuted(read) &&
    read.steps.some((step) => step.name === stepName.verified && step.ok)
  const ageMs = read?.endedAtMs === undefined ? undefined : now - read.endedAtMs
  const stopping = row.holds.filter((hold) => hold.action !== 'revoke')
  const timed = stopping.map((hold) => hold.expiresAtMs)
  // It goes on when its last cause is gone: a cause without an end has no such moment.
  const untilMs = timed.every((atMs) => atMs !== undefined) ? Math.max(...timed.map(Number)) : undefined
  return (
    <span
      title={read?.observed === undefined ? undefined : `${visibleText(read.observed, { max: 300 })} was read`}
      className="flex min-w-0 gap-1 truncate text-frozen"
    >
      <span className="shrink-0 font-medium">{contained ? 'Contained' : 'Paused'}</span>
      <span className="truncate">
        {ageMs !== undefined && (ageMs < 1_000 ? 'just now ' : `for ${ageText(ageMs)} `)}
        {verified ? '· verified' : '· read from the host'}
        {timed.length > 0 && untilMs !== undefined && ` · ${untilText(untilMs, now)}`}
        {stopping.length > 1 && ` · ${stopping.length} causes`}
      </span>
    </span>
  )
}

function DoingLine({ doing }: { doing: NonNullable<SessionRow['doing']> }) {
  const now = useNow(1_000)
  return (
    <span className="flex min-w-0 gap-1 truncate">
      {doing.tool && <HostileText text={doing.tool} max={40} className="truncate" />}
      {doing.tool && <span aria-hidden>·</span>}
      <span className="shrink-0">{doingText(doing.running, now - doing.sinceMs)}</span>
    </span>
  )
}

function doingText(running: boolean, ageMs: number): string {
  if (ageMs < 1_000) return running ? 'just started' : 'just done'
  return running ? `for ${ageText(ageMs)}` : `done ${agoText(ageMs)}`
}

export function endText(row: SessionRow): string {
  const how = row.signal
    ? `by ${row.signal}`
    : row.exitCode === undefined
      ? 'exit code unknown'
      : `exit ${row.exitCode}`
  const when =
    row.endedAtMs === undefined
      ? ''
      : ` at ${clockText(row.endedAtMs)} after ${spanText(row.endedAtMs - row.startedAtMs)}`
  return `Ended ${how}${when}`
}

function EndLine({ row }: { row: SessionRow }) {
  const bad = row.signal !== undefined || (row.exitCode !== undefined && row.exitCode !== 0)
  return <HostileText text={endText(row)} max={120} className={classNames('truncate', bad && 'text-warn')} />
}

export const EgressCell = memo(function EgressCell({ row }: { row: SessionRow }) {
  const points = useSamples(row.session)
  const [newest] = row.remotes
  // The last rate is one of before: where the network was read as revoked it says nothing of now.
  const cut = row.restrictions.some((each) => each.restriction === 'network' && each.wanted && each.enforced === 'yes')
  const rate = points.at(-1)?.bytesOutPerSecond
  return (
    <div className="flex min-w-0 items-center gap-2">
      <div className="min-w-0 flex-1">
        <span
          className={classNames('block truncate font-mono text-sm', !newest?.open && 'text-muted')}
          title={remotesTitle(row)}
        >
          {newest ? endpointText(newest.remote) : '—'}
        </span>
        <span className="block truncate text-xs text-muted">
          <NetworkWord row={row} />
          {row.openConnections} open{rate !== undefined && row.state !== 'ended' && ` · ${cut ? '–' : rateText(rate)}`}
        </span>
      </div>
      <Sparkline points={points} valueOf={bytesOutOf} floorMax={4_096} width={64} />
    </div>
  )
})

/** Where the network is taken away, that is the first thing to know of its connections. */
function NetworkWord({ row }: { row: SessionRow }) {
  const mark = restrictionMarks(row).find((each) => each.restriction === 'network')
  if (!mark) return null
  return <span className={classNames('mr-1', textOfMark[mark.tone])}>{mark.short} ·</span>
}

function remotesTitle(row: SessionRow): string | undefined {
  const lines = row.remotes.map((each) => `${endpointText(each.remote)} ${each.protocol}${each.open ? '' : ', closed'}`)
  return lines.length > 0 ? lines.join('\n') : undefined
}

export const CpuCell = memo(function CpuCell({ row }: { row: SessionRow }) {
  const points = useSamples(row.session)
  const newest = points.at(-1)
  const live = newest && row.state !== 'ended' ? newest : undefined
  // What runs outside its cgroup is not frozen.
  const frozen = row.state === 'paused' && row.escapedCount === 0
  const tone = row.state === 'paused' ? 'text-frozen' : undefined
  const gpu = live?.gpuPercent
  const height = gpu === undefined ? 20 : 15
  return (
    <div>
      <div className="flex items-center gap-2">
        <Sparkline points={points} valueOf={cpuOf} floorMax={100} width={56} height={height} className={tone} />
        <span className="w-9 text-right font-mono text-xs text-muted">
          {frozen ? '–' : live ? cpuText(live.cpuPercent) : '—'}
        </span>
      </div>
      {gpu !== undefined && (
        <div className="flex items-center gap-2" title="GPU utilisation, mean of the GPUs it computes on">
          <Sparkline points={points} valueOf={gpuOf} floorMax={100} width={56} height={height} className="text-info" />
          <span className="w-9 text-right font-mono text-xs text-info">{Math.round(gpu)}%</span>
          <span className="sr-only">GPU</span>
        </div>
      )}
    </div>
  )
})

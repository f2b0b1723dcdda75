// One GPU: a row of figures on a wide screen, a card on a narrow one.
import { CircleCheck, CircleDashed, CircleHelp, CircleSlash, Flag, type LucideIcon, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { GpuPoint, GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { toneClass } from './gpu-marks.ts'
import { gpuPath } from './gpu-path.ts'
import {
  clocksText,
  costText,
  faultText,
  gpuHoursText,
  memoryText,
  percentText,
  powerText,
  readAgeText,
  throttlingText,
  verdictWords,
} from './gpu-words.ts'

export const gpuColumns =
  'xl:grid xl:grid-cols-[minmax(150px,1fr)_132px_minmax(190px,1.5fr)_150px_150px_minmax(120px,0.8fr)_110px_minmax(130px,0.9fr)] xl:gap-x-3'

const iconOf: Readonly<Record<GpuTruthView['verdict'], LucideIcon>> = {
  idle: CircleDashed,
  expected: CircleCheck,
  'off-task': Flag,
  unplanned: CircleHelp,
  'unknown user': CircleHelp,
  'not known': CircleSlash,
}
const utilOf = (point: GpuPoint) => point.utilPercent ?? 0
const bandwidthOf = (point: GpuPoint) => point.memoryBandwidthPercent ?? 0

/** `namesHost`: it does not stand under its host's heading. */
export function GpuLine({ gpu, now, namesHost }: { gpu: GpuTruthView; now: number; namesHost?: boolean }) {
  const verdict = verdictWords(gpu)
  const Icon = gpu.heard ? iconOf[gpu.verdict] : CircleSlash
  const age = readAgeText(gpu, now)
  const { reading } = gpu
  const throttling = reading ? throttlingText(reading) : ''
  return (
    <li
      className={classNames(
        'border-b px-4 py-2 leading-[16px] max-md:px-3 max-xl:py-3',
        verdict.tone === 'critical' ? 'bg-critical/8' : 'hover:bg-panel',
        gpuColumns,
      )}
    >
      <div className="min-w-0">
        <Link
          href={gpuPath(gpu)}
          prefetch={false}
          className="font-medium underline-offset-2 hover:underline max-md:inline-block max-md:py-1"
        >
          {namesHost && <HostileText text={gpu.host} max={60} className="font-mono text-sm" />} GPU {gpu.index ?? '?'}
        </Link>{' '}
        <HostileText text={gpu.model ?? 'model not told'} max={60} className="text-muted" />
        <HostileText text={gpu.gpu} max={60} className="block truncate font-mono text-xs text-muted" />
      </div>
      <Figure name="state">
        <span
          title={verdict.why}
          className={classNames('inline-flex items-center gap-1.5 font-medium', toneClass[verdict.tone])}
        >
          <Icon aria-hidden className="size-3.5 shrink-0" />
          {verdict.words}
        </span>
        <span className={classNames('block text-xs', age.stale ? 'text-warn' : 'text-muted')}>{age.words}</span>
      </Figure>
      <Figure name="who uses it">
        <Users gpu={gpu} />
      </Figure>
      <Figure name="SM">
        <Line
          words={`SM ${percentText(reading?.utilPercent)}`}
          points={gpu.points}
          valueOf={utilOf}
          className="text-critical"
        />
      </Figure>
      <Figure name="memory bandwidth">
        <Line
          words={`memory ${percentText(reading?.memoryBandwidthPercent)}`}
          points={gpu.points}
          valueOf={bandwidthOf}
          className="text-info"
        />
      </Figure>
      <Figure name="memory, power">
        <span className="block font-mono text-sm">{reading ? memoryText(reading) : '–'}</span>
        <span className="block font-mono text-xs text-muted">{reading ? powerText(reading) : '–'}</span>
      </Figure>
      <Figure name="temperature, clocks">
        <span className="block font-mono text-sm">
          {reading?.temperatureC === undefined ? '–' : `${Math.round(reading.temperatureC)} °C`}
        </span>
        <span className="block font-mono text-xs text-muted">{reading ? clocksText(reading) : '–'}</span>
        {throttling !== '' && <HostileText text={throttling} max={80} className="block text-xs text-warn" />}
      </Figure>
      <Figure name="off task">
        <span className={classNames('block font-mono text-sm', gpu.offTaskMs > 0 ? 'text-critical' : 'text-muted')}>
          {gpuHoursText(gpu.offTaskMs)}
          {gpu.offTaskMs > 0 && ` · ${costText(gpu.offTaskCostUsd)}`}
        </span>
        {gpu.faults
          .slice(-2)
          .reverse()
          .map((fault) => (
            <span
              key={`${fault.atMs} ${fault.xid}`}
              title={dateTimeText(fault.atMs)}
              className="flex items-center gap-1 text-xs text-warn"
            >
              <TriangleAlert aria-hidden className="size-3 shrink-0" />
              <HostileText text={faultText(fault)} max={60} className="truncate" />
            </span>
          ))}
      </Figure>
    </li>
  )
}

function Users({ gpu }: { gpu: GpuTruthView }) {
  const planned = gpu.expected
  return (
    <>
      {gpu.users.length === 0 && <span className="text-muted">nobody</span>}
      {gpu.users.slice(0, 3).map((user) => (
        <span key={user.pid} className="flex min-w-0 items-baseline gap-1.5">
          {user.session === undefined ? (
            <span className="text-warn">no session</span>
          ) : (
            <Link
              href={sessionPath(user.session)}
              className="min-w-0 truncate font-mono text-sm underline-offset-2 hover:underline"
            >
              <HostileText text={user.session} max={60} />
            </Link>
          )}
          <HostileText
            text={`${user.name}[${user.pid}]`}
            max={60}
            className="min-w-0 truncate font-mono text-xs text-muted"
          />
        </span>
      ))}
      {gpu.users.length > 3 && <span className="block text-xs text-muted">and {gpu.users.length - 3} more</span>}
      <span className="block truncate text-xs text-muted">
        planned{' '}
        {planned ? (
          <HostileText text={planned.worker ?? (planned.sessions.join(', ') || 'nobody')} max={80} />
        ) : (
          'not told'
        )}
      </span>
    </>
  )
}

function Line(props: {
  words: string
  points: readonly GpuPoint[]
  valueOf: (point: GpuPoint) => number
  className: string
}) {
  return (
    <span className="flex items-center gap-2">
      <span className="w-[78px] shrink-0 font-mono text-sm">{props.words}</span>
      {props.points.length > 1 && (
        <Sparkline
          points={props.points}
          valueOf={props.valueOf}
          floorMax={100}
          width={60}
          className={props.className}
        />
      )}
    </span>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 max-xl:pt-1.5">
      <span className="block text-xs text-muted xl:sr-only">{name}</span>
      {children}
    </div>
  )
}

// Who uses one GPU beside who should, and what off-task use took and cost. A stranger is said plainly; a guess is not made.
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { classNames } from '../ui/class-names.ts'
import { ageText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { toneClass } from './gpu-marks.ts'
import { costText, faultText, gpuHoursText, userWords } from './gpu-words.ts'

type Props = { gpu: GpuTruthView; now: number; pricesAreAssumed: boolean }

export function GpuUse({ gpu, now, pricesAreAssumed }: Props) {
  return (
    <div className="facts grid border-b md:grid-cols-[1.6fr_1fr_1fr] md:divide-x max-md:divide-y">
      <Part title="Who uses it">
        <Users gpu={gpu} now={now} />
      </Part>
      <Part title="Who should">
        <Expected gpu={gpu} />
      </Part>
      <Part title="Off task">
        <OffTask gpu={gpu} pricesAreAssumed={pricesAreAssumed} />
      </Part>
    </div>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0 px-4 py-2.5 max-md:px-3">
      <h3 className="mb-1 text-xs text-muted">{title}</h3>
      {children}
    </section>
  )
}

function Users({ gpu, now }: { gpu: GpuTruthView; now: number }) {
  if (gpu.users.length === 0)
    return (
      <p className="text-muted">
        {gpu.verdict === 'idle' ? 'Nobody: no compute process is known on it.' : 'No process is known on it.'}
        {gpu.reading?.user !== undefined && (
          <>
            {' '}
            Its exporter names <HostileText text={gpu.reading.user} max={200} className="font-mono text-ink" />.
          </>
        )}
      </p>
    )
  return (
    <ul className="space-y-1.5">
      {gpu.users.map((user) => {
        const { words, tone } = userWords(gpu, user)
        return (
          <li key={user.pid} className="min-w-0">
            <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
              {user.session !== undefined && <SessionLink session={user.session} />}
              <HostileText
                text={`${user.name}[${user.pid}]`}
                max={120}
                className="min-w-0 truncate font-mono text-sm"
              />
              <span title={dateTimeText(user.sinceMs)} className="text-xs text-muted">
                since {dateTimeText(user.sinceMs)}, {ageText(now - user.sinceMs)}
              </span>
            </span>
            <span className={classNames('block text-sm', toneClass[tone], tone === 'critical' && 'font-medium')}>
              {words}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Expected({ gpu: { expected } }: { gpu: GpuTruthView }) {
  if (!expected)
    return (
      <p className="text-muted">
        Nothing says. A session’s label (<code className="font-mono text-sm">--label gpu=0</code>) or{' '}
        <code className="font-mono text-sm">POST /api/placements</code> does.
      </p>
    )
  return (
    <>
      {expected.worker !== undefined && (
        <p>
          worker <HostileText text={expected.worker} max={120} className="font-mono text-sm" />
        </p>
      )}
      {expected.sessions.length === 0 ? (
        <p className="text-muted">No session of it runs now.</p>
      ) : (
        <ul>
          {expected.sessions.slice(0, 8).map((session) => (
            <li key={session} className="truncate">
              <SessionLink session={session} />
            </li>
          ))}
          {expected.sessions.length > 8 && <li className="text-muted">and {expected.sessions.length - 8} more</li>}
        </ul>
      )}
    </>
  )
}

function OffTask({ gpu, pricesAreAssumed }: { gpu: GpuTruthView; pricesAreAssumed: boolean }) {
  return (
    <>
      <p className={classNames('font-mono', gpu.offTaskMs > 0 && 'font-medium text-critical')}>
        {gpuHoursText(gpu.offTaskMs)}
        {gpu.offTaskMs > 0 && gpu.offTaskCostUsd !== undefined && ` · ${costText(gpu.offTaskCostUsd)}`}
      </p>
      <p className="text-xs text-muted">
        {gpu.usdPerHour === undefined
          ? 'no price is known for this model: hours only'
          : `at ${costText(gpu.usdPerHour)} a GPU-hour${pricesAreAssumed ? ', assumed' : ''}`}
        {gpu.expected === undefined && gpu.offTaskMs === 0 && '; without a plan nobody can be off it'}
      </p>
      {gpu.offTaskBySession.length > 0 && (
        <ul className="mt-1 text-sm">
          {gpu.offTaskBySession.slice(0, 6).map(({ session, ms }) => (
            <li key={session ?? ''} className="flex min-w-0 justify-between gap-2">
              {session === undefined ? <span>processes of no session</span> : <SessionLink session={session} />}
              <span className="shrink-0 font-mono">{gpuHoursText(ms)}</span>
            </li>
          ))}
        </ul>
      )}
      {gpu.faults
        .slice(-3)
        .reverse()
        .map((fault) => (
          <p key={`${fault.atMs} ${fault.xid}`} className="mt-1 text-sm text-warn">
            {dateTimeText(fault.atMs)} <HostileText text={faultText(fault)} max={200} />
          </p>
        ))}
    </>
  )
}

function SessionLink({ session }: { session: string }) {
  return (
    <Link
      href={sessionPath(session)}
      prefetch={false}
      className="min-w-0 truncate font-mono text-sm underline underline-offset-2"
    >
      <HostileText text={session} max={80} />
    </Link>
  )
}

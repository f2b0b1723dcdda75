'use client'
// Who this is and what state it is in, in the largest letters of the page; what it costs and what can be done about it beside it.
import type { SessionDetail, SessionRow } from '../../server/protocol/browser-messages.ts'
import { containmentOf } from '../controls/containment-state.ts'
import { ControlNotice, useControlNotices } from '../controls/control-notice.tsx'
import { openTroubleOf } from '../controls/control-trouble.ts'
import { CostLine } from '../controls/cost-line.tsx'
import { SessionControls } from '../controls/session-controls.tsx'
import { DrillBadge } from '../drills/drill-badge.tsx'
import { PartOfIncident } from '../incidents/part-of-incident.tsx'
import { ReplayFromHere } from '../replay/replay-from-here.tsx'
import { endText } from '../sessions/session-cells.tsx'
import { faceOf, StateIcon } from '../sessions/state-icon.tsx'
import { classNames } from '../ui/class-names.ts'
import { clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { BundleLink } from './bundle-link.tsx'
import { shownLabels } from './label-words.ts'

export function SessionHeader({ row, detail }: { row: SessionRow; detail: SessionDetail }) {
  const notices = useControlNotices(row)
  const face = faceOf(row)
  const failed = openTroubleOf(row) !== undefined || containmentOf(row)?.state === 'partly'
  const cold = face.tone === 'text-frozen'
  return (
    <div
      className={classNames(
        'flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b px-5 py-3 max-md:gap-x-3 max-md:px-3',
        cold && 'bg-frozen/5',
        row.escapedCount > 0 && 'bg-critical/7',
        failed && 'bg-critical/12 shadow-[inset_3px_0_0_var(--critical)]',
      )}
    >
      <StateIcon row={row} className="size-5" />
      <div className="min-w-0 flex-1 basis-80 max-md:basis-56">
        <p className="truncate text-lg">
          <DrillBadge session={row.session} />
          <strong
            className={classNames(
              'font-semibold',
              cold || face.tone === 'text-critical' ? face.tone : failed ? 'text-critical' : 'text-ink',
            )}
          >
            {face.word}
          </strong>{' '}
          <span className="text-muted">
            <HostileText text={row.agent ?? 'unnamed agent'} max={80} />
            {row.task && (
              <>
                {' on '}
                <HostileText text={row.task} max={160} />
              </>
            )}
          </span>
        </p>
        <dl className="mt-0.5 flex flex-wrap gap-x-3 gap-y-0.5 text-sm text-muted [&_dd]:inline [&_dd]:text-ink [&_dt]:mr-1 [&_dt]:inline">
          {shownLabels(detail.labels).map(({ label, word, value }) => (
            <Fact key={label} name={word}>
              <HostileText text={value} max={120} />
            </Fact>
          ))}
          <Fact name="host">{row.host ?? 'none'}</Fact>
          <Fact name="started">
            <time dateTime={new Date(row.startedAtMs).toISOString()} title={dateTimeText(row.startedAtMs)}>
              {clockText(row.startedAtMs)}
            </time>
          </Fact>
          {detail.cgroup && (
            <Fact name="cgroup">
              <HostileText text={detail.cgroup} max={160} />
            </Fact>
          )}
          {!detail.cgroup && (
            <Fact name="held by">{detail.held === 'none' ? 'nothing: reported only' : detail.held}</Fact>
          )}
          {detail.argv && (
            <Fact name="command">
              <HostileText text={detail.argv.join(' ')} max={200} />
            </Fact>
          )}
        </dl>
        <PartOfIncident session={row.session} />
        {row.state === 'ended' && <HostileText text={endText(row)} max={160} className="block text-sm text-warn" />}
        {notices.map((notice) => (
          <p key={notice.kind} role="status" className="mt-1 text-sm">
            <ControlNotice notice={notice} lines="all" />
          </p>
        ))}
      </div>
      <div className="ml-auto flex min-w-0 flex-col items-end gap-1.5 max-md:ml-0 max-md:w-full max-md:items-start">
        <span className="flex flex-wrap items-center justify-end gap-2 max-md:justify-start">
          <ReplayFromHere />
          <SessionControls row={row} />
        </span>
        <CostLine cost={row.cost} />
        <BundleLink session={row.session} />
      </div>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0 max-w-full truncate">
      <dt>{name}</dt>
      <dd className="font-mono">{children}</dd>
    </div>
  )
}

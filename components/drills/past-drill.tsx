'use client'
// A drill of before: what became of it, its times, and opened, everything that was and was not seen.
import Link from 'next/link'
import { useState } from 'react'
import { type DrillView, drillOf } from '../../server/protocol/drill.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { drillState, drillTimes } from './drill-words.ts'

export function PastDrill({ view }: { view: DrillView }) {
  const [isOpen, setOpen] = useState(false)
  const { report } = view
  const isBad = report ? report.outcome === 'failed' || report.left.length > 0 : view.state === 'ended'
  return (
    <li className="border-b px-4 py-2 last:border-b-0 max-md:px-3">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <button
          type="button"
          data-row
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="w-56 min-w-0 truncate rounded-sm text-left font-medium hover:underline max-md:h-11"
        >
          {drillOf(view.drill).title}
        </button>
        <span className="font-mono text-muted">{dateTimeText(view.startedAtMs)}</span>
        <HostileText text={drillState(view)} max={200} className={classNames('min-w-0', isBad && 'text-critical')} />
        {drillTimes(view).map(({ name, text }) => (
          <span key={name} className="text-muted">
            {name} <span className="text-ink">{text}</span>
          </span>
        ))}
      </div>
      {isOpen && (
        <div className="mt-2 grid gap-2 text-sm">
          <p className="text-muted">
            Started by <HostileText text={view.by} max={80} />
            {view.session !== undefined && (
              <>
                {'; '}
                <Link className="text-info hover:underline" href={`/sessions/${encodeURIComponent(view.session)}`}>
                  its session
                </Link>
              </>
            )}
          </p>
          {report?.containedBy && (
            <p>
              {report.containedBy.action} by <HostileText text={report.containedBy.by} max={80} />:{' '}
              <HostileText text={report.containedBy.observed} max={200} className="font-mono" />
            </p>
          )}
          <ul aria-label="What had to show">
            {report?.checks.map(({ what, seen, detail }) => (
              <li key={what} className={classNames(!seen && 'text-critical')}>
                {seen ? 'Seen: ' : 'Not seen: '}
                <HostileText text={detail ? `${what} (${detail})` : what} max={400} />
              </li>
            ))}
          </ul>
          {report?.notes.map((note) => (
            <p key={note} className="text-muted">
              <HostileText text={note} max={400} />
            </p>
          ))}
          {report && (
            <p className={classNames(report.left.length > 0 && 'text-critical')}>
              <HostileText
                text={report.left.length === 0 ? 'Nothing was left behind.' : `Left behind: ${report.left.join('; ')}`}
                max={600}
              />
            </p>
          )}
        </div>
      )}
    </li>
  )
}

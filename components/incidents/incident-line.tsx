// One incident of the list: how bad, what, where it stands, whose it is, and how long things took.
import Link from 'next/link'
import type { IncidentView } from '../../server/protocol/incident.ts'
import { plural } from '../ui/format-quantity.ts'
import { ageText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { RowCell } from '../ui/row-cell.tsx'
import { DrillBadge, SeverityBadge, StatusMark } from './incident-marks.tsx'
import { containedInText, detectedInText, incidentPath, standingText } from './incident-words.ts'

export const incidentColumns =
  'xl:grid xl:grid-cols-[minmax(0,1fr)_150px_120px_110px_80px_90px_100px] xl:items-center xl:gap-x-4'
export const incidentHeads = ['Incident', 'Status', 'Owner', 'Sessions', 'Age', 'Detected in', 'Contained in']

export function IncidentLine({ incident, nowMs }: { incident: IncidentView; nowMs: number }) {
  const { sessions, owner } = incident
  const stands = standingText(incident, nowMs)
  return (
    <li className="relative border-b px-4 py-2.5 last:border-b-0 hover:bg-panel max-md:px-3">
      <div className={incidentColumns}>
        <div className="flex min-w-0 items-center gap-2.5">
          <SeverityBadge severity={incident.severity} />
          <Link
            href={incidentPath(incident.incident)}
            prefetch={false}
            data-row
            className="flex min-w-0 items-center gap-2 after:absolute after:inset-0"
          >
            <span className="shrink-0 font-mono text-muted">{incident.incident}</span>
            <HostileText text={incident.title} max={160} className="min-w-0 truncate font-medium" />
          </Link>
          {incident.isDrill && <DrillBadge />}
        </div>
        <dl className="grid grid-cols-3 gap-x-4 gap-y-1 max-xl:mt-2 max-md:grid-cols-2 xl:contents">
          <RowCell name="Status">
            <StatusMark status={incident.status} />
            {stands !== undefined && (
              <span title={stands} className="block truncate text-xs text-muted">
                {stands}
              </span>
            )}
          </RowCell>
          <RowCell name="Owner">
            {owner ? (
              <HostileText text={owner.name} max={80} className="block truncate" />
            ) : (
              <span className="text-muted">nobody</span>
            )}
          </RowCell>
          <RowCell name="Sessions">{sessions.length === 0 ? 'none known' : plural(sessions.length, 'session')}</RowCell>
          <RowCell name="Age">
            <time title={dateTimeText(incident.detectedAtMs)} dateTime={new Date(incident.detectedAtMs).toISOString()}>
              {ageText(nowMs - incident.detectedAtMs)}
            </time>
          </RowCell>
          <RowCell name="Detected in">{detectedInText(incident)}</RowCell>
          <RowCell name="Contained in">
            <span className={incident.containedAtMs === undefined ? 'text-muted' : ''}>
              {containedInText(incident)}
            </span>
          </RowCell>
        </dl>
      </div>
    </li>
  )
}

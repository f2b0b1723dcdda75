// What it is, how bad, whose, and how long it took: the lines that are read out on the telephone.
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { IncidentDetail } from '../../server/protocol/incident.ts'
import { classNames } from '../ui/class-names.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { DrillBadge, SeverityBadge, StatusMark } from './incident-marks.tsx'
import {
  containedInText,
  detectedInText,
  incidentPath,
  offTaskText,
  seenHeldText,
  standingText,
} from './incident-words.ts'

const sessionsShown = 4

type Props = { incident: IncidentDetail; nowMs: number; children: ReactNode }

/** `children`: what can be done. */
export function IncidentHeader({ incident, nowMs, children }: Props) {
  const { owner, sessions, mergedInto, follows, from, containedSessions } = incident
  const stands = standingText(incident, nowMs)
  const offTask = offTaskText(incident)
  const isWhole = sessions.length > 0 && containedSessions === sessions.length && !incident.moreSessions
  return (
    <div
      className={classNames(
        'flex shrink-0 flex-wrap items-start gap-x-4 gap-y-3 border-b px-5 py-3 max-md:px-3',
        incident.status === 'contained' && 'bg-frozen/5',
      )}
    >
      <div className="min-w-0 flex-1 basis-96 max-md:basis-full">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
          <SeverityBadge severity={incident.severity} />
          <h1 className="min-w-0 text-lg font-semibold break-words">
            <HostileText text={incident.title} max={160} />
          </h1>
          {incident.isDrill && <DrillBadge />}
          <StatusMark status={incident.status} />
          {stands !== undefined && <span className="text-sm text-muted">{stands}</span>}
        </div>
        <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-sm text-muted [&_dd]:inline [&_dd]:text-ink [&_dt]:mr-1 [&_dt]:inline">
          <Fact name="Owner">
            {owner ? <HostileText text={owner.name} max={80} className="font-medium" /> : 'nobody'}
          </Fact>
          <Fact name="Sessions">
            {sessions.length === 0 && 'none is known'}
            {sessions.slice(0, sessionsShown).map((session, index) => (
              <span key={session}>
                {index > 0 && ', '}
                <Link
                  href={`/sessions/${encodeURIComponent(session)}`}
                  prefetch={false}
                  className="font-mono hover:underline"
                >
                  <HostileText text={session} max={80} />
                </Link>
              </span>
            ))}
            {sessions.length > sessionsShown && ` and ${sessions.length - sessionsShown} more`}
            {sessions.length > 0 && (
              <span className={isWhole ? 'text-frozen' : 'text-warn'}> · {seenHeldText(incident)}</span>
            )}
          </Fact>
          <Fact name="Detected in" title={`first evidence ${dateTimeText(incident.firstAtMs)}, by its source’s clock`}>
            {detectedInText(incident)}
          </Fact>
          <Fact name="Contained in" title="from the first flag until every session was seen held or ended">
            {containedInText(incident)}
          </Fact>
          {offTask !== undefined && <Fact name="Off-task GPU">{offTask}</Fact>}
          {mergedInto && <Related name="Merged into" id={mergedInto} />}
          {follows && <Related name="Follows" id={follows} />}
          {from && <Related name="Split off" id={from} />}
        </dl>
      </div>
      {children}
    </div>
  )
}

function Fact({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <div className="min-w-0 max-w-full" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Related({ name, id }: { name: string; id: string }) {
  return (
    <Fact name={name}>
      <Link href={incidentPath(id)} prefetch={false} className="text-info hover:underline">
        {id}
      </Link>
    </Fact>
  )
}

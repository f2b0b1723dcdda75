// Severity and status of an incident: icon, word and colour together, never colour alone.
import { CircleCheck, CircleDot, Eye, FlaskConical, type LucideIcon, Snowflake } from 'lucide-react'
import type { IncidentSeverity, IncidentStatus } from '../../server/protocol/incident.ts'
import { classNames } from '../ui/class-names.ts'
import { severityMeaning, severityWord, statusWord } from './incident-words.ts'

const severityLook: Readonly<Record<IncidentSeverity, string>> = {
  // Paper has no backgrounds.
  sev1: 'bg-critical text-on-critical print:border print:border-critical print:bg-transparent print:text-critical',
  sev2: 'border border-warn/60 bg-warn/10 text-warn',
  sev3: 'border border-line-strong text-muted',
}

export function SeverityBadge({ severity }: { severity: IncidentSeverity }) {
  return (
    <span
      title={severityMeaning[severity]}
      className={classNames(
        'inline-flex h-5 shrink-0 items-center rounded-sm px-1.5 text-xs font-semibold whitespace-nowrap',
        severityLook[severity],
      )}
    >
      {severityWord[severity]}
    </span>
  )
}

const statusLook: Readonly<Record<IncidentStatus, { icon: LucideIcon; tone: string }>> = {
  open: { icon: CircleDot, tone: 'text-critical' },
  acknowledged: { icon: Eye, tone: 'text-warn' },
  contained: { icon: Snowflake, tone: 'text-frozen' },
  resolved: { icon: CircleCheck, tone: 'text-ok' },
}

export function StatusMark({ status }: { status: IncidentStatus }) {
  const { icon: Icon, tone } = statusLook[status]
  return (
    <span className={classNames('inline-flex shrink-0 items-center gap-1.5 whitespace-nowrap', tone)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {statusWord[status]}
    </span>
  )
}

export function DrillBadge() {
  return (
    <span
      title="a rehearsal: counted nowhere"
      className="inline-flex h-5 shrink-0 items-center gap-1 rounded-sm border border-info/40 bg-info/10 px-1.5 text-xs font-medium text-info"
    >
      <FlaskConical aria-hidden className="size-3" />
      Drill
    </span>
  )
}

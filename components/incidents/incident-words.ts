// Every word of incidents. Contained is said only of what was seen to be held or ended. Pure.
import type { FlagVerdict } from '../../server/protocol/flag.ts'
import {
  containedAs,
  detectedInMs,
  type IncidentChange,
  IncidentId,
  type IncidentLogEntry,
  type IncidentSeverity,
  type IncidentStatus,
  type IncidentView,
} from '../../server/protocol/incident.ts'
import type { PostmortemSection } from '../../server/protocol/postmortem-section.ts'
import { costText, gpuHoursText } from '../gpus/gpu-words.ts'
import { plural } from '../ui/format-quantity.ts'
import { clockText, spanText } from '../ui/format-time.ts'

export const severityWord: Readonly<Record<IncidentSeverity, string>> = { sev1: 'SEV 1', sev2: 'SEV 2', sev3: 'SEV 3' }

export const severityMeaning: Readonly<Record<IncidentSeverity, string>> = {
  sev1: 'the worst: somebody works on it at once',
  sev2: 'somebody looks into it now',
  sev3: 'looked into in the course of the day',
}

export const statusWord: Readonly<Record<IncidentStatus, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  contained: 'Contained',
  resolved: 'Resolved',
}

export const verdictWord: Readonly<Record<FlagVerdict, string>> = {
  true: 'it was real',
  false: 'it was noise',
  drill: 'it was a drill',
}

export const sectionWord: Readonly<Record<PostmortemSection, string>> = {
  summary: 'Summary',
  worked: 'What worked',
  failed: 'What did not',
  causes: 'Causes',
  followUps: 'Follow-ups',
}

/** What a path names; undefined where that is no incident. */
export function incidentOfSegment(text: string): IncidentId | undefined {
  return IncidentId.safeParse(text).data
}

export function incidentPath(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`
}

export function postmortemPath(id: string): string {
  return `${incidentPath(id)}/postmortem`
}

/** From the first evidence, by its source's clock, to the first flag, by ours. */
export function detectedInText(incident: Pick<IncidentView, 'firstAtMs' | 'detectedAtMs'>): string {
  const tookMs = detectedInMs(incident)
  return tookMs === undefined ? 'not known' : spanText(tookMs)
}

/** From the first flag until every session was seen to be held or ended. */
export function containedInText(
  incident: Parameters<typeof containedAs>[0] & Pick<IncidentView, 'detectedAtMs'>,
): string {
  const contained = containedAs(incident)
  return 'atMs' in contained ? spanText(contained.atMs - incident.detectedAtMs) : contained.instead
}

/** Never "held" before it was seen. */
export function seenHeldText({
  sessions,
  containedSessions,
  moreSessions,
  forgottenSessions,
}: Pick<IncidentView, 'sessions' | 'containedSessions' | 'moreSessions' | 'forgottenSessions'>): string {
  if (sessions.length === 0) return 'no session is known'
  if (forgottenSessions === sessions.length && !moreSessions) return 'whether held or ended is not known any more'
  if (forgottenSessions > 0)
    return `${containedSessions} of ${moreSessions ? 'more than ' : ''}${sessions.length} seen held or ended, of ${forgottenSessions} nothing is known any more`
  if (moreSessions) return `${containedSessions} of more than ${sessions.length} seen held or ended`
  if (containedSessions === sessions.length)
    return sessions.length === 1 ? 'seen held or ended' : `all ${sessions.length} seen held or ended`
  return `${containedSessions} of ${sessions.length} seen held or ended`
}

export function offTaskText({ offTask }: Pick<IncidentView, 'offTask'>): string | undefined {
  if (!offTask) return undefined
  const hours = gpuHoursText(offTask.gpuHours * 3_600_000)
  return offTask.usd === undefined ? `${hours}, no price is known` : `${hours} · ${costText(offTask.usd)}`
}

/** Why nothing can be done with it any more, or what stands. */
export function standingText(incident: IncidentView, nowMs: number): string | undefined {
  const { status, mergedInto, verdict, acknowledgedUntilMs } = incident
  if (mergedInto !== undefined) return `goes on as a part of ${mergedInto}`
  if (status === 'resolved') return verdict === undefined ? undefined : verdictWord[verdict]
  if (acknowledgedUntilMs === undefined) return undefined
  if (status === 'acknowledged') return `until ${clockText(acknowledgedUntilMs)}`
  return status === 'open' && acknowledgedUntilMs <= nowMs
    ? `acknowledged until ${clockText(acknowledgedUntilMs)}, and open again since`
    : undefined
}

/** What somebody did, in words that stand after the name. What they wrote is apart: `saidIn`. */
export function deedText({ change, by }: Pick<IncidentLogEntry, 'change' | 'by'>): string {
  switch (change.type) {
    case 'acknowledge':
      return `acknowledged, until ${clockText(change.untilMs)}`
    case 'assign':
      if (change.owner === undefined) return 'gave it back: nobody owns it'
      return change.owner.id === by?.id ? 'took it' : 'gave it to'
    case 'retitle':
      return 'gave it a title'
    case 'grade':
      return `graded it ${severityWord[change.severity]}`
    case 'note':
      return 'wrote'
    case 'write':
      return `${change.text === '' ? 'took away' : 'wrote'} “${sectionWord[change.section]}” in the postmortem`
    case 'resolve':
      return `resolved it: ${verdictWord[change.verdict]}`
    case 'reopen':
      return 'opened it again'
    case 'merge':
      return `merged it into ${change.into}`
    case 'split':
      return `split off ${plural(change.sessions.length, 'session')} as ${change.into}`
  }
}

/** People's own words in a deed. */
export function saidIn(change: IncidentChange): string | undefined {
  switch (change.type) {
    case 'note':
      return change.text
    case 'retitle':
      return change.title
    case 'resolve':
    case 'reopen':
      return change.reason
    default:
      return undefined
  }
}

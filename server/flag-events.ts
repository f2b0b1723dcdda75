// What detection says, as events for the log. Ids of flags follow from what raised them: whoever judges the same again names it the same.
import type { Flag } from './detection/flag.ts'
import type { Raised } from './detection/watch.ts'
import type { EventInput } from './protocol/event.ts'
import { CallId, type EventId, HostId, SessionId } from './protocol/ids.ts'
import { cutText, shortTextMax } from './protocol/text.ts'
import { eventIdOf } from './sources/event-id.ts'

export function flagIdOf(flag: Flag, cause: EventId | undefined): EventId {
  const { rule, session = '', call = '', atMs, fingerprint } = flag
  return eventIdOf('flag', rule, session, call, cause ?? String(atMs), fingerprint)
}

export function eventsOf({ flag, cause, risk, isIncident, finding }: Raised): EventInput[] {
  const short = (text: string) => cutText(text, shortTextMax)
  const session = SessionId.safeParse(flag.session).data
  const call = CallId.safeParse(flag.call).data
  const host = HostId.safeParse(flag.host).data
  const id = flagIdOf(flag, cause)
  const events: EventInput[] = [
    {
      v: 1,
      kind: 'flag.raised',
      atMs: flag.atMs,
      id,
      session,
      host,
      data: {
        rule: flag.rule.slice(0, 64),
        title: short(flag.title),
        severity: flag.severity,
        ...(flag.ruleSeverity !== flag.severity && { ruleSeverity: flag.ruleSeverity }),
        techniques: flag.techniques.slice(0, 16).map((each) => each.slice(0, 64)),
        tactics: flag.tactics.slice(0, 16).map((each) => each.slice(0, 64)),
        ...(flag.behaviour !== undefined && { behaviour: flag.behaviour.slice(0, 64) }),
        source: flag.source,
        ...(call !== undefined && { call }),
        ...(cause !== undefined && { cause }),
        matched: flag.matched
          .slice(0, 16)
          .map(({ field, value }) => ({ field: field.slice(0, 64), value: short(value) })),
        fingerprint: short(flag.fingerprint),
        context: flag.context.slice(0, 16).map(short),
        ...(flag.notFully !== undefined && { notFully: short(flag.notFully) }),
        ...(risk && {
          risk: {
            score: Math.round(risk.score * 10) / 10,
            isIncident,
            because: risk.contributions.slice(0, 8).map(({ title, why }) => short(`${title}: ${why}`)),
          },
        }),
      },
    },
  ]
  if (finding) {
    const sessions = finding.examples.flatMap((each) => SessionId.safeParse(each).data ?? [])
    events.push({
      v: 1,
      kind: 'finding.made',
      atMs: finding.lastMs,
      id: eventIdOf('finding', finding.id, String(finding.episodes), String(finding.firstMs)),
      data: {
        run: short(finding.run),
        rule: finding.rule.slice(0, 64),
        title: short(finding.title),
        severity: finding.severity,
        fingerprint: short(finding.fingerprint),
        sessions,
        sessionCount: finding.episodes,
      },
    })
  }
  return events
}

// Incidents as the writer sees them form: a story of sessions and flags, drawn one after the other. For tests only.
import { incidentEvents } from './incident-keeper.ts'
import { episodeStartMs } from './model/event-for-test.ts'
import { projectIncidents } from './model/project-incident.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { type ConsoleState, emptyState } from './model/state.ts'
import type { EventInput, EventOf, StoredEvent } from './protocol/event.ts'
import { type EventId, HostId, SessionId } from './protocol/ids.ts'

export const minuteMs = 60_000
export const isDrill = (session: string) => session.startsWith('ep-drill') || session === 'ep-4'
export type Story = { state: ConsoleState; seq: number }

export function stored(story: Story, event: EventInput, atMs: number): StoredEvent {
  story.seq += 1
  const id = event.id ?? (`00000000-0000-4000-9000-${String(story.seq).padStart(12, '0')}` as EventId)
  return { ...event, id, partition: 0, seq: story.seq, seenAtMs: atMs, trust: 'vigil' } as StoredEvent
}
export function apply(story: Story, events: readonly EventInput[], atMs: number): void {
  for (const event of events) applyEvent(story.state, stored(story, event, atMs), nothingTouched())
}

type FlagDrawn = {
  session?: string
  host?: string
  severity?: 'low' | 'medium' | 'high' | 'critical'
  rule?: string
  to?: string
  minute?: number
  seenMinute?: number
  source?: string
  isIncident?: boolean
}
export function flagOf(story: Story, drawn: FlagDrawn): EventOf<'flag.raised'> {
  const {
    session,
    host,
    severity = 'high',
    rule = 'tunnel',
    to,
    minute = 1,
    isIncident = false,
    source = 'command',
  } = drawn
  const atMs = episodeStartMs + minute * minuteMs
  const seenAtMs = episodeStartMs + (drawn.seenMinute ?? minute) * minuteMs
  const event: EventInput = {
    v: 1,
    kind: 'flag.raised',
    atMs,
    ...(session !== undefined && { session: SessionId.parse(session) }),
    ...(host !== undefined && { host: HostId.parse(host) }),
    data: {
      rule,
      title: rule === 'tunnel' ? 'Reverse SSH tunnel' : rule === 'mining' ? 'GPU mining' : rule,
      severity,
      techniques: ['T1572'],
      tactics: [rule],
      source,
      matched: to === undefined ? [] : [{ field: 'DestinationIp', value: to }],
      fingerprint: `${rule} ${to ?? ''}`,
      context: [],
      ...(isIncident && { risk: { score: 70, isIncident, because: [] } }),
    },
  }
  return stored(story, event, seenAtMs) as EventOf<'flag.raised'>
}
export function start(story: Story, session: string, labels: Record<string, string> = {}, host = 'gpu-node-17'): void {
  const data = { held: 'cgroup' as const, abilities: [], labels }
  const event: EventInput = {
    v: 1,
    kind: 'session.started',
    atMs: episodeStartMs,
    session: SessionId.parse(session),
    host: HostId.parse(host),
    data,
  }
  apply(story, [event], episodeStartMs)
}
export function process(story: Story, session: string, pid: number, ppid: number): void {
  const data = { pid, ppid, startTicks: pid, comm: 'sh', argv: ['sh'] }
  const of = { session: SessionId.parse(session), host: HostId.parse('gpu-node-17') }
  const event = stored(story, { v: 1, kind: 'process.started', atMs: episodeStartMs, ...of, data }, episodeStartMs)
  applyEvent(story.state, { ...event, trust: 'kernel' } as StoredEvent, nothingTouched())
}
/** The flags, one commit each, and what the writer makes of them. */
export function raise(story: Story, ...flags: FlagDrawn[]): void {
  for (const drawn of flags) {
    const flag = flagOf(story, drawn)
    applyEvent(story.state, flag, nothingTouched())
    apply(story, incidentEvents(story.state, [flag], flag.seenAtMs, isDrill), flag.seenAtMs)
  }
}
export const newStory = (): Story => ({ state: emptyState(), seq: 0 })
/** In the order in which they were opened, those that are over last. */
export const shown = (story: Story) =>
  projectIncidents(story.state, episodeStartMs + 5 * minuteMs).sort(
    (a, b) => Number(a.status === 'resolved') - Number(b.status === 'resolved') || a.incident.localeCompare(b.incident),
  )
export const change = (story: Story, id: string, what: object, minute = 3) =>
  apply(
    story,
    [
      {
        v: 1,
        kind: 'incident.changed',
        atMs: episodeStartMs + minute * minuteMs,
        data: { incident: id as never, by: { type: 'operator', id: 'u', name: 'eve' }, change: what as never },
      },
    ],
    episodeStartMs + minute * minuteMs,
  )

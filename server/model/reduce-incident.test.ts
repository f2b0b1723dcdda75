// given incidents with flags and sessions, when they are merged, split or opened again, then each time is that of what is in them now.
import { describe, expect, it } from 'vitest'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { HostId, SessionId } from '../protocol/ids.ts'
import { type IncidentChange, IncidentId } from '../protocol/incident.ts'
import { episodeStartMs } from './event-for-test.ts'
import { projectIncident, statusOf } from './project-incident.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { emptyState } from './state.ts'

/** Minutes of one hour. */
const at = (minute: number) => episodeStartMs + minute * 60_000

function story() {
  const state = emptyState()
  let seq = 0
  const tell = (minute: number, event: Omit<EventInput, 'v' | 'atMs'>) => {
    seq += 1
    const id = `00000000-0000-4000-9000-${String(seq).padStart(12, '0')}` as EventId
    const own = { v: 1, atMs: at(minute), id, partition: 0, seq, seenAtMs: at(minute), trust: 'kernel', ...event }
    applyEvent(state, own as StoredEvent, nothingTouched())
  }
  const of = (session: string) => ({ session: SessionId.parse(session), host: HostId.parse('gpu-node-17') })
  const incidentOf = (n: number) => {
    const found = state.incidents.get(IncidentId.parse(`INC-${n}`))
    if (!found) throw new Error(`no INC-${n}`)
    return found
  }
  return {
    start: (session: string) =>
      tell(0, { kind: 'session.started', ...of(session), data: { held: 'cgroup', abilities: [] } }),
    /** Seen by its host. */
    ends: (minute: number, session: string) => tell(minute, { kind: 'session.ended', ...of(session), data: {} }),
    opens: (minute: number, n: number) =>
      tell(minute, {
        kind: 'incident.opened',
        data: { incident: IncidentId.parse(`INC-${n}`), because: 'a flag', isDrill: false },
      }),
    joins: (minute: number, n: number, session: string, flagMinute = minute) =>
      tell(minute, {
        kind: 'incident.joined',
        data: {
          incident: IncidentId.parse(`INC-${n}`),
          because: 'same session',
          flag: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}` as EventId,
          rule: 'tunnel',
          title: 'Reverse SSH tunnel',
          severity: 'high',
          tactics: [],
          techniques: [],
          session: SessionId.parse(session),
          source: 'command',
          flagAtMs: at(flagMinute),
          detectedAtMs: at(minute),
          destinations: [],
        },
      }),
    changes: (minute: number, n: number, change: object) =>
      tell(minute, {
        kind: 'incident.changed',
        data: {
          incident: IncidentId.parse(`INC-${n}`),
          by: { type: 'operator', id: 'u', name: 'eve' },
          change: change as IncidentChange,
        },
      }),
    incident: incidentOf,
    shown: (n: number) => projectIncident(state, incidentOf(n), at(59)),
    forget: (session: string) => state.sessions.delete(SessionId.parse(session)),
    status: (n: number) => statusOf(state, incidentOf(n), at(59)),
  }
}

/** INC-1 of `a`, INC-2 of `b`. */
function two() {
  const told = story()
  told.start('a')
  told.start('b')
  told.opens(1, 1)
  told.joins(1, 1, 'a')
  told.opens(5, 2)
  told.joins(5, 2, 'b')
  return told
}

describe('an incident that another is merged into', () => {
  it('is detected when the first of both was, and contained when the last of both was', () => {
    const told = two()
    told.ends(6, 'b')
    told.ends(30, 'a')
    told.changes(40, 1, { type: 'merge', into: 'INC-2' })
    expect(told.incident(2)).toMatchObject({ detectedAtMs: at(1), containedAtMs: at(30) })
  })

  it('is not contained any more when what comes to it is not', () => {
    const told = two()
    told.ends(6, 'b')
    told.changes(40, 1, { type: 'merge', into: 'INC-2' })
    expect(told.incident(2).containedAtMs).toBeUndefined()
    expect(told.status(2)).toBe('open')
  })

  it('is contained without anybody knowing since when, where that of one of both is not known', () => {
    const told = story()
    told.start('a')
    told.start('b')
    told.ends(0, 'a')
    told.opens(1, 1)
    told.joins(1, 1, 'a')
    told.opens(5, 2)
    told.joins(5, 2, 'b')
    told.ends(6, 'b')
    told.changes(40, 1, { type: 'merge', into: 'INC-2' })
    expect(told.status(2)).toBe('contained')
    expect(told.incident(2).containedAtMs).toBeUndefined()
  })

  it('keeps its time when what comes to it has no session that could be held', () => {
    const told = story()
    told.start('b')
    told.opens(1, 1)
    told.opens(5, 2)
    told.joins(5, 2, 'b')
    told.ends(6, 'b')
    told.changes(40, 1, { type: 'merge', into: 'INC-2' })
    expect(told.incident(2).containedAtMs).toBe(at(6))
  })

  it('was acknowledged when the first of both was', () => {
    for (const [first, second] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const told = two()
      told.changes(8, first, { type: 'acknowledge', untilMs: at(38) })
      told.changes(9, second, { type: 'acknowledge', untilMs: at(39) })
      told.changes(40, 1, { type: 'merge', into: 'INC-2' })
      expect(told.incident(2).acknowledgedAtMs).toBe(at(8))
    }
    const told = two()
    told.changes(40, 1, { type: 'merge', into: 'INC-2' })
    expect(told.incident(2).acknowledgedAtMs).toBeUndefined()
  })
})

describe('an incident that a session was split off', () => {
  it('has the times of the flags that stay', () => {
    const told = story()
    told.start('a')
    told.start('b')
    told.opens(1, 1)
    told.joins(1, 1, 'a', 0)
    told.joins(10, 1, 'b', 8)
    told.joins(20, 1, 'b', 19)
    told.joins(30, 1, 'a', 29)
    told.opens(40, 2)
    told.changes(40, 1, { type: 'split', into: 'INC-2', sessions: ['a'] })
    expect(told.incident(1)).toMatchObject({ firstAtMs: at(8), detectedAtMs: at(10), newestAtMs: at(20) })
    expect(told.incident(2)).toMatchObject({ firstAtMs: at(0), detectedAtMs: at(1), newestAtMs: at(30) })
  })

  it('was never contained before it was detected', () => {
    const told = story()
    told.start('a')
    told.start('b')
    told.ends(0, 'b')
    told.opens(1, 1)
    told.joins(1, 1, 'a')
    told.ends(2, 'a')
    told.joins(10, 1, 'b')
    expect(told.incident(1).containedAtMs).toBe(at(2))
    told.opens(40, 2)
    told.changes(40, 1, { type: 'split', into: 'INC-2', sessions: ['a'] })
    expect(told.incident(1)).toMatchObject({ detectedAtMs: at(10), containedAtMs: undefined })
    expect(told.status(1)).toBe('contained')
  })
})

describe('an incident that followed one which was opened again', () => {
  const followed = () => {
    const told = story()
    told.start('a')
    told.opens(1, 1)
    told.joins(1, 1, 'a')
    told.changes(2, 1, { type: 'resolve', verdict: 'true' })
    told.opens(5, 2)
    told.joins(5, 2, 'a')
    return told
  }

  it('is contained as the other is, though both have the session', () => {
    const told = followed()
    told.changes(6, 1, { type: 'reopen' })
    told.ends(9, 'a')
    expect([told.incident(1).containedAtMs, told.incident(2).containedAtMs]).toEqual([at(9), at(9)])
  })

  it('leaves alone what is over', () => {
    const told = followed()
    told.ends(9, 'a')
    expect([told.incident(1).containedAtMs, told.incident(2).containedAtMs]).toEqual([undefined, at(9)])
  })
})

describe('a session that left memory', () => {
  it('is counted apart from those that are not held', () => {
    const told = two()
    expect(told.shown(1)).toMatchObject({ containedSessions: 0, forgottenSessions: 0 })
    told.forget('a')
    expect(told.shown(1)).toMatchObject({ containedSessions: 0, forgottenSessions: 1 })
  })
})

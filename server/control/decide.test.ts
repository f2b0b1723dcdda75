// given (a session's story) / when (somebody asks) / then (events, or a refusal in words); and what no sender may ever claim.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs, testHost, testSession } from '../model/event-for-test.ts'
import { isRestricted } from '../model/holds.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { type ConsoleState, emptyState } from '../model/state.ts'
import type { ControlAction } from '../protocol/control.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import { ControlId, type EventId, HostId, SessionId } from '../protocol/ids.ts'
import { admitEvent, emptyBatchMemory, type Sender } from './admit-event.ts'
import { type ControlCommand, type Role, requestControl } from './request-control.ts'
import { cancelOpenControls } from './session-end.ts'
import { wantedOfHost } from './wanted-state.ts'

const observed = { observed: 'frozen 1', observedFrom: '/sys/fs/cgroup/vigil/ep/cgroup.events' }
const held = '00:00 probe\n 00:01 start sh\n'
function given(drawing: string): ConsoleState {
  const state = emptyState()
  for (const event of drawEpisode(drawing)) applyEvent(state, event, nothingTouched())
  return state
}
function when(
  state: ConsoleState,
  action: ControlAction,
  role: Role = 'responder',
  control = 'ctl-new',
  more: Partial<ControlCommand> = {},
) {
  return requestControl(state, testSession, {
    control: ControlId.parse(control),
    action,
    by: { type: 'operator', id: 'op-1', name: 'on-call' },
    role,
    nowMs: episodeStartMs,
    ...more,
  })
}
const kinds = (decision: ReturnType<typeof when>) =>
  decision.ok
    ? decision.events.map((event) => `${event.kind} ${'control' in event.data ? event.data.control : ''}`)
    : decision.refusal.title

describe('asking for a control', () => {
  it('is one event, "requested", when nothing else is open', () => {
    expect(kinds(when(given(held), 'pause'))).toEqual(['control.requested ctl-new'])
  })
  it('ends an open control that wanted the opposite, so that each has exactly one end', () => {
    expect(kinds(when(given(`${held} 00:02 ask ctl-1 pause`), 'resume'))).toEqual([
      'control.requested ctl-new',
      'control.ended ctl-1',
    ])
  })
  it('leaves an open control that wants the same alone: two operators, two records', () => {
    expect(kinds(when(given(`${held} 00:02 ask ctl-1 pause`), 'pause'))).toEqual(['control.requested ctl-new'])
  })
  it('is refused to a viewer, for an unknown, ended or only reported session, each in its own words', () => {
    expect(kinds(when(given(held), 'pause', 'viewer'))).toBe('Not allowed')
    expect(kinds(when(emptyState(), 'pause'))).toBe('No such session')
    expect(kinds(when(given(`${held} 00:02 stop 0`), 'pause'))).toBe('Session has ended')
    expect(kinds(when(given('00:01 action c shell ls'), 'pause'))).toBe('No host holds this session')
  })
})

describe('the wanted state of a host', () => {
  it('holds what is paused and which controls still wait for their outcome', () => {
    const state = given(`${held} 00:02 ask ctl-1 pause`)
    expect(wantedOfHost(state, testHost)).toEqual([
      { session: testSession, restrict: ['pause'], pending: [{ control: 'ctl-1', action: 'pause' }] },
    ])
  })
  it('keeps a pause after its control has ended: it is a level, not an edge', () => {
    const state = given(`${held} 00:02 ask ctl-1 pause\n 00:03 end ctl-1 enforced`)
    expect(wantedOfHost(state, testHost)).toEqual([{ session: testSession, restrict: ['pause'], pending: [] }])
  })
  it('forgets sessions that have ended, whose open controls are cancelled', () => {
    const state = given(`${held} 00:02 ask ctl-1 pause\n 00:03 stop 0`)
    expect(wantedOfHost(state, testHost)).toEqual([])
    const session = state.sessions.get(testSession)
    expect(session && cancelOpenControls(session, episodeStartMs)).toMatchObject([
      { kind: 'control.ended', data: { control: 'ctl-1', outcome: 'cancelled' } },
    ])
  })
})

describe('what a sender may claim', () => {
  const probe: Sender = { type: 'probe', host: testHost }
  const admit = (state: ConsoleState, sender: Sender, event: object) => {
    const admission = admitEvent(state, emptyBatchMemory(), sender, {
      v: 1,
      atMs: episodeStartMs,
      session: testSession,
      host: testHost,
      ...event,
    } as EventInput)
    return admission.ok ? 'admitted' : admission.reason
  }
  const enforced = (more: object) => ({
    kind: 'control.ended',
    data: { control: 'ctl-1', outcome: 'enforced', ...more },
  })

  it('admits an effect from the probe of the session that says what it read and where', () => {
    const state = given(`${held} 00:02 ask ctl-1 pause\n 00:03 frozen 1`)
    expect(admit(state, probe, enforced(observed))).toBe('admitted')
  })
  it("never admits an effect that the host's own newest reading contradicts", () => {
    const state = given(`${held} 00:02 ask ctl-1 pause\n 00:03 frozen 1\n 00:04 frozen 0`)
    expect(admit(state, probe, enforced(observed))).toContain('has not read pause as restricted')
  })
  it('never admits a lift as enforced while the host still reads the session as restricted', () => {
    const story = `${held} 00:02 ask ctl-1 pause\n 00:03 frozen 1\n 00:04 end ctl-1 enforced\n 00:05 ask ctl-2 resume`
    const lift = { kind: 'control.ended', data: { control: 'ctl-2', outcome: 'enforced', ...observed } }
    // The reducer takes a control's end for a reading too, so the host has to have said "frozen 1" after it.
    expect(admit(given(`${story}\n 00:06 frozen 1`), probe, lift)).toContain('still reads pause as restricted')
    expect(admit(given(`${story}\n 00:06 frozen 0`), probe, lift)).toBe('admitted')
  })
  it("never lets a host tell the control of a vault, nor anything of a session that was another host's", () => {
    const vault = given(`${held} 00:02 ask ctl-1 revoke credentials`)
    expect(admit(vault, probe, enforced(observed))).toContain("not this host's to tell")
    const over = given(`${held} 00:02 stop 0`)
    const stranger: Sender = { type: 'probe', host: HostId.parse('other-host') }
    const event = {
      kind: 'process.started',
      host: 'other-host',
      data: { pid: 1, ppid: 0, startTicks: 1, comm: 'x', argv: [] },
    }
    expect(admit(over, stranger, event)).toContain('was held by another host')
  })
  it('never admits "enforced" from an acknowledgement alone', () => {
    expect(admit(given(`${held} 00:02 ask ctl-1 pause`), probe, enforced({}))).toContain('needs what was observed')
  })
  it('never admits a second end, an end of a control nobody asked for, or one for another session', () => {
    expect(admit(given(`${held} 00:02 ask ctl-1 pause\n 00:03 end ctl-1 failed`), probe, enforced(observed))).toContain(
      'already ended',
    )
    expect(admit(given(held), probe, enforced(observed))).toContain('was not asked')
    const other = { ...enforced(observed), session: SessionId.parse('another') }
    expect(admit(given(`${held} 00:02 ask ctl-1 pause`), probe, other)).toContain('was not asked')
  })
  it('never lets one host speak of a session that another holds', () => {
    const stranger: Sender = { type: 'probe', host: HostId.parse('other-host') }
    const event = { kind: 'session.ended', host: 'other-host', data: {} }
    expect(admit(given(held), stranger, event)).toContain('held by another host')
  })
  it('never lets a source end, start or fake the processes of a session that a host holds', () => {
    const source: Sender = { type: 'source', name: 'session/x', trust: 'agent', session: testSession }
    expect(admit(given(held), source, { kind: 'session.ended', data: {} })).toContain('whose probe alone')
    expect(admit(given(held), source, { kind: 'process.exited', data: { pid: 1, startTicks: 1 } })).toContain(
      'whose probe alone',
    )
    expect(admit(given(held), source, { kind: 'action.ended', data: { call: 'c', outcome: 'ok' } })).toBe('admitted')
    expect(
      admit(given(held), source, { kind: 'action.ended', session: 'another', data: { call: 'c', outcome: 'ok' } }),
    ).toContain('speaks for session')
  })
})

describe('over random sequences of asking and ending', () => {
  it('every control has at most one end, and at most the newest direction stays open', () => {
    const step = fc.record({ act: fc.constantFrom('pause', 'resume', 'enforce', 'fail'), which: fc.nat({ max: 5 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const state = given(held)
        let seq = 10
        const ends = new Map<string, number>()
        const append = (events: EventInput[], sender: Sender) => {
          const memory = emptyBatchMemory()
          for (const event of events) {
            if (!admitEvent(state, memory, sender, event).ok) continue
            seq += 1
            if (event.kind === 'control.ended') ends.set(event.data.control, (ends.get(event.data.control) ?? 0) + 1)
            const stored = {
              ...event,
              id: String(seq) as EventId,
              seq,
              partition: 0,
              seenAtMs: event.atMs,
              trust: 'vigil',
            } as StoredEvent
            applyEvent(state, stored, nothingTouched())
          }
        }
        steps.forEach(({ act, which }, index) => {
          if (act === 'pause' || act === 'resume') {
            const decision = when(state, act, 'responder', `ctl-${index}`)
            if (decision.ok) append(decision.events, { type: 'vigil' })
            return
          }
          const data = {
            control: ControlId.parse(`ctl-${which}`),
            outcome: act === 'enforce' ? ('enforced' as const) : ('failed' as const),
            ...observed,
          }
          append([{ v: 1, kind: 'control.ended', atMs: episodeStartMs, session: testSession, host: testHost, data }], {
            type: 'probe',
            host: testHost,
          })
        })
        for (const count of ends.values()) expect(count).toBe(1)
        const open = state.sessions.get(testSession)?.controls.filter((each) => each.state === 'requested') ?? []
        expect(new Set(open.map((each) => each.action)).size).toBeLessThanOrEqual(1)
        const session = state.sessions.get(testSession)
        if (open[0]) expect(open[0].action === 'pause').toBe(session && isRestricted(session, 'pause'))
      }),
    )
  })
})

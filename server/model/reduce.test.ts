// What the console may say after which facts. Episodes are drawn in text; each reads as the story of one session.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HostRow } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { drawEpisode, testHost, testSession } from './event-for-test.ts'
import { projectDetail } from './project-detail.ts'
import { projectHost, projectRow } from './project-row.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { emptySampleHistory } from './sample-history.ts'
import { stateFromJson, stateToJson } from './snapshot-state.ts'
import { bounds, type ConsoleState, emptyState } from './state.ts'

function stateAfter(events: readonly StoredEvent[], state: ConsoleState = emptyState()): ConsoleState {
  for (const event of events) applyEvent(state, event, nothingTouched())
  return state
}
function rowAfter(drawing: string) {
  const state = stateAfter(drawEpisode(drawing))
  const session = state.sessions.get(testSession)
  if (!session) throw new Error('the episode has no session')
  return projectRow(state, session)
}

describe('a host that only its own probe has spoken of', () => {
  it('is a row that a browser can read: not connected, since it was first spoken of, also out of an older snapshot', () => {
    const [introduced] = drawEpisode('00:00 probe')
    if (introduced?.kind !== 'probe.connected') throw new Error('the episode has no probe')
    const state = stateAfter([{ ...introduced, trust: 'host' }])
    const host = state.hosts.get(testHost)
    if (!host) throw new Error('the episode has no host')
    const row = projectHost(host, emptySampleHistory())
    expect(HostRow.parse(row)).toMatchObject({ connected: false, sinceMs: introduced.seenAtMs })
    expect(HostRow.safeParse(projectHost({ ...host, sinceMs: 0 }, emptySampleHistory())).success).toBe(true)
  })
})

describe('what may be said of a session', () => {
  it('is running once its host holds it', () => {
    expect(rowAfter('00:00 probe\n 00:01 start python train.py').state).toBe('running')
  })

  it('is only "pausing" while a pause is asked and delivered but nothing was read', () => {
    const asked =
      '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:03 delivered ctl-1\n 00:03 step ctl-1 freeze-written 1'
    expect(rowAfter(asked).state).toBe('pausing')
  })

  it('is "paused" after the host read frozen 1, and the receipt says what was read and where', () => {
    const row = rowAfter(
      '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:03 delivered ctl-1\n 00:04 end ctl-1 enforced',
    )
    expect(row.state).toBe('paused')
    expect(row.control).toMatchObject({ state: 'enforced', observed: 'frozen 1' })
    expect(row.control?.steps.map((step) => step.name)).toEqual(['requested', 'delivered', 'enforced'])
  })

  it('is never "paused" because a control failed, expired or was cancelled', () => {
    for (const outcome of ['failed', 'partial', 'expired', 'cancelled', 'superseded']) {
      expect(rowAfter(`00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:04 end ctl-1 ${outcome}`).state).toBe(
        'pausing',
      )
    }
  })

  it('is no longer "paused" when the host reads that the agent thawed itself, whatever was wanted', () => {
    const row = rowAfter(
      '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:04 end ctl-1 enforced\n 00:09 frozen 0',
    )
    expect(row.state).toBe('pausing')
  })

  it('is "resuming" until the thaw was read', () => {
    const paused = '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:04 end ctl-1 enforced\n'
    expect(rowAfter(`${paused} 00:05 ask ctl-2 resume`).state).toBe('resuming')
    expect(rowAfter(`${paused} 00:05 ask ctl-2 resume\n 00:06 end ctl-2 enforced`).state).toBe('running')
  })

  it('is "silent" when its host is not heard, with what was last read beside it', () => {
    const row = rowAfter(
      '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:04 end ctl-1 enforced\n 00:05 silent',
    )
    expect(row).toMatchObject({ state: 'silent', lastRead: 'paused' })
  })

  it('is "reported" when only telemetry speaks of it: nobody holds it', () => {
    expect(rowAfter('00:01 action c1 shell ls').state).toBe('reported')
  })

  it('has ended with everything that belonged to it', () => {
    const row = rowAfter(
      '00:00 probe\n 00:01 start sh\n 00:02 exec 7 1 sh\n 00:02 open k 203.0.113.4:22 7\n 00:03 stop 3',
    )
    expect(row).toMatchObject({ state: 'ended', exitCode: 3, openConnections: 0, processCount: 0 })
  })

  it('is running again when the same name is started once more', () => {
    expect(rowAfter('00:00 probe\n 00:01 start sh\n 00:02 stop 0\n 00:09 start sh').state).toBe('running')
  })
})

describe('a control', () => {
  it('keeps its first end: whatever comes after changes nothing', () => {
    const row = rowAfter(
      '00:00 probe\n 00:01 start sh\n 00:02 ask ctl-1 pause\n 00:03 end ctl-1 failed\n 00:04 end ctl-1 enforced',
    )
    expect(row.control?.state).toBe('failed')
    expect(row.state).toBe('pausing')
  })
})

describe('what a session does', () => {
  it('shows the command it was started with when nothing else was seen of it', () => {
    expect(rowAfter('00:01 start true').doing).toMatchObject({ text: 'true', trust: 'kernel' })
  })

  it('shows the running tool call, then the process that came after it', () => {
    expect(rowAfter('00:01 action c1 shell make test\n 00:02 exec 9 1 make test').doing).toMatchObject({
      text: 'make test',
      trust: 'agent',
      running: true,
    })
    const later = rowAfter('00:01 action c1 shell make test\n 00:02 done c1\n 00:03 exec 9 1 curl 203.0.113.4')
    expect(later.doing).toMatchObject({ text: 'curl 203.0.113.4', trust: 'kernel' })
  })

  it('shows connections newest first and keeps the byte counts of closed ones', () => {
    const state = stateAfter(
      drawEpisode(
        '00:01 start sh\n 00:02 open a 203.0.113.1:22 5\n 00:03 open b 203.0.113.2:443 5\n 00:04 close a 120 7',
      ),
    )
    const session = state.sessions.get(testSession)
    if (!session) throw new Error('no session')
    expect(projectRow(state, session).remotes.map((each) => [each.remote.address, each.open])).toEqual([
      ['203.0.113.2', true],
      ['203.0.113.1', false],
    ])
    const closed = projectDetail(state, session, emptySampleHistory()).connections.find(
      (each) => each.connection === 'a',
    )
    expect(closed).toMatchObject({ bytesOut: 120, bytesIn: 7 })
  })

  it('marks a process that left the cgroup', () => {
    const state = stateAfter(drawEpisode('00:01 start sh\n 00:02 exec 9 1 nohup miner\n 00:03 escape 9'))
    const session = state.sessions.get(testSession)
    expect(session && [...session.processes.values()][0]?.escaped).toBe(true)
  })
})

describe('an agent that floods', () => {
  it('costs counters, not memory: processes, connections and calls are bounded and still counted', () => {
    const state = emptyState()
    const flood = bounds.liveProcesses + 100
    const drawing = Array.from(
      { length: flood },
      (_, i) => `00:01 exec ${i + 2} 1 fork\n00:01 open k${i} 203.0.113.1:1 2\n00:01 action c${i} shell x`,
    ).join('\n')
    stateAfter(drawEpisode(drawing), state)
    const session = state.sessions.get(testSession)
    expect(session?.processes.size).toBe(bounds.liveProcesses)
    expect(session?.connections.size).toBe(bounds.openConnections)
    expect(session?.openActions.size).toBe(bounds.openActions)
    expect(session?.counts).toMatchObject({ processes: flood, connections: flood, actions: flood })
  })
})

describe('an agent that talks without end', () => {
  it('keeps at most so many labels, and no more of a text than a screen shows', () => {
    const state = emptyState()
    for (let i = 0; i < 200; i += 1) {
      const [start] = drawEpisode('00:01 start sh', i + 1)
      if (start?.kind !== 'session.started') throw new Error('not a start')
      applyEvent(state, { ...start, data: { ...start.data, labels: { [`label-${i}`]: 'x' } } }, nothingTouched())
    }
    const [said] = drawEpisode(`00:02 action c1 shell ${'x'.repeat(60_000)}`, 201)
    if (said) applyEvent(state, said, nothingTouched())
    const session = state.sessions.get(testSession)
    expect(Object.keys(session?.labels ?? {})).toHaveLength(bounds.labels)
    expect(session?.newestAction?.text.length).toBe(bounds.actionText)
  })
})

describe('a source that invents sessions', () => {
  it('is bounded: the longest silent leave memory, the sessions that a host holds never do', () => {
    const [probe, start] = drawEpisode('00:00 probe\n 00:01 start sh')
    const state = stateAfter([probe, start].filter((each) => each !== undefined))
    const touched = nothingTouched()
    for (let i = 0; i < bounds.reportedSessions + 10; i += 1) {
      const [said] = drawEpisode('00:02 action c1 shell ls', i + 3)
      if (said) applyEvent(state, { ...said, session: `made-up-${i}` as typeof testSession }, touched)
    }
    expect(state.sessions.size).toBeLessThanOrEqual(bounds.reportedSessions + 1)
    expect(state.sessions.has(testSession)).toBe(true)
    expect(touched.removed[0]).toBe('made-up-0')
    expect(state.reportedCount).toBe(state.sessions.size - 1)
  })
})

describe('the reducer', () => {
  const verb = fc.oneof(
    fc.constantFrom('probe', 'silent', 'start sh', 'stop 1', 'frozen 1', 'frozen 0'),
    fc
      .tuple(fc.constantFrom('exec', 'exit', 'escape'), fc.integer({ min: 2, max: 6 }))
      .map(([what, pid]) => `${what} ${pid} 1 x`),
    fc
      .tuple(fc.constantFrom('open', 'close'), fc.integer({ min: 0, max: 3 }))
      .map(([what, n]) => (what === 'open' ? `open k${n} 203.0.113.9:22 2` : `close k${n} 1 2`)),
    fc
      .tuple(fc.constantFrom('action', 'done'), fc.integer({ min: 0, max: 3 }))
      .map(([what, n]) => `${what} c${n} shell ls`),
    fc
      .tuple(
        fc.constantFrom(
          'ask ctl-N pause',
          'ask ctl-N resume',
          'delivered ctl-N',
          'end ctl-N enforced',
          'end ctl-N failed',
        ),
        fc.integer({ min: 0, max: 3 }),
      )
      .map(([what, n]) => what.replace('N', String(n))),
  )
  const episode = fc
    .array(verb, { minLength: 1, maxLength: 60 })
    .map((verbs) => verbs.map((each, i) => `00:${String(i % 60).padStart(2, '0')} ${each}`).join('\n'))

  it('ends in the same state from the whole log and from a snapshot anywhere in it plus the rest', () => {
    fc.assert(
      fc.property(episode, fc.nat(), (drawing, cut) => {
        const events = drawEpisode(drawing)
        const at = cut % (events.length + 1)
        const whole = stateAfter(events)
        const restored = stateFromJson(stateToJson(stateAfter(events.slice(0, at))))
        // The order in which fields came to be is no part of it.
        expect(stateAfter(events.slice(at), restored)).toEqual(whole)
      }),
    )
  })

  it('ignores events that it has applied before', () => {
    fc.assert(
      fc.property(episode, (drawing) => {
        const events = drawEpisode(drawing)
        const once = stateToJson(stateAfter(events))
        expect(stateToJson(stateAfter([...events, ...events]))).toBe(once)
      }),
    )
  })

  it('never says "paused" unless the newest reading of the host said so', () => {
    fc.assert(
      fc.property(episode, (drawing) => {
        const state = emptyState()
        let read = false
        const ended = new Set<string>()
        const asked = new Map<string, string>()
        for (const event of drawEpisode(drawing)) {
          applyEvent(state, event, nothingTouched())
          if (event.kind === 'session.observed') read = event.data.paused
          if (event.kind === 'session.ended') read = false
          if (event.kind === 'control.requested' && !asked.has(event.data.control))
            asked.set(event.data.control, event.data.action)
          if (event.kind === 'control.ended' && asked.has(event.data.control) && !ended.has(event.data.control)) {
            ended.add(event.data.control)
            if (event.data.outcome === 'enforced') read = asked.get(event.data.control) === 'pause'
          }
          const session = state.sessions.get(testSession)
          if (session && projectRow(state, session).state === 'paused') expect(read).toBe(true)
        }
      }),
    )
  })

  it('says which sessions and hosts an event touched', () => {
    const state = stateAfter(drawEpisode('00:00 probe\n 00:01 start sh'))
    const touched = nothingTouched()
    const [silent] = drawEpisode('00:02 silent', 3)
    if (silent) applyEvent(state, silent, touched)
    expect([...touched.hosts]).toEqual([testHost])
    expect([...touched.sessions]).toEqual([testSession])
  })
})

describe('a connection while the network is taken away', () => {
  const story = '00:00 probe\n00:01 start sh\n00:02 open k1 203.0.113.40:22\n00:03 ask c1 revoke network\n'
  const connections = (drawing: string) => {
    const state = emptyState()
    for (const event of drawEpisode(drawing)) applyEvent(state, event, nothingTouched())
    const session = state.sessions.get(testSession)
    if (!session) throw new Error('no session')
    const { connections: views, row } = projectDetail(state, session, emptySampleHistory())
    return {
      open: row.openConnections,
      said: views.map(
        ({ connection, cut, attempt }) => `${connection}${cut ? ' cut' : ''}${attempt ? ' attempt' : ''}`,
      ),
    }
  }

  it('that ends is called cut once the host has read that the network was taken away, and not before', () => {
    expect(connections(`${story}00:04 close k1`)).toEqual({ open: 0, said: ['k1'] })
    expect(connections(`${story}00:04 close k1\n00:05 read network 1`)).toEqual({ open: 0, said: ['k1 cut'] })
    expect(connections(`${story}00:04 read network 1\n00:05 close k1`)).toEqual({ open: 0, said: ['k1 cut'] })
  })

  it('that ends by itself while nothing is revoked is closed, not cut', () => {
    expect(connections('00:01 start sh\n00:02 open k1 203.0.113.40:22\n00:03 close k1').said).toEqual(['k1'])
  })

  it('that is tried is an attempt and no open connection, until the host reads that the cut does not hold', () => {
    const tried = `${story}00:04 read network 1\n00:05 open k2 203.0.113.40:22 7 SYN-SENT\n`
    expect(connections(tried)).toEqual({ open: 1, said: ['k1', 'k2 attempt'] })
    expect(connections(`${tried}00:06 read network 0`)).toEqual({ open: 2, said: ['k1', 'k2'] })
  })
})

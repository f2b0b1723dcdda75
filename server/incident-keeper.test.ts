// Which flags become one incident: drawn as the writer sees them, one flag after the other, through the events that it writes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incidentEvents } from './incident-keeper.ts'
import {
  apply,
  change,
  flagOf,
  isDrill,
  minuteMs,
  newStory,
  process,
  raise,
  type Story,
  shown,
  start,
  stored,
} from './incident-story.test-fixture.ts'
import { drawEpisode, episodeStartMs } from './model/event-for-test.ts'
import { projectIncidents } from './model/project-incident.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { stateFromJson, stateToJson } from './model/snapshot-state.ts'

describe('an incident', () => {
  it('is opened by a flag that pages, or by a session’s risk, and by nothing milder', () => {
    const story = newStory()
    start(story, 'ep-1')
    raise(story, { session: 'ep-1', severity: 'medium' })
    expect(shown(story)).toEqual([])
    raise(story, { session: 'ep-1', severity: 'medium', isIncident: true, rule: 'discovery' })
    expect(shown(story)).toMatchObject([
      { incident: 'INC-1', severity: 'sev3', because: expect.stringMatching(/^risk of 70/) },
    ])
  })

  it('takes in whatever is flagged of its session, however mild, and says what happened in order and where', () => {
    const story = newStory()
    start(story, 'ep-1')
    raise(
      story,
      { session: 'ep-1', minute: 1 },
      { session: 'ep-1', severity: 'low', rule: 'discovery', minute: 2 },
      { session: 'ep-1', rule: 'mining', minute: 4 },
    )
    expect(shown(story)).toMatchObject([
      {
        title: 'Reverse SSH tunnel, then GPU mining on gpu-node-17',
        severity: 'sev1',
        flagCount: 3,
        sessions: ['ep-1'],
      },
    ])
  })

  it('joins sessions that call the same far end, and leaves alone those that only share a machine', () => {
    const story = newStory()
    start(story, 'ep-1')
    start(story, 'ep-2', {}, 'gpu-node-18')
    start(story, 'ep-3')
    raise(
      story,
      { session: 'ep-1', to: '203.0.113.40' },
      { session: 'ep-2', to: '203.0.113.40', severity: 'medium', minute: 5 },
      { session: 'ep-3', to: '198.51.100.9', minute: 6 },
    )
    expect(shown(story).map(({ incident, sessions }) => [incident, sessions])).toEqual([
      ['INC-1', ['ep-1', 'ep-2']],
      ['INC-2', ['ep-3']],
    ])
    expect(story.state.incidents.get('INC-1' as never)?.flags[1]?.because).toBe('same destination 203.0.113.40')
  })

  it('joins episodes of one training run that do the same, or that share an RL group', () => {
    const story = newStory()
    for (const [name, labels] of [
      ['ep-1', { run: 'grpo-7', group: 'g1' }],
      ['ep-2', { run: 'grpo-7', group: 'g2' }],
      ['ep-3', { run: 'grpo-7', group: 'g2' }],
      ['ep-5', { run: 'other' }],
    ] as const)
      start(story, name, labels, `host-${name}`)
    raise(story, { session: 'ep-1' }, { session: 'ep-2' }, { session: 'ep-3', rule: 'mining' }, { session: 'ep-5' })
    expect(shown(story).map(({ sessions }) => sessions)).toEqual([['ep-1', 'ep-2', 'ep-3'], ['ep-5']])
  })

  it('joins a session with the one whose process started it, in whichever order they are flagged, and not its neighbours', () => {
    for (const [first, second] of [
      ['ep-outer', 'ep-inner'],
      ['ep-inner', 'ep-outer'],
    ] as const) {
      const story = newStory()
      for (const [name, pid, ppid] of [
        ['ep-outer', 100, 1],
        ['ep-inner', 200, 100],
        ['ep-beside', 300, 1],
      ] as const) {
        start(story, name)
        process(story, name, pid, ppid)
      }
      raise(story, { session: first }, { session: second, rule: 'mining' }, { session: 'ep-beside' })
      expect(shown(story).map(({ sessions }) => sessions)).toEqual([[first, second], ['ep-beside']])
      expect(story.state.incidents.get('INC-1' as never)?.flags[1]?.because).toContain(`session ${first}`)
    }
  })

  it('takes in a firewall alert of its host that no session is known of', () => {
    const story = newStory()
    start(story, 'ep-1')
    raise(story, { session: 'ep-1' }, { host: 'gpu-node-17', rule: 'alert', minute: 2 })
    expect(shown(story)).toMatchObject([{ sessions: ['ep-1'], flagCount: 2 }])
  })

  it('never mixes with a drill, though it calls the same far end; a label alone makes none', () => {
    const story = newStory()
    start(story, 'ep-real', { drill: 'rome' })
    start(story, 'ep-drill', { drill: 'rome' })
    raise(story, { session: 'ep-real', to: '203.0.113.40' }, { session: 'ep-drill', to: '203.0.113.40' })
    expect(shown(story).map(({ sessions, isDrill }) => [sessions, isDrill])).toEqual([
      [['ep-real'], false],
      [['ep-drill'], true],
    ])
  })

  it('that is resolved wakes nobody for what a sensor tells late, and a new one follows it for what comes after', () => {
    const story = newStory()
    start(story, 'ep-1')
    raise(story, { session: 'ep-1', minute: 1 })
    change(story, 'INC-1', { type: 'resolve', verdict: 'true' }, 3)
    raise(story, { session: 'ep-1', rule: 'mining', source: 'alert', minute: 2, seenMinute: 4 })
    expect(shown(story)).toMatchObject([{ incident: 'INC-1', status: 'resolved', flagCount: 2 }])
    raise(story, { session: 'ep-1', minute: 10 })
    expect(shown(story)).toMatchObject([
      { incident: 'INC-2', status: 'open', follows: 'INC-1' },
      { incident: 'INC-1', status: 'resolved' },
    ])
  })

  it('is opened anew by an agent that says of what it does now that it was long ago', () => {
    for (const late of [
      { source: 'command', minute: 2, seenMinute: 4 },
      { source: 'alert', minute: 2, seenMinute: 120 },
    ]) {
      const story = newStory()
      start(story, 'ep-1')
      raise(story, { session: 'ep-1', minute: 1 })
      change(story, 'INC-1', { type: 'resolve', verdict: 'true' }, 3)
      raise(story, { session: 'ep-1', rule: 'mining', ...late })
      expect(shown(story)).toMatchObject([
        { incident: 'INC-2', status: 'open', follows: 'INC-1' },
        { incident: 'INC-1' },
      ])
    }
  })
})

describe('what people did', () => {
  it('lapses, where it was an acknowledgement; its author owns it where nobody did', () => {
    const story = newStory()
    start(story, 'ep-1')
    raise(story, { session: 'ep-1' })
    change(story, 'INC-1', { type: 'acknowledge', untilMs: episodeStartMs + 10 * minuteMs })
    const statusAt = (minute: number) => projectIncidents(story.state, episodeStartMs + minute * minuteMs)[0]
    expect(statusAt(5)).toMatchObject({ status: 'acknowledged', owner: { name: 'eve' } })
    expect(statusAt(11)).toMatchObject({ status: 'open', owner: { name: 'eve' } })
  })

  /** The drawing as the log has it, and what the writer makes of its flags, in a partition of its own so that numbers stay. */
  function told(drawing: string): Story {
    const story = newStory()
    let written = 0
    for (const event of drawEpisode(drawing)) {
      story.seq = event.seq
      applyEvent(story.state, event, nothingTouched())
      if (event.kind !== 'flag.raised') continue
      for (const each of incidentEvents(story.state, [event], event.seenAtMs, isDrill)) {
        written += 1
        const own = { ...stored({ ...story }, each, event.seenAtMs), partition: 1, seq: written }
        applyEvent(story.state, own, nothingTouched())
      }
    }
    return story
  }
  const asked = '00:00 probe\n00:00 start sh\n00:01 flag high tunnel 60 ssh\n00:02 ask ctl-1 contain'
  const seen = `${asked}\n00:03 read network 1\n00:03 frozen 1\n00:04 end ctl-1 enforced`

  it('is contained when its host was seen to hold every session, and never because it was asked', () => {
    expect(shown(told(asked))).toMatchObject([{ status: 'open', containedSessions: 0 }])
    const story = told(seen)
    expect(shown(story)).toMatchObject([
      { status: 'contained', containedSessions: 1, containedAtMs: episodeStartMs + 4_000 },
    ])
    expect(shown({ ...story, state: stateFromJson(stateToJson(story.state)) })).toEqual(shown(story))
    // whichever of the receipt and what the host reads comes last
    const later = `${asked}\n00:03 end ctl-1 enforced\n00:04 read network 1\n00:05 frozen 1`
    expect(shown(told(later))).toMatchObject([{ status: 'contained', containedAtMs: episodeStartMs + 5_000 }])
  })

  it('is contained no longer when that is undone, contradicted, left by a process, or not heard of any more', () => {
    for (const since of [
      '00:06 frozen 0',
      '00:06 read network 0',
      '00:06 step ctl-1 not_verified! packets went out',
      '00:06 exec 100 1 nc\n00:07 escape 100',
      '00:06 silent',
    ])
      expect(shown(told(`${seen}\n${since}`))[0], since).toMatchObject({ status: 'open', containedSessions: 0 })
  })

  it('is contained by an end that its host saw, and not by one that only telemetry tells', () => {
    expect(shown(told('00:00 start sh\n00:01 flag high tunnel 60 ssh\n00:02 stop 0'))).toMatchObject([
      { status: 'contained' },
    ])
    expect(shown(told('00:00 action c1 shell ssh\n00:01 flag high tunnel 60 ssh\n00:02 stop 0'))).toMatchObject([
      { status: 'open', containedSessions: 0 },
    ])
  })

  it('is never contained when it has more sessions than are kept, and those are bounded', () => {
    const story = newStory()
    for (let n = 0; n < 230; n += 1) start(story, `crowd-${n}`, { run: 'r1' })
    raise(story, ...Array.from({ length: 230 }, (_, n) => ({ session: `crowd-${n}` })))
    const [one] = shown(story)
    expect(one).toMatchObject({ moreSessions: true, status: 'open' })
    expect(one?.sessions.length).toBe(200)
    expect(story.state.incidentOfSession.size).toBe(200)
    for (const session of story.state.sessions.values()) session.endedAtMs = episodeStartMs
    expect(shown(story)[0]).toMatchObject({ status: 'open', containedSessions: 200 })
  })

  it('merges two into one, and splits sessions off again with their flags', () => {
    const story = newStory()
    start(story, 'ep-1')
    start(story, 'ep-2', {}, 'h2')
    raise(story, { session: 'ep-1' }, { session: 'ep-2', rule: 'mining' })
    change(story, 'INC-2', { type: 'merge', into: 'INC-1' })
    expect(shown(story)).toMatchObject([
      { incident: 'INC-1', sessions: ['ep-1', 'ep-2'], flagCount: 2 },
      { incident: 'INC-2', status: 'resolved', mergedInto: 'INC-1' },
    ])
    raise(story, { session: 'ep-2', minute: 4 })
    expect(shown(story)[0]).toMatchObject({ flagCount: 3 })
    apply(
      story,
      [
        {
          v: 1,
          kind: 'incident.opened',
          atMs: episodeStartMs,
          data: { incident: 'INC-3' as never, because: 'split', isDrill: false, from: 'INC-1' as never },
        },
      ],
      episodeStartMs,
    )
    change(story, 'INC-1', { type: 'split', into: 'INC-3', sessions: ['ep-2'] })
    expect(shown(story).filter(({ status }) => status === 'open')).toMatchObject([
      { incident: 'INC-1', sessions: ['ep-1'], flagCount: 1 },
      { incident: 'INC-3', sessions: ['ep-2'], flagCount: 2, from: 'INC-1' },
    ])
  })
})

describe('whatever comes', () => {
  const drawn = fc.record({
    session: fc.constantFrom('ep-1', 'ep-2', 'ep-3', 'ep-4', 'ep-5'),
    severity: fc.constantFrom('low', 'medium', 'high', 'critical') as fc.Arbitrary<'low'>,
    rule: fc.constantFrom('tunnel', 'mining', 'probe'),
    to: fc.constantFrom(undefined, '203.0.113.40', '198.51.100.7') as fc.Arbitrary<string>,
    minute: fc.integer({ min: 1, max: 300 }),
  })
  const labels = [{}, { run: 'r1' }, { run: 'r1', group: 'g1' }, { drill: 'rome' }, {}]

  it('no flag is in two incidents, none that pages is in none, and no drill is beside the real thing', () => {
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 40 }), (flags) => {
        const story = newStory()
        for (const [index, each] of labels.entries()) start(story, `ep-${index + 1}`, each, `h${index % 2}`)
        raise(story, ...flags)
        const all = [...story.state.incidents.values()].flatMap((each) => each.flags.map(({ flag }) => flag))
        expect(new Set(all).size).toBe(all.length)
        const paging = flags.filter(({ severity }) => ['high', 'critical'].includes(severity as string)).length
        expect(all.length).toBeGreaterThanOrEqual(paging)
        for (const { isDrill, sessions } of story.state.incidents.values())
          expect(sessions.every((session) => (session === 'ep-4') === isDrill)).toBe(true)
      }),
    )
  })

  it('flags that are decided together are decided as one after the other', () => {
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 20 }), (flags) => {
        const [one, many] = [newStory(), newStory()]
        for (const story of [one, many])
          for (const [index, each] of labels.entries()) start(story, `ep-${index + 1}`, each, `h${index % 2}`)
        const sameTime = flags.map((flag) => ({ ...flag, minute: 1 }))
        const raisedOne = sameTime.map((flag) => flagOf(one, flag))
        const raisedMany = sameTime.map((flag) => flagOf(many, flag))
        for (const flag of raisedOne)
          apply(one, incidentEvents(one.state, [flag], flag.seenAtMs, isDrill), flag.seenAtMs)
        apply(
          many,
          incidentEvents(many.state, raisedMany, episodeStartMs + minuteMs, isDrill),
          episodeStartMs + minuteMs,
        )
        const summary = (story: Story) =>
          [...story.state.incidents.values()].map(({ incident, sessions, flags }) => [
            incident,
            sessions,
            flags.map((each) => each.flag),
          ])
        expect(summary(many)).toEqual(summary(one))
      }),
    )
  })
})

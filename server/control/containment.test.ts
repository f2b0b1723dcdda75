// Containment of many, and what takes two people. given / when / then on the same decisions that the server takes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { projectFleet } from '../model/project-fleet.ts'
import type { Actor } from '../protocol/actor.ts'
import { ContainmentId, ProposalId, SessionId } from '../protocol/ids.ts'
import type { Selector } from '../protocol/selector.ts'
import { containLater, liftContainment, requestContainment } from './contain-many.ts'
import { requestControl } from './request-control.ts'
import { decideProposal, liftTakesTwo, policyTakesTwo, proposalTtlMs, propose } from './second-person.ts'
import { ann, ben, Story, script } from './story-for-test.ts'
import { eventsDue } from './times-up.ts'

const con = ContainmentId.parse('con-1')
function contain(story: Story, selector: Selector, by: Actor = ann): number {
  const { newControlId, nowMs } = story
  const asked = requestContainment(story.state, {
    containment: con,
    selector,
    by,
    role: 'responder',
    nowMs,
    newControlId,
  })
  story.take(asked)
  return asked.ok ? asked.sessions : -1
}
function lift(story: Story, by: Actor = ann): string {
  const { newControlId, nowMs } = story
  return story.take(liftContainment(story.state, { containment: con, by, role: 'responder', nowMs, newControlId }))
}
const held = (story: Story) =>
  [...story.state.sessions.values()].filter((each) => each.holds.length > 0).map((each) => each.session as string)

describe('containing many', () => {
  function fleet(): Story {
    const story = new Story()
    story.start('a1', { run: 'rl-1', model: 'rome-30b' })
    story.start('a2', { run: 'rl-1', model: 'rome-7b' })
    story.start('b1', { run: 'rl-2', task_set: 'swe-gym' }, undefined, 'claude-code')
    story.report('told')
    return story
  }

  it.each<[string, Selector, string[]]>([
    ['a training run', { run: 'rl-1' }, ['a1', 'a2']],
    ['a model', { model: 'rome-7b' }, ['a2']],
    ['a task set', { taskSet: 'swe-gym' }, ['b1']],
    ['an agent', { agent: 'rome-30b' }, ['a1', 'a2']],
    ['a host', { host: 'gpu-node-17' as never }, ['a1', 'a2', 'b1']],
    ['a run and a model', { run: 'rl-1', model: 'rome-30b' }, ['a1']],
    ['a selection', { sessions: [SessionId.parse('a1'), SessionId.parse('b1')] }, ['a1', 'b1']],
    ['everything', {}, ['a1', 'a2', 'b1']],
  ])('by %s holds exactly those', (_what, selector, expected) => {
    const story = fleet()
    expect(contain(story, selector)).toBe(expected.length)
    expect(held(story)).toEqual(expected)
  })

  it('also holds sessions that start later and ones that turn out to match, until it is lifted', () => {
    const story = fleet()
    contain(story, { model: 'rome-7b' })
    const meet = (id: string) =>
      story.append(containLater(story.state, SessionId.parse(id), story.nowMs, story.newControlId))
    story.start('later', { model: 'rome-7b' })
    meet('later')
    story.start('unnamed')
    meet('unnamed')
    expect(held(story)).toEqual(['a2', 'later'])
    const { session, host } = story.session('unnamed')
    story.append([{ v: 1, kind: 'model.called', atMs: story.nowMs, session, host, data: { model: 'rome-7b' } }])
    meet('unnamed')
    meet('unnamed')
    expect(held(story)).toEqual(['a2', 'later', 'unnamed'])
    expect(story.session('unnamed').holds).toHaveLength(1)
    expect(lift(story)).toBe('ok')
    expect(held(story)).toEqual([])
    story.start('after', { model: 'rome-7b' })
    meet('after')
    expect(held(story)).toEqual([])
  })

  it('of a selection does not reach for sessions that start later', () => {
    const story = fleet()
    contain(story, { sessions: [SessionId.parse('a1')] })
    expect(containLater(story.state, SessionId.parse('a2'), story.nowMs, story.newControlId)).toEqual([])
  })

  it('tells how many it holds, how many match that nothing can hold, and what became of them', () => {
    const story = fleet()
    contain(story, {})
    expect(projectFleet(story.state).containments).toMatchObject([{ sessions: 3, held: 3, open: 3, unheld: 1 }])
  })

  it('lifted leaves what others hold: each cause is its own', () => {
    const story = fleet()
    story.ask('a1', 'pause', ben)
    contain(story, { run: 'rl-1' })
    lift(story)
    expect(story.holds('a1')).toEqual(['pause Ben'])
    expect(lift(story)).toBe('Already lifted')
  })

  it('is not left by an agent that gives itself other labels, another name, or invented models', () => {
    const story = fleet()
    const { session } = story.session('a1')
    const told = {
      held: 'none' as const,
      abilities: [],
      agent: 'harmless',
      labels: { run: 'other', model: 'small', more: 'x' },
    }
    story.append([{ v: 1, kind: 'session.started', atMs: story.nowMs, session, data: told }], 'agent')
    for (let i = 0; i < 100; i += 1)
      story.append([{ v: 1, kind: 'model.called', atMs: story.nowMs, session, data: { model: `m${i}` } }], 'agent')
    expect(story.session('a1')).toMatchObject({
      agent: 'rome-30b',
      labels: { run: 'rl-1', model: 'rome-30b', more: 'x' },
    })
    contain(story, { run: 'rl-1', agent: 'rome-30b' })
    expect(held(story)).toEqual(['a1', 'a2'])
  })

  it('does not take again by itself what somebody let go by hand, until a new run', () => {
    const story = fleet()
    contain(story, { run: 'rl-1' })
    story.ask('a1', 'release', ben)
    const meet = () => story.append(containLater(story.state, SessionId.parse('a1'), story.nowMs, story.newControlId))
    meet()
    expect(held(story)).toEqual(['a2'])
    const { session, host } = story.session('a1')
    story.append([{ v: 1, kind: 'session.ended', atMs: story.nowMs, session, host, data: {} }])
    story.start('a1', { run: 'rl-1' })
    meet()
    expect(held(story)).toEqual(['a1', 'a2'])
  })

  it('is not called enforced while its host is silent or a process runs outside', () => {
    const story = fleet()
    contain(story, { model: 'rome-7b' })
    const { session, host, holds } = story.session('a2')
    const base = { v: 1 as const, atMs: story.nowMs, session, host }
    const control = holds[0]?.control
    if (!control) throw new Error('not held')
    const proof = { observed: 'x', observedFrom: 'y' }
    const observed = { restriction: 'network' as const, restricted: true, ...proof }
    story.append([
      { ...base, kind: 'session.observed', data: { paused: true, ...proof } },
      { ...base, kind: 'restriction.observed', data: observed },
      { ...base, kind: 'control.ended', data: { control, outcome: 'enforced', ...proof } },
    ])
    const counts = () => projectFleet(story.state).containments.map(({ enforced, troubled }) => [enforced, troubled])
    expect(counts()).toEqual([[1, 0]])
    story.append([{ ...base, kind: 'process.started', data: { pid: 7, ppid: 1, startTicks: 1, comm: 'sh', argv: [] } }])
    story.append([{ ...base, kind: 'process.escaped', data: { pid: 7, startTicks: 1, cgroup: '/' } }])
    expect(counts()).toEqual([[0, 1]])
    story.append([{ ...base, kind: 'process.exited', data: { pid: 7, startTicks: 1 } }])
    expect(counts()).toEqual([[1, 0]])
    story.append([{ v: 1, kind: 'probe.disconnected', atMs: story.nowMs, host, data: { reason: 'gone' } }])
    expect(counts()).toEqual([[0, 1]])
  })

  it('whose time and whose part are over in the same moment ends each control once', () => {
    const story = fleet()
    const { newControlId, nowMs } = story
    const ask = { containment: con, selector: {}, by: ann, role: 'admin' as const, nowMs, newControlId, ttlMs: 1_000 }
    story.take(requestContainment(story.state, ask))
    story.ask('a1', 'pause', ben, { ttlMs: 1_000 })
    story.nowMs += 1_000
    const ends = eventsDue(story.state, story.nowMs, newControlId).flatMap((event) =>
      event.kind === 'control.ended' ? [event.data.control] : [],
    )
    expect(new Set(ends).size).toBe(ends.length)
  })

  it('given by the same person twice are two causes: lifting one leaves what the other holds', () => {
    const story = fleet()
    const { newControlId, nowMs } = story
    const two = ContainmentId.parse('con-2')
    contain(story, { host: 'gpu-node-17' as never })
    const second = { containment: two, selector: { run: 'rl-1' }, by: ann, role: 'admin' as const, nowMs, newControlId }
    story.take(requestContainment(story.state, second))
    expect(projectFleet(story.state).containments.map(({ held, unheld }) => [held, unheld])).toEqual([
      [2, 0],
      [3, 0],
    ])
    story.take(liftContainment(story.state, { containment: two, by: ann, role: 'admin', nowMs, newControlId }))
    expect(held(story)).toEqual(['a1', 'a2', 'b1'])
  })

  it('for a time is lifted when that is over', () => {
    const story = fleet()
    const { newControlId, nowMs } = story
    const ask = { containment: con, selector: {}, by: ann, role: 'admin' as const, nowMs, newControlId, ttlMs: 1_000 }
    story.take(requestContainment(story.state, ask))
    story.nowMs += 1_000
    story.append(eventsDue(story.state, story.nowMs, newControlId))
    expect(held(story)).toEqual([])
    expect(projectFleet(story.state).containments[0]?.liftedBy?.name).toBe('its time was up')
  })
})

describe('two people', () => {
  const policy = (story: Story, name: 'two-person-release' | 'two-person-policy') =>
    story.append([{ v: 1, kind: 'policy.changed', atMs: story.nowMs, data: { policy: name, value: true, by: ann } }])
  const pro = ProposalId.parse('pro-1')
  function contained(): Story {
    const story = new Story()
    story.start('ep-1')
    policy(story, 'two-person-release')
    story.ask('ep-1', 'contain', ann)
    return story
  }
  const lifts = (story: Story) => story.session('ep-1').holds.map((hold) => hold.control)
  function proposeRelease(story: Story, by: Actor = ann) {
    const what = {
      type: 'lift' as const,
      session: SessionId.parse('ep-1'),
      action: 'release' as const,
      lifts: lifts(story),
    }
    return story.take(propose(story.state, { proposal: pro, by, role: 'responder', what, nowMs: story.nowMs }))
  }
  const decide = (
    story: Story,
    by: Actor,
    decision: 'confirmed' | 'refused' | 'withdrawn',
    role = 'responder' as const,
  ) => {
    const { newControlId, nowMs } = story
    return story.take(decideProposal(story.state, { proposal: pro, by, role, decision, nowMs, newControlId }))
  }

  it('are needed to release what is contained, and to nothing else; containing itself never waits', () => {
    const story = contained()
    expect(liftTakesTwo(story.state, story.session('ep-1'), lifts(story))).toBe(true)
    const { control } = story.ask('ep-1', 'pause', ben)
    expect(liftTakesTwo(story.state, story.session('ep-1'), [control])).toBe(false)
    expect(story.ask('ep-1', 'contain', ben).decision.ok).toBe(true)
  })

  it('release it together: nothing is asked of the host before the second one has confirmed', () => {
    const story = contained()
    expect(proposeRelease(story)).toBe('ok')
    expect(story.holds('ep-1')).toEqual(['contain Ann'])
    expect(decide(story, ben, 'confirmed')).toBe('ok')
    expect(story.holds('ep-1')).toEqual([])
    expect(story.session('ep-1').controls[0]).toMatchObject({ action: 'release', by: ann, approvedBy: ben })
    expect(decide(story, ben, 'confirmed')).toBe('Already decided')
  })

  it('confirm nothing that does not stand any more', () => {
    const story = contained()
    proposeRelease(story)
    const { newControlId, nowMs } = story
    const control = { control: newControlId(), action: 'release' as const, by: ann, role: 'admin' as const, nowMs }
    story.take(requestControl(story.state, 'ep-1', control))
    expect(decide(story, ben, 'confirmed')).toBe('Nothing to lift')
  })

  it('are not replaced by a time that was set before they were needed', () => {
    const story = new Story()
    story.start('ep-1')
    story.ask('ep-1', 'contain', ann, { ttlMs: 1_000 })
    policy(story, 'two-person-release')
    story.nowMs += 5_000
    expect(eventsDue(story.state, story.nowMs, story.newControlId)).toEqual([])
    expect(story.holds('ep-1')).toEqual(['contain Ann'])
  })

  it('refuse and withdraw', () => {
    const story = contained()
    proposeRelease(story)
    expect(decide(story, ben, 'withdrawn')).toBe('Not yours')
    expect(decide(story, ben, 'refused')).toBe('ok')
    expect(story.holds('ep-1')).toEqual(['contain Ann'])
  })

  it('must not take longer than a quarter of an hour', () => {
    const story = contained()
    proposeRelease(story)
    story.nowMs += proposalTtlMs
    expect(decide(story, ben, 'confirmed')).toBe('Expired')
    story.append(eventsDue(story.state, story.nowMs, story.newControlId))
    expect(projectFleet(story.state).proposals).toEqual([])
  })

  it('are needed to take a protection away, always, so that one cannot do it first', () => {
    const story = contained()
    expect(policyTakesTwo(story.state, 'two-person-release', false)).toBe(true)
    expect(policyTakesTwo(story.state, 'two-person-policy', true)).toBe(false)
    policy(story, 'two-person-policy')
    expect(policyTakesTwo(story.state, 'two-person-policy', false)).toBe(true)
  })

  it('whoever decides whatever in whatever order: the session is free only after another operator than the one who asked', () => {
    const person = fc.constantFrom<Actor>(ann, ben, script)
    const decision = fc.constantFrom<'confirmed' | 'refused' | 'withdrawn'>('confirmed', 'refused', 'withdrawn')
    fc.assert(
      fc.property(person, fc.array(fc.tuple(person, decision), { maxLength: 8 }), (asker, decisions) => {
        const story = contained()
        proposeRelease(story, asker)
        for (const [who, what] of decisions) {
          const before = story.holds('ep-1').length
          decide(story, who, what)
          if (before === 1 && story.holds('ep-1').length === 0)
            expect([what, who.type, who.id === asker.id, asker.type]).toEqual([
              'confirmed',
              'operator',
              false,
              'operator',
            ])
        }
      }),
    )
  })
})

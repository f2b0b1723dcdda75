// given (a session and its holds) / when (somebody asks, or time passes) / then (what stands, and what became of each control)
import { describe, expect, it } from 'vitest'
import { isRestricted } from '../model/holds.ts'
import { projectCapabilities } from '../model/project-capability.ts'
import { projectRow } from '../model/project-row.ts'
import { ControlAction, inverseOf, restrictionsOf } from '../protocol/control.ts'
import { ann, ben, everyAbility, Story, script } from './story-for-test.ts'
import { eventsDue, nextDueMs } from './times-up.ts'

function given(): Story {
  const story = new Story()
  story.start('ep-1')
  return story
}
const refusal = (asked: ReturnType<Story['ask']>) => (asked.decision.ok ? 'ok' : asked.decision.refusal.title)

describe('several causes hold one session', () => {
  it('given two operators paused it, when one resumes, then it stays paused for the other, and that is told', () => {
    const story = given()
    story.ask('ep-1', 'pause', ann, { reason: 'tunnel' })
    story.ask('ep-1', 'pause', ben, { reason: 'mining' })
    const { control } = story.ask('ep-1', 'resume', ann)
    expect(story.holds('ep-1')).toEqual(['pause Ben (mining)'])
    expect(isRestricted(story.session('ep-1'), 'pause')).toBe(true)
    const record = story.session('ep-1').controls.find((each) => each.control === control)
    expect(record).toMatchObject({ state: 'lifted', detail: 'lifted; still held by Ben (mining)' })
    story.ask('ep-1', 'resume', ben)
    expect(isRestricted(story.session('ep-1'), 'pause')).toBe(false)
  })

  it('given the same person asks again for the same reason, then it is one cause: one resume is enough', () => {
    const story = given()
    story.ask('ep-1', 'pause', ann)
    story.ask('ep-1', 'pause', ann)
    expect(story.holds('ep-1')).toEqual(['pause Ann'])
    expect(story.session('ep-1').controls).toHaveLength(2)
    story.ask('ep-1', 'resume', ann)
    expect(isRestricted(story.session('ep-1'), 'pause')).toBe(false)
  })

  it('given it is contained and paused, when it is resumed, then it stays contained', () => {
    const story = given()
    story.ask('ep-1', 'contain', ann)
    story.ask('ep-1', 'pause', ben)
    story.ask('ep-1', 'resume', ben)
    expect(story.holds('ep-1')).toEqual(['contain Ann'])
    expect(isRestricted(story.session('ep-1'), 'pause')).toBe(true)
  })

  it('given several, when one is named, then that one is lifted; with "all" every one of its kind', () => {
    const story = given()
    const first = story.ask('ep-1', 'pause', ann, { reason: 'a' }).control
    story.ask('ep-1', 'pause', ann, { reason: 'b' })
    story.ask('ep-1', 'revoke', ben, { capability: 'network' })
    story.ask('ep-1', 'resume', ben, { undoes: first })
    expect(story.holds('ep-1')).toEqual(['pause Ann (b)', 'revoke network Ben'])
    story.ask('ep-1', 'pause', ben)
    story.ask('ep-1', 'resume', script, { all: true })
    expect(story.holds('ep-1')).toEqual(['revoke network Ben'])
  })

  it('given fifty causes, then no fifty-first is placed, but it can always be contained, ended and read', () => {
    const story = given()
    for (let i = 0; i < 50; i += 1) story.ask('ep-1', 'pause', script, { reason: `reason ${i}` })
    expect(refusal(story.ask('ep-1', 'pause', script, { reason: 'one more' }))).toBe('Too many holds')
    for (const action of ['contain', 'end', 'snapshot'] as const)
      expect([action, refusal(story.ask('ep-1', action, script))]).toEqual([action, 'ok'])
  })

  it('given nothing of that kind stands, when it is lifted, then that is said; a resume is still asked of the host', () => {
    const story = given()
    expect(refusal(story.ask('ep-1', 'restore', ann, { capability: 'network' }))).toBe('Nothing to lift')
    expect(refusal(story.ask('ep-1', 'release', ann))).toBe('Nothing to lift')
    expect(refusal(story.ask('ep-1', 'resume', ann, { undoes: 'ctl-99' }))).toBe('Nothing to lift')
    expect(refusal(story.ask('ep-1', 'resume', ann))).toBe('ok')
  })
})

describe('time', () => {
  it('given a pause for a minute, when it is over, then it is lifted like by a person, and the receipt says why', () => {
    const story = given()
    const { control } = story.ask('ep-1', 'pause', ann, { ttlMs: 60_000 })
    expect(nextDueMs(story.state)).toBe(story.nowMs + 60_000)
    story.nowMs += 60_000
    story.append(eventsDue(story.state, story.nowMs, story.newControlId))
    expect(story.holds('ep-1')).toEqual([])
    // It was never confirmed: that is told, and is not a lift.
    expect(story.outcomeOf('ep-1', control)).toBe('expired')
    expect(story.session('ep-1').controls[0]).toMatchObject({
      action: 'resume',
      lifts: [control],
      by: { type: 'server', name: 'its time was up' },
    })
    expect(eventsDue(story.state, story.nowMs, story.newControlId)).toEqual([])
  })

  it('given another cause without an end, when one is over, then the session stays held', () => {
    const story = given()
    story.ask('ep-1', 'pause', ann, { ttlMs: 1_000, reason: 'a' })
    story.ask('ep-1', 'pause', ann, { reason: 'b' })
    story.nowMs += 1_000
    story.append(eventsDue(story.state, story.nowMs, story.newControlId))
    expect(story.holds('ep-1')).toEqual(['pause Ann (b)'])
    expect(story.session('ep-1').controls[0]?.state).toBe('lifted')
  })

  it('given it is extended, then it stands until the new time, or until it is lifted', () => {
    const story = given()
    const { control } = story.ask('ep-1', 'pause', ann, { ttlMs: 1_000 })
    const { session, host } = story.session('ep-1')
    const extend = (expiresAtMs?: number) =>
      story.append([
        {
          v: 1,
          kind: 'hold.extended',
          atMs: story.nowMs,
          session,
          host,
          data: { control, by: ben, ...(expiresAtMs && { expiresAtMs }) },
        },
      ])
    extend(story.nowMs + 5_000)
    expect(nextDueMs(story.state)).toBe(story.nowMs + 5_000)
    extend()
    expect(nextDueMs(story.state)).toBeUndefined()
    expect(story.session('ep-1').controls[0]?.steps.at(-1)).toMatchObject({ name: 'extended' })
  })
})

describe('what a host can do is known before the click', () => {
  it('given nobody can take it away, then it is refused with what can be done instead, and the view offers the same', () => {
    const story = new Story()
    story.start('ep-1', {}, everyAbility.slice(0, 1))
    const asked = story.ask('ep-1', 'revoke', ann, { capability: 'network' })
    expect(refusal(asked)).toBe('Nothing here can revoke network')
    expect(asked.decision.ok ? '' : asked.decision.refusal.detail).toContain('Instead: pause it')
    const view = projectCapabilities(story.state, story.session('ep-1'))
    expect(view.map(({ capability, can, instead }) => [capability, can, instead])).toEqual([
      ['network', 'no', 'pause'],
      ['shell', 'no', 'pause'],
      ['gpu', 'no', 'pause'],
      ['files', 'no', 'pause'],
      ['credentials', 'no', 'pause'],
    ])
  })

  it('given the agent asks the gate, then shell and files are offered at the gate, as best effort', () => {
    const story = given()
    const { session, host } = story.session('ep-1')
    const data = { call: 'c1', tool: 'Bash', decision: 'allow' as const, reason: 'nothing restricts it' }
    story.append([{ v: 1, kind: 'gate.decided', atMs: story.nowMs, session, host, data }])
    const view = projectCapabilities(story.state, story.session('ep-1'))
    expect(view.filter(({ enforcer }) => enforcer === 'gate').map(({ capability }) => capability)).toEqual([
      'shell',
      'files',
    ])
  })

  it('given a session that nothing holds, then evidence, pause and end are refused in words', () => {
    const story = new Story()
    story.report('told')
    for (const action of ['pause', 'end', 'snapshot', 'contain'] as const)
      expect([action, refusal(story.ask('told', action))]).toEqual([action, 'No host holds this session'])
  })

  it('given a viewer, then every action is refused', () => {
    const story = given()
    for (const action of ControlAction.options) {
      const capability = action === 'revoke' || action === 'restore' ? ({ capability: 'network' } as const) : {}
      expect([action, refusal(story.ask('ep-1', action, ann, { role: 'viewer', ...capability }))]).toEqual([
        action,
        'Not allowed',
      ])
    }
  })
})

describe('every action', () => {
  it('that restricts has an inverse that lifts exactly it; one that has none restricts nothing and says so', () => {
    for (const action of ControlAction.options) {
      const capability = action === 'revoke' ? ('network' as const) : undefined
      const restricts = restrictionsOf(action, capability)
      expect([action, inverseOf(action) !== undefined]).toEqual([action, restricts.length > 0])
      const inverse = inverseOf(action)
      if (inverse === undefined) continue
      const story = given()
      story.ask('ep-1', action, ann, { ...(capability && { capability }) })
      for (const each of restricts) expect(isRestricted(story.session('ep-1'), each)).toBe(true)
      story.ask('ep-1', inverse, ann, { ...(capability && { capability }) })
      for (const each of restricts) expect(isRestricted(story.session('ep-1'), each)).toBe(false)
    }
    // `end` is the one act that nothing takes back: the host says so before it is asked, and the console has it held down.
    expect(inverseOf('end')).toBeUndefined()
    expect(inverseOf('snapshot')).toBeUndefined()
  })
})

describe('what holding costs', () => {
  it('is the GPUs that its processes keep over time, and the siblings of its group that have not ended', () => {
    const story = new Story()
    const labels = { group: '7', run: 'rl-0831' }
    for (const id of ['ep-1', 'ep-2', 'ep-3']) story.start(id, labels)
    story.start('ep-4', { group: '7', run: 'another' })
    const { session, host } = story.session('ep-1')
    const gpu = (kind: 'gpu.process.started' | 'gpu.process.ended', uuid: string) =>
      story.append([
        { v: 1, kind, atMs: story.nowMs, session, host, data: { gpu: uuid, pid: 7, comm: 'python3' } } as never,
      ])
    gpu('gpu.process.started', 'GPU-a')
    gpu('gpu.process.started', 'GPU-b')
    story.ask('ep-1', 'contain', ann)
    story.nowMs += 3_600_000
    gpu('gpu.process.ended', 'GPU-b')
    story.nowMs += 1_800_000
    const { cost } = projectRow(story.state, story.session('ep-1'))
    // Two GPUs for an hour are told; the last half hour of one GPU is for the screen to add.
    expect(cost).toMatchObject({
      gpus: 1,
      gpuMs: 2 * 3_600_000,
      atMs: story.nowMs - 1_800_000,
      group: '7',
      siblings: 2,
    })
    story.ask('ep-1', 'release', ann)
    expect(projectRow(story.state, story.session('ep-1')).cost).toBeUndefined()
  })
})

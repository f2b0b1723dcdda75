import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HostId } from '../protocol/ids.ts'
import { describeFixtures, fixtureBytes, fixtureFiles } from './fixtures-for-test.ts'
import { inspectAi } from './inspect-ai.ts'
import { openHands } from './openhands.ts'
import { readAll } from './read-all-for-test.ts'
import { rockCommandLog } from './rock-command-log.ts'
import { rollTraces } from './roll-traces.ts'
import { rollWorkerLog } from './roll-worker-log.ts'
import { sweAgent } from './swe-agent.ts'

const t0 = Date.parse('2026-03-01T10:00:00Z')
const nanos = (second: number) => String(BigInt(t0 + second * 1_000) * 1_000_000n)
const attributes = (values: Record<string, string | number>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
const span = (id: number, name: string, from: number, to: number, more: object = {}) => ({
  traceId: 'a'.repeat(32),
  spanId: String(id).padStart(16, '0'),
  name,
  startTimeUnixNano: nanos(from),
  endTimeUnixNano: nanos(to),
  ...more,
})
const exported = (scope: string, spans: unknown[], service = 'env-0') =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': service, 'host.name': 'gpu-7' }) },
        scopeSpans: [{ scope: { name: scope }, spans }],
      },
    ],
  })
const parent = { parentSpanId: String(9).padStart(16, '0') }
const trajectory = span(9, 'trajectory', 0, 9, {
  attributes: attributes({
    traj_id: 'sokoban_3_17_42_1',
    traj_group_id: 'sokoban_3_17_42',
    env_id: 1,
    group_id: 3,
    episode_id: 17,
  }),
})
const steps = exported('env_manager', [span(1, 'generate', 1, 2, parent), span(2, 'step', 2, 5, parent)])
const read = (text: string, context = {}) => readAll(rollTraces, text, context)

describe('rollTraces, spans', () => {
  it('gives steps that were written before their trajectory to its session', () => {
    const all = read(`${steps}\n${exported('env_manager', [trajectory])}`)
    expect(all.refused).toEqual([])
    expect(new Set(all.made.map(({ session }) => session))).toEqual(new Set(['sokoban_3_17_42_1']))
    expect(all.made.map(({ kind, atMs }) => [kind, (atMs - t0) / 1_000])).toEqual([
      ['trainer.reported', 1],
      ['action.started', 2],
      ['action.ended', 5],
      ['session.started', 0],
      ['session.ended', 9],
    ])
    expect(all.made[1]?.data).toMatchObject({ tool: 'env.step', spanId: '0000000000000002' })
    expect(all.made[2]?.data).toMatchObject({ outcome: 'unknown', durationMs: 3_000 })
    expect(all.made[3]?.data).toMatchObject({
      labels: { group: '3', env: '1', episode: '17', trajectoryGroup: 'sokoban_3_17_42' },
    })
  })

  it('tells steps without their trajectory as work of the trainer, once the file ends', () => {
    const all = read(steps)
    expect(all.made.map(({ kind, session }) => [kind, session])).toEqual([
      ['trainer.reported', undefined],
      ['trainer.reported', undefined],
    ])
    expect(all.records).toBe(2)
  })

  it('tells the pipeline by phase, step, worker, host and duration', () => {
    const driver = exported(
      'driver',
      [
        span(3, 'pipeline_step', 0, 60, {
          attributes: attributes({ global_step: 12 }),
          status: { code: 2, message: 'out of memory' },
        }),
      ],
      'driver',
    )
    expect(read(driver).made).toMatchObject([
      {
        kind: 'trainer.reported',
        atMs: t0,
        host: 'gpu-7',
        data: {
          phase: 'pipeline_step',
          step: 12,
          worker: 'driver',
          durationMs: 60_000,
          level: 'error',
          message: 'out of memory',
          numbers: { global_step: 12 },
        },
      },
    ])
  })

  it('refuses spans without ids or times, and trajectories that cannot name a session', () => {
    const all = read(
      [
        exported('driver', [span(1, 'x', 0, 1, { traceId: 'no' }), span(2, 'x', 0, 1, { startTimeUnixNano: '5' }), 7]),
        exported('env_manager', [{ ...trajectory, attributes: attributes({ traj_id: '<b>' }) }]),
        '{"resourceSpans":5}',
        '{"resourceSpans":[]}',
        '{"resourceSpans":',
        '[]',
      ].join('\n'),
    )
    expect(all.events).toBe(0)
    expect(all.refused.reduce((sum, { count }) => sum + count, 0)).toBe(7)
    expect(all.skipped).toMatchObject([{ reason: 'export without spans', count: 1 }])
  })

  it('keeps waiting steps within bounds, and tells those that fall out', () => {
    const lines = Array.from({ length: 210 }, (_, line) =>
      exported(
        'env_manager',
        Array.from({ length: 100 }, (_, index) =>
          span(line * 100 + index + 100, 'step', 1, 2, { parentSpanId: String(line + 1_000_000).padStart(16, '0') }),
        ),
      ),
    )
    const all = read(lines.join('\n'))
    expect([all.records, all.events, all.refused]).toEqual([21_000, 21_000, []])
  })
})

const dump = {
  trajectory_data: JSON.stringify({
    trajectory_id: 'swe_1_2_0_3_4_42_20260301_100100_000000',
    timestamp: '20260301_100100_000000',
    env_info: { env_id: 3, group_id: 0, tag: 'swe', episode_id: 4, mode: 'train', task_name: 'django__django-1' },
    timing_info: { traj_save_time: '2026-03-01T10:01:00', 'trajectory.total_time': 30 },
    reward_info: { episode_reward: 1, step_rewards: [0, 1], final_reward: 1 },
    failure_info: { failure_mode: '', stop_reason: 'FINISH' },
  }),
  messages: JSON.stringify([
    [
      { role: 'user', content: 'Fix it.' },
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [{ id: 'c1', function: { name: 'Shell', arguments: '{"command":"ls"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a b' },
    ],
  ]),
  exp_name: 'night',
  global_step: 8,
}

describe('rollTraces, rows', () => {
  it('reads a dumped trajectory: its actions in order between its times, its rewards, how it ended', () => {
    const all = read(JSON.stringify(dump))
    expect(all.made.map(({ kind, atMs }) => [kind, (atMs - t0) / 1_000])).toEqual([
      ['session.started', 30],
      ['message.recorded', 37.5],
      ['message.recorded', 45],
      ['action.started', 45],
      ['action.ended', 52.5],
      ['trainer.reported', 60],
      ['session.ended', 60],
    ])
    expect(all.made[0]).toMatchObject({
      session: 'swe_1_2_0_3_4_42_20260301_100100_000000',
      data: {
        task: 'django__django-1',
        labels: { run: 'night', step: '8', env: '3', group: '0', episode: '4', times: 'made up' },
      },
    })
    expect(all.made[3]?.data).toMatchObject({ call: 'c1', tool: 'Shell', summary: 'ls' })
    expect(all.made[5]?.data).toMatchObject({
      phase: 'reward',
      step: 8,
      numbers: { episode_reward: 1, 'step_reward.1': 1 },
    })
    expect(all.made[6]?.data).toEqual({ reason: 'FINISH' })
  })

  it('reads rows of single steps by their common names', () => {
    const row = {
      episode_id: 'ep-1',
      env_id: 2,
      step: 3,
      action: 'move up',
      observation: 'a wall',
      reward: -0.1,
      timestamp: t0 / 1_000,
      duration: 2,
    }
    const all = read(
      `${JSON.stringify(row)}\n${JSON.stringify({ ...row, step: 4, reward: 'x' })}\n{"group_id":1,"env_id":2,"reward":NaN,"action":{"k":1}}`,
    )
    expect(all.made.map(({ kind, session }) => [kind, session])).toEqual([
      ['session.started', 'ep-1'],
      ['action.started', 'ep-1'],
      ['action.ended', 'ep-1'],
      ['trainer.reported', 'ep-1'],
      ['action.started', 'ep-1'],
      ['action.ended', 'ep-1'],
      ['session.started', '1/2'],
      ['action.started', '1/2'],
      ['action.ended', '1/2'],
    ])
    expect(all.made[2]).toMatchObject({
      atMs: t0 + 2_000,
      data: { call: 'step 3', output: 'a wall', durationMs: 2_000 },
    })
    expect(all.made[3]?.data).toEqual({ phase: 'reward', step: 3, numbers: { reward: -0.1 } })
    expect(all.made[6]?.data).toMatchObject({ labels: { times: 'made up' } })
  })

  it('skips rows that are neither, and refuses those that name no session', () => {
    expect(read('{"a":1}').skipped).toMatchObject([{ reason: 'row that is no trajectory and no step' }])
    for (const row of [
      '{"action":"x"}',
      '{"action":"x","traj_id":"<b>"}',
      '{"trajectory_data":"{}"}',
      '{"traj_id":" "}',
    ]) {
      expect(read(row).refused, row).toMatchObject([{ reason: 'trajectory without an id that can name a session' }])
    }
  })

  it('gives the same for pieces of any size, and the same ids when read again', () => {
    const text = `${steps}\n${exported('env_manager', [trajectory])}\n${JSON.stringify(dump)}\n`
    const once = read(text)
    for (const piece of [1, 7]) expect(readAll(rollTraces, text, {}, piece)).toEqual(once)
    expect(read(text, { nowMs: 1_800_000_000_000, host: HostId.parse('h') }).made.map(({ id }) => id)).toEqual(
      once.made.map(({ id }) => id),
    )
    expect(new Set(once.made.map(({ id }) => id)).size).toBe(once.made.length)
  })

  it('never throws on damaged lines, and makes only what fits', () => {
    const deep = `{"traj_id":"t","action":${'['.repeat(5_000)}${']'.repeat(5_000)},"__proto__":{"reward":1}}`
    const text = `${steps}\n${exported('env_manager', [trajectory])}\n${JSON.stringify(dump)}\n${deep}\n`
    expect(read(text).refused).toEqual([])
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '"', '[', '}', '-1', 'null', '1e999', '\n', '__proto__'),
        fc.nat(9),
        (place, put, cut) => {
          const reasons = read(text.slice(0, place) + put + text.slice(place + cut)).refused.map(({ reason }) => reason)
          expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })
})

describeFixtures('formats of agents and trainers, guessed from a file', () => {
  it('knows its own files and no others', () => {
    const sources = [inspectAi, sweAgent, openHands, rollTraces, rollWorkerLog, rockCommandLog]
    const own: Record<string, string> = {
      'inspect-ai': 'inspect-ai',
      'swe-agent-traj': 'swe-agent',
      openhands: 'openhands',
    }
    for (const path of fixtureFiles('.')) {
      const head = Buffer.from(fixtureBytes(path).subarray(0, 4_096)).toString()
      const [folder = '', name = ''] = [path.split('/')[0], path.split('/').at(-1)]
      const guessed = sources.filter((source) => source.looksLike(head, name)).map(({ format }) => format)
      expect(guessed, path).toEqual(own[folder] === undefined ? [] : [own[folder]])
    }
  })

  it('knows files for which there is no recording', () => {
    expect(rollTraces.looksLike(steps, 'traces.jsonl')).toBe(true)
    expect(rollTraces.looksLike(JSON.stringify(dump), 'x.jsonl')).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { describeFixtures, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'
import { sweAgent } from './swe-agent.ts'

const step = (more: object = {}) => ({
  thought: 'I look.',
  action: 'curl http://192.0.2.7/x\n',
  observation: 'page',
  state: '{"working_dir": "/"}',
  ...more,
})
const classic = (steps: unknown, more: object = {}) =>
  JSON.stringify({
    environment: 'main',
    trajectory: steps,
    history: [
      { role: 'system', content: 'SETTING' },
      { role: 'user', content: 'A demonstration', is_demo: true },
      { role: 'user', content: [{ type: 'text', text: 'Fix it.' }] },
    ],
    info: { exit_status: 'submitted', model_stats: { api_calls: 2 } },
    ...more,
  })
const read = (document: string, context = {}) => readAll(sweAgent, document, { fileName: 'a__b-1.traj', ...context })

describe('sweAgent', () => {
  it('lays steps without times one behind the other, ending when the file was written, and says so', () => {
    const all = read(classic([step(), step({ action: 'submit', execution_time: 2.5 })]), {
      recordedAtMs: testNowMs - 60_000,
    })
    expect(all.made.map(({ kind, atMs }) => [kind, atMs - testNowMs + 60_000])).toEqual([
      ['session.started', -4_500],
      ['message.recorded', -4_500],
      ['message.recorded', -3_500],
      ['action.started', -3_500],
      ['action.ended', -2_500],
      ['message.recorded', -2_500],
      ['action.started', -2_500],
      ['action.ended', 0],
      ['session.ended', 0],
    ])
    expect(all.made[0]?.data).toMatchObject({
      agent: 'swe-agent',
      task: 'a__b-1',
      held: 'none',
      labels: { times: 'made up' },
    })
    expect(all.made[1]?.data).toEqual({ role: 'user', text: 'Fix it.' })
    expect(all.made[3]?.data).toMatchObject({ tool: 'bash', summary: 'curl http://192.0.2.7/x' })
    expect(all.made[4]?.data).toMatchObject({ outcome: 'unknown', output: 'page' })
    expect(all.made[4]?.data).not.toHaveProperty('durationMs')
    expect(all.made[7]?.data).toMatchObject({ tool: 'submit', durationMs: 2_500 })
    expect(all.made[8]?.data).toEqual({ reason: 'submitted; 2 model calls' })
  })

  it('gives the same ids whenever the file is read, and others to another file', () => {
    const document = classic([step()])
    const ids = read(document).made.map(({ id }) => id)
    expect(read(document, { nowMs: testNowMs + 1e9 }).made.map(({ id }) => id)).toEqual(ids)
    expect(new Set([...ids, ...read(classic([step(), step()])).made.map(({ id }) => id)]).size).toBe(ids.length + 9)
  })

  it('names the session by the task and what the file holds, by the content alone where the name has other characters', () => {
    expect(read(classic([step()])).made[0]?.session).toMatch(/^swe-agent\/a__b-1\/[0-9a-f]{12}$/)
    expect(read(classic([step()]), { fileName: 'ä b.traj.json' }).made[0]?.session).toMatch(/^swe-agent\/[0-9a-f]{12}$/)
    const bound = read(classic([step()]), { boundSession: SessionId.parse('mine') })
    expect(new Set(bound.made.map(({ session }) => session))).toEqual(new Set(['mine']))
  })

  it('tells every attempt as a session of its own, and not the copy of the chosen one', () => {
    const attempt = { trajectory: [step()], info: { exit_status: 'exit_cost' } }
    const all = read(classic([step()], { attempts: [attempt, attempt] }))
    const sessions = [...new Set(all.made.map(({ session }) => session?.split('/').at(-1)))]
    expect(sessions).toEqual(['attempt-0', 'attempt-1'])
    expect(all.made.filter(({ kind }) => kind === 'action.started')).toHaveLength(2)
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.made.length)
  })

  it('reads mini-swe-agent of the first kind: one fenced command, its result in the next message', () => {
    const all = read(
      JSON.stringify({
        info: { exit_status: 'Submitted', mini_version: '1.2.0', model_stats: { api_calls: 2 } },
        messages: [
          { role: 'system', content: 'You are.' },
          { role: 'user', content: 'Fix it.' },
          { role: 'assistant', content: 'THOUGHT: look\n\n```bash\nls /tmp\n```' },
          { role: 'user', content: '<returncode>2</returncode>\n<output>\nno such\n</output>' },
          { role: 'assistant', content: '```bash\na\n```\n```bash\nb\n```' },
          { role: 'user', content: 'Exactly one, please.' },
        ],
        trajectory_format: 'mini-swe-agent-1',
      }),
    )
    expect(all.made.map(({ kind }) => kind)).toEqual([
      'session.started',
      'message.recorded',
      'message.recorded',
      'message.recorded',
      'action.started',
      'action.ended',
      'message.recorded',
      'message.recorded',
      'session.ended',
    ])
    expect(all.made[4]?.data).toMatchObject({ tool: 'bash', input: 'ls /tmp' })
    expect(all.made[5]?.data).toMatchObject({ outcome: 'error', exitCode: 2 })
    expect(all.skipped).toMatchObject([{ reason: 'output of a command: told with the command', count: 1 }])
    expect(all.made[0]?.data).toMatchObject({ agent: 'mini-swe-agent', labels: { version: '1.2.0', times: 'made up' } })
  })

  it('reads mini-swe-agent of the second kind: tool calls with ids, results and times', () => {
    const seconds = 1_790_000_000
    const all = read(
      JSON.stringify({
        info: {},
        messages: [
          { role: 'user', content: 'Fix it.' },
          {
            role: 'assistant',
            content: '',
            extra: {
              timestamp: seconds,
              actions: [
                { command: 'ls', tool_call_id: 'c1' },
                { command: 'id', tool_call_id: 'c2' },
              ],
            },
          },
          {
            role: 'tool',
            tool_call_id: 'c2',
            content: 'x',
            extra: { returncode: 1, raw_output: 'uid', timestamp: seconds + 3 },
          },
          { role: 'tool', tool_call_id: 'c1', content: 'y', extra: { returncode: 0, timestamp: seconds + 4 } },
          { role: 'exit', content: 'done', extra: { exit_status: 'Submitted' } },
        ],
        trajectory_format: 'mini-swe-agent-1.1',
      }),
    )
    const ends = all.made.flatMap((event) => (event.kind === 'action.ended' ? [event] : []))
    expect(
      ends.map(({ atMs, data }) => [atMs, data.call, data.output, data.exitCode, data.outcome, data.durationMs]),
    ).toEqual([
      [(seconds + 4) * 1_000, 'c1', 'y', 0, 'ok', 4_000],
      [(seconds + 4) * 1_000, 'c2', 'uid', 1, 'error', 4_000],
    ])
    expect(all.made[0]).toMatchObject({ atMs: seconds * 1_000, data: { labels: { agent: 'mini-swe-agent' } } })
    expect(all.made[0]?.data).not.toHaveProperty('labels.times')
  })

  it('refuses what is no trajectory, and steps that are none', () => {
    for (const document of ['{', '[]', 'null', '{"trajectory":{}}', '{"history":[]}', classic([step()]).slice(0, -5)]) {
      expect(read(document), document).toMatchObject({ records: 1, events: 0, refused: [{ count: 1 }] })
    }
    const all = read(
      classic([
        null,
        7,
        {},
        step({ action: '', observation: null }),
        step({ execution_time: -4, thought: { deep: true } }),
      ]),
    )
    expect(all.refused).toMatchObject([{ reason: 'step of a trajectory is no JSON object', count: 2 }])
    expect(all.skipped).toMatchObject([{ reason: 'step with neither a thought nor an action', count: 1 }])
    expect(all.records).toBe(8)
  })

  it('takes hostile values: depth, prototype keys, durations beyond every clock', () => {
    const deep = '['.repeat(5_000) + ']'.repeat(5_000)
    const hostile = classic([
      step({ execution_time: 1e300 }),
      ...Array.from({ length: 12_000 }, () => step({ execution_time: 9e9 })),
      '@',
    ]).replace('"@"', `{"__proto__":{"action":"x"},"constructor":1,"action":${deep},"thought":${deep}}`)
    const all = read(hostile)
    expect(all.refused).toEqual([])
    expect(new Set(all.made.map(({ atMs }) => atMs))).toEqual(new Set([testNowMs]))
  })

  it('gives the same for pieces of any size', () => {
    const document = classic([step(), step({ execution_time: 3 })])
    for (const piece of [1, 7]) expect(readAll(sweAgent, document, {}, piece)).toEqual(readAll(sweAgent, document))
  })
})

describeFixtures('sweAgent on trajectories of the real tool', () => {
  it.each(fixtureFiles('swe-agent-traj'))('reads %s whole', (path) => {
    const text = fixtureText(path)
    const steps: { thought: string; action: string; observation: string }[] = JSON.parse(text).trajectory
    const all = readAll(sweAgent, text, { fileName: path.split('/').at(-1) })
    expect(sweAgent.looksLike(text.slice(0, 1_000), 'of-unknown-name')).toBe(true)
    expect([all.refused, all.skipped]).toEqual([[], []])
    // Start, task and outcome are records beside the steps.
    expect(all.records).toBe(steps.length + 3)
    expect(all.events).toBe(steps.length * 3 + 3)
    const inputs = all.made.flatMap((event) => (event.kind === 'action.started' ? [event.data.input] : []))
    expect(inputs).toEqual(steps.map(({ action }) => action))
    const times = all.made.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.made.length)
    expect(all.made.at(-1)?.data).toMatchObject({ reason: expect.stringContaining('submitted') })
  })

  it('never throws on damaged trajectories, and makes only what fits', () => {
    const [path = ''] = fixtureFiles('swe-agent-traj')
    const whole = JSON.parse(fixtureText(path))
    const text = JSON.stringify({
      ...whole,
      history: whole.history.slice(0, 3),
      trajectory: whole.trajectory.slice(0, 2),
    })
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '"', '[', '}', '-1', 'null', '1e999', '__proto__'),
        fc.nat(9),
        (place, put, cut) => {
          const reasons = read(text.slice(0, place) + put + text.slice(place + cut)).refused.map(({ reason }) => reason)
          expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { describeFixtures, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { openHands } from './openhands.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const at = (second: number) => `2026-03-01T10:00:${String(second).padStart(2, '0')}.250000`
const action = (id: number, kind: string, args: object, more: object = {}) => ({
  id,
  timestamp: at(id),
  source: 'agent',
  message: 'm',
  action: kind,
  args,
  ...more,
})
const observation = (id: number, cause: number | undefined, kind: string, more: object = {}) => ({
  id,
  timestamp: at(id),
  source: 'agent',
  cause,
  observation: kind,
  content: 'seen',
  extras: {},
  ...more,
})
const called = {
  tool_call_metadata: {
    tool_call_id: 'call-1',
    model_response: { id: 'r1', model: 'acme/large', usage: { prompt_tokens: 5, completion_tokens: 3 } },
  },
}
const events = [
  action(0, 'message', { content: 'Fix it.' }, { source: 'user' }),
  observation(1, 0, 'agent_state_changed', { extras: { agent_state: 'running' } }),
  action(2, 'run', { command: 'curl http://192.0.2.7/x', thought: 'I look.' }, called),
  observation(5, 2, 'run', { extras: { command: 'curl', metadata: { exit_code: 7 } } }),
  action(6, 'run_ipython', { code: 'print(1)' }, called),
  action(7, 'edit', { command: 'view', path: '/tmp/x' }),
  observation(8, 7, 'edit'),
  observation(9, 6, 'run_ipython', { success: true }),
  action(10, 'run', { command: 'sleep 99' }),
  observation(11, 10, 'run', { extras: { metadata: { exit_code: -1 } } }),
  action(12, 'run', { command: 'rm -rf /' }),
  observation(13, 12, 'user_rejected'),
  action(14, 'call_tool_mcp', { name: 'fetch', arguments: { url: 'http://192.0.2.8/' } }),
  observation(15, 14, 'error', { content: 'no route' }),
  action(16, 'finish', { final_thought: 'Done.' }),
]
const read = (document: unknown, context = {}) =>
  readAll(openHands, typeof document === 'string' ? document : JSON.stringify(document), {
    fileName: 'a-1.json',
    ...context,
  })

describe('openHands', () => {
  it('joins observations to their actions by cause, in whatever order they come', () => {
    const all = read(events)
    expect(all.refused).toEqual([])
    const starts = all.made.flatMap((event) => (event.kind === 'action.started' ? [event] : []))
    const ends = all.made.flatMap((event) => (event.kind === 'action.ended' ? [event] : []))
    expect(starts.map(({ data }) => [data.tool, data.summary])).toEqual([
      ['run', 'curl http://192.0.2.7/x'],
      ['run_ipython', 'print(1)'],
      ['edit', 'view /tmp/x'],
      ['run', 'sleep 99'],
      ['run', 'rm -rf /'],
      ['fetch', 'http://192.0.2.8/'],
    ])
    expect(ends.map(({ data }) => [data.tool, data.outcome, data.exitCode, data.durationMs])).toEqual([
      ['run', 'error', 7, 3_000],
      ['edit', 'ok', undefined, 1_000],
      ['run_ipython', 'ok', undefined, 3_000],
      ['run', 'unknown', undefined, 1_000],
      ['run', 'denied', undefined, 1_000],
      ['fetch', 'error', undefined, 1_000],
    ])
    expect(new Set(ends.map(({ data }) => data.call))).toEqual(new Set(starts.map(({ data }) => data.call)))
    expect(starts[0]?.data.call).toBe('call-1')
  })

  it('tells who spoke, what was thought, and each answer of the model once', () => {
    const { made } = read(events)
    const said = made.flatMap((event) =>
      event.kind === 'message.recorded' ? [[event.data.role, event.data.text]] : [],
    )
    expect(said).toEqual([
      ['user', 'Fix it.'],
      ['assistant', 'I look.'],
      ['assistant', 'Done.'],
    ])
    expect(made.filter(({ kind }) => kind === 'model.called').map(({ data }) => data)).toEqual([
      { model: 'acme/large', inputTokens: 5, outputTokens: 3 },
    ])
    expect(made.at(-1)).toMatchObject({ kind: 'session.ended', data: { reason: 'finished' } })
  })

  it('takes times without a zone in the zone that the sender names', () => {
    expect(read(events).made[0]?.atMs).toBe(Date.parse(`${at(0)}Z`))
    expect(read(events, { zoneOffsetMinutes: 120 }).made[0]?.atMs).toBe(Date.parse(`${at(0)}+02:00`))
  })

  it('reads the same from a list, an object around it, and lines', () => {
    const ids = read(events).made.map(({ id }) => id)
    for (const document of [
      { history: events },
      { events },
      { trajectory: events },
      events.map((event) => JSON.stringify(event)).join('\n'),
    ]) {
      expect(read(document).made.map(({ id }) => id)).toEqual(ids)
    }
    expect(read(`${JSON.stringify(events[0])}\n{"id":\n`).refused).toMatchObject([
      { reason: 'line is no JSON', count: 1 },
    ])
  })

  it('reads evaluations: a run on each line, pairs of older ones too, and how each ended', () => {
    const metadata = { agent_class: 'CodeActAgent', llm_config: { model: 'acme/large' } }
    const pair = [
      { source: 'agent', action: 'run', args: { command: 'id' } },
      { source: 'agent', observation: 'run', content: 'uid=0', extras: { exit_code: 0 } },
    ]
    const lines = [
      { instance_id: 'x__y-1', metadata, history: events, error: null },
      { instance_id: 'x__y-2', metadata, history: [pair, pair], error: 'out of memory' },
    ]
    const all = read(lines.map((line) => JSON.stringify(line)).join('\n'))
    const sessions = [...new Set(all.made.map(({ session }) => session))]
    expect(sessions.map((session) => session?.split('/')[1])).toEqual(['x__y-1', 'x__y-2'])
    const second = all.made.filter(({ session }) => session === sessions[1])
    expect(second[0]?.data).toMatchObject({ agent: 'CodeActAgent', labels: { model: 'acme/large', times: 'made up' } })
    expect(second.map(({ kind }) => kind)).toEqual([
      'session.started',
      'action.started',
      'action.ended',
      'action.started',
      'action.ended',
      'session.ended',
    ])
    expect(second[2]?.data).toMatchObject({ output: 'uid=0', exitCode: 0, outcome: 'ok' })
    expect(second[5]?.data).toEqual({ reason: 'error: out of memory' })
    const times = lines.map(() => read(JSON.stringify(lines[1]), { nowMs: testNowMs + 5 }).made[1]?.id)
    expect(times[0]).not.toBe(second[1]?.id)
  })

  it('reads events of the agent SDK, which say their kind', () => {
    const base = (second: number, kind: string, source: string) => ({
      kind,
      id: `e${second}`,
      timestamp: at(second),
      source,
    })
    const tool = { tool_name: 'terminal', tool_call_id: 'c1' }
    const all = read([
      { ...base(0, 'SystemPromptEvent', 'agent'), system_prompt: { type: 'text', text: 'You are.' } },
      {
        ...base(1, 'MessageEvent', 'user'),
        llm_message: { role: 'user', content: [{ type: 'text', text: 'Fix it.' }] },
      },
      {
        ...base(2, 'ActionEvent', 'agent'),
        ...tool,
        thought: [{ type: 'text', text: 'I look.' }],
        action: { kind: 'TerminalAction', command: 'ls' },
      },
      {
        ...base(4, 'ObservationEvent', 'environment'),
        ...tool,
        action_id: 'e2',
        observation: { kind: 'TerminalObservation', content: [{ type: 'text', text: 'a b' }], exit_code: 2 },
      },
      { ...base(5, 'ActionEvent', 'agent'), tool_name: 'edit', tool_call_id: 'c2', action: { path: '/x' } },
      {
        ...base(6, 'UserRejectObservation', 'environment'),
        tool_name: 'edit',
        action_id: 'e5',
        rejection_reason: 'no',
      },
      { ...base(7, 'ConversationStateUpdateEvent', 'environment'), key: 'k', value: 'v' },
      { ...base(8, 'ActionEvent', 'agent'), tool_name: 'finish', action: { kind: 'FinishAction', message: 'Done.' } },
    ])
    expect(all.refused).toEqual([])
    expect(all.made.map(({ kind, data }) => [kind, data])).toMatchObject([
      ['session.started', {}],
      ['message.recorded', { role: 'system', text: 'You are.' }],
      ['message.recorded', { role: 'user', text: 'Fix it.' }],
      ['message.recorded', { role: 'assistant', text: 'I look.' }],
      ['action.started', { call: 'c1', tool: 'terminal', summary: 'ls' }],
      ['action.ended', { call: 'c1', outcome: 'error', exitCode: 2, output: 'a b', durationMs: 2_000 }],
      ['action.started', { call: 'c2', tool: 'edit', summary: '/x' }],
      ['action.ended', { call: 'c2', outcome: 'denied', output: 'no' }],
      ['message.recorded', { role: 'assistant', text: 'Done.' }],
      ['session.ended', { reason: 'finished' }],
    ])
  })

  it('keeps a run open that does not say that it ended, and its session when it goes on', () => {
    const part = read(events.slice(0, 4))
    expect(part.made.map(({ kind }) => kind)).not.toContain('session.ended')
    const whole = read(events)
    expect(whole.made.slice(0, part.made.length).map(({ id }) => id)).toEqual(part.made.map(({ id }) => id))
    const bound = read(events, { boundSession: SessionId.parse('mine') })
    expect(new Set(bound.made.map(({ session }) => session))).toEqual(new Set(['mine']))
  })

  it('refuses what is no trajectory, and events that are none', () => {
    for (const document of ['{', '7', 'null', '{"history":{}}', JSON.stringify(events).slice(0, -3)]) {
      expect(read(document), document).toMatchObject({ refused: [{ count: 1 }] })
    }
    const bad = { ...action(3, 'run', { command: 'x' }), timestamp: '1970-01-01T00:00:00' }
    const all = read([
      events[0],
      5,
      null,
      {},
      { action: 7 },
      bad,
      observation(9, 77, 'run'),
      observation(10, undefined, 'browse'),
    ])
    expect(all.refused.map(({ reason, count }) => [reason, count])).toEqual([
      ['event of a trajectory is no JSON object', 2],
      ['event of a trajectory is neither an action nor an observation', 2],
      ['time is missing or outside of the years 2000 to 2100', 1],
    ])
    expect(all.skipped).toMatchObject([{ reason: 'observation that no action caused', count: 1 }])
    expect(all.records).toBe(9)
  })

  it('takes hostile values: depth, prototype keys, one id for many events', () => {
    const deep = '['.repeat(5_000) + ']'.repeat(5_000)
    const same = Array.from({ length: 50 }, (_, index) => action(2, 'run', { command: `echo ${index}` }))
    const text = JSON.stringify([...events, ...same, '@']).replace(
      '"@"',
      `{"id":"__proto__","timestamp":"${at(3)}","action":"run","args":${deep},"__proto__":{"observation":"run"}}`,
    )
    const all = read(text)
    expect(all.refused).toEqual([])
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.made.length)
  })

  it('gives the same for pieces of any size', () => {
    const document = JSON.stringify(events)
    for (const piece of [1, 7]) expect(readAll(openHands, document, {}, piece)).toEqual(readAll(openHands, document))
  })
})

describeFixtures('openHands on trajectories of the real tool', () => {
  it.each(fixtureFiles('openhands'))('reads %s whole', (path) => {
    const text = fixtureText(path)
    const given: { action: string; source: string; message: string }[] = JSON.parse(text)
    const all = readAll(openHands, text, { fileName: path.split('/').at(-1) })
    expect(openHands.looksLike(text.slice(0, 1_000), path)).toBe(true)
    expect([all.records, all.events, all.refused, all.skipped]).toEqual([given.length + 2, given.length + 3, [], []])
    const said = all.made.flatMap((event) => (event.kind === 'message.recorded' ? [event.data] : []))
    expect(said).toEqual(
      given.map(({ source, message }) => ({ role: source === 'agent' ? 'assistant' : 'user', text: message })),
    )
    expect(all.made.at(-1)?.data).toEqual({ reason: 'finished' })
  })

  it('never throws on damaged trajectories, and makes only what fits', () => {
    const text = JSON.stringify([...events, ...JSON.parse(fixtureText('openhands/basic_interactions.json'))])
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
      { numRuns: 200 },
    )
  })
})

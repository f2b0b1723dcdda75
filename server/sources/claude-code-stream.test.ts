// The stream-json output of Claude Code: what its lines mean, the times that most of them lack, and the recording.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claudeCodeStream } from './claude-code-stream.ts'
import { describeFixtures, fixtureBytes, fixtureText } from './fixtures-for-test.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const line = (type: string, more: Record<string, unknown>) =>
  JSON.stringify({ type, session_id: 'vigil-1', parent_tool_use_id: null, ...more })
const init = line('system', {
  subtype: 'init',
  cwd: '/work/vigil',
  model: 'claude-test-1',
  claude_code_version: '2.1.50',
})
const assistant = (id: string, part: unknown, more: Record<string, unknown> = {}) => {
  const usage = { input_tokens: 5, output_tokens: 1 }
  return line('assistant', {
    message: { id, model: 'claude-test-1', content: [part], stop_reason: null, usage, ...more },
  })
}
const call = { type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' } }
const result = (more: Record<string, unknown>) => {
  const part = { type: 'tool_result', tool_use_id: 't1', content: 'a', is_error: false }
  return line('user', { message: { role: 'user', content: [part] }, ...more })
}
const done = line('result', { subtype: 'success', is_error: false, result: 'All passes.', total_cost_usd: 0.1 })
const read = (...lines: string[]) => readAll(claudeCodeStream, lines.join('\n'))
const reasons = (list: readonly { reason: string }[]) => list.map(({ reason }) => reason)

describe('the stream of Claude Code', () => {
  it('tells a run from its beginning to its result', () => {
    const { made, records } = read(
      init,
      assistant('m1', { type: 'text', text: 'Looking.' }),
      assistant('m1', call),
      result({ tool_use_result: { stdout: 'a\n', stderr: '', interrupted: false } }),
      done,
    )
    expect(records).toBe(5)
    expect(made.map(({ kind, data }) => [kind, data])).toEqual([
      [
        'session.started',
        {
          agent: 'claude-code',
          cwd: '/work/vigil',
          held: 'none',
          abilities: [],
          labels: { version: '2.1.50', cwd: '/work/vigil', model: 'claude-test-1' },
        },
      ],
      ['model.called', { model: 'claude-test-1', inputTokens: 5 }],
      ['message.recorded', { role: 'assistant', text: 'Looking.' }],
      ['action.started', { call: 't1', tool: 'Bash', input: '{"command":"ls"}', summary: 'ls' }],
      ['action.ended', { call: 't1', tool: 'Bash', outcome: 'ok', output: 'a' }],
      ['session.ended', { reason: 'success' }],
    ])
  })

  it('reads the same as one array, which is what the json output is', () => {
    const lines = [init, assistant('m1', call), result({}), done]
    const kinds = (text: string) => readAll(claudeCodeStream, text).made.map(({ kind, data }) => [kind, data])
    expect(kinds(`[${lines.join(',')}]`)).toEqual(kinds(lines.join('\n')))
  })

  it('gives lines without a time that of the line before, and the first ones that of the recording', () => {
    const atMs = testNowMs + 5_000
    const { made } = readAll(
      claudeCodeStream,
      [assistant('m1', call), result({ timestamp: new Date(atMs).toISOString() }), done].join('\n'),
      { recordedAtMs: testNowMs - 9 },
    )
    const at = (kind: string) => made.find((event) => event.kind === kind)?.atMs
    expect([at('action.started'), at('action.ended'), at('session.ended')]).toEqual([testNowMs - 9, atMs, atMs])
  })

  it("does not take words of a sub-agent's task, or of Claude Code, for the user's", () => {
    const text = { role: 'user', content: [{ type: 'text', text: 'Scan 198.51.100.0/24.' }] }
    const { made } = read(
      line('user', { message: text }),
      line('user', { message: text, parent_tool_use_id: 't9' }),
      line('user', { message: text, isSynthetic: true }),
    )
    expect(made.flatMap((event) => (event.kind === 'message.recorded' ? [event.data.role] : []))).toEqual([
      'user',
      'other',
      'other',
    ])
  })

  it('calls a run that failed by what it failed of', () => {
    const failed = (more: Record<string, unknown>) => line('result', { is_error: true, ...more })
    const { made } = read(
      failed({ subtype: 'success', terminal_reason: 'api_error' }),
      failed({ subtype: 'error_max_turns' }),
      failed({ subtype: 7 }),
    )
    expect(made.flatMap((event) => (event.kind === 'session.ended' ? [event.data] : []))).toEqual([
      { reason: 'api_error' },
      { reason: 'error_max_turns' },
      { reason: '7' },
    ])
  })

  it('skips notices, pieces and further turns, and refuses what it cannot do without', () => {
    const { skipped, refused } = read(
      init,
      init,
      line('system', { subtype: 'hook_started' }),
      line('stream_event', { event: { type: 'message_delta' } }),
      line('newly_invented', {}),
      assistant('m1', { type: 'thinking', thinking: 'hm' }, { model: undefined }),
      '{"session_id":"vigil-1"}',
      line('user', { message: null }),
      result({ timestamp: '1969-12-31T00:00:00Z' }),
      line('result', { session_id: 'a b' }),
    )
    expect(skipped.map(({ count }) => count)).toEqual([1, 1, 1, 1, 1])
    expect(reasons(refused)).toEqual([
      'line has no type',
      'line of a message holds no message',
      'time is missing or outside of the years 2000 to 2100',
      'session id is no valid name of a session',
    ])
  })
})

describeFixtures('the recorded stream of Claude Code', () => {
  const file = 'claude-code-hooks/A_stream_json.jsonl'

  it('is told line by line: nine messages of the model, eight calls, and the two runs of the test that failed', () => {
    const all = readAll(claudeCodeStream, fixtureBytes(file))
    const count = (kind: string) => all.made.filter((event) => event.kind === kind).length
    expect([all.records, all.events, all.refused.length]).toEqual([27, 34, 0])
    expect(all.skipped.map(({ count: lines }) => lines)).toEqual([2])
    expect(['model.called', 'action.started', 'action.ended', 'message.recorded'].map(count)).toEqual([9, 8, 8, 7])
    const outcomes = all.made.flatMap((event) => (event.kind === 'action.ended' ? [event.data.outcome] : []))
    expect(outcomes.sort()).toEqual(['denied', 'error', 'error', 'error', 'ok', 'ok', 'ok', 'ok'])
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.events)
    for (const size of [1, 7]) expect(readAll(claudeCodeStream, fixtureBytes(file), {}, size)).toEqual(all)
  })

  it('makes only events that fit, of whatever becomes of real lines', () => {
    const lines = fixtureText(file).split('\n').filter(Boolean)
    const pieces = ['null', '-1', '"__proto__"', '{}', '[[]]', '1e999', '""', '\\u0000', '}', '{', '[']
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(30),
        fc.constantFrom(...pieces),
        (text, at, cut, put) => {
          const start = Math.floor(at * text.length)
          const { refusals } = readAll(claudeCodeStream, text.slice(0, start) + put + text.slice(start + cut))
          expect(reasons(refusals).filter((reason) => /does not fit|the reader failed/.test(reason))).toEqual([])
        },
      ),
      { numRuns: 400 },
    )
  })
})

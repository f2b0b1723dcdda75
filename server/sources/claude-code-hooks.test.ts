// Hook payloads of Claude Code: what each hook means, the time that they do not carry, and the recording.
import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claudeCodeHooks } from './claude-code-hooks.ts'
import { claudeCodeStream } from './claude-code-stream.ts'
import { claudeCodeTranscript } from './claude-code-transcript.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const hook = (hookEventName: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({ session_id: 'vigil-1', cwd: '/work/vigil', hook_event_name: hookEventName, ...more })
const tool = (name: string, id: string | undefined, more: Record<string, unknown> = {}) =>
  hook(name, { tool_name: 'Bash', tool_input: { command: 'nc 203.0.113.9 22' }, tool_use_id: id, ...more })
const read = (...lines: string[]) => readAll(claudeCodeHooks, lines.join('\n'))
const reasons = (list: readonly { reason: string }[]) => list.map(({ reason }) => reason)

describe('hook payloads of Claude Code', () => {
  it('tell a session from its beginning to its end, at the time of receipt', () => {
    const { made } = read(
      hook('SessionStart', { source: 'startup', model: 'claude-test-1' }),
      hook('UserPromptSubmit', { prompt: 'Look.' }),
      tool('PreToolUse', 't1'),
      tool('PostToolUse', 't1', { tool_response: { stdout: 'open', stderr: '', interrupted: false }, duration_ms: 12 }),
      hook('SessionEnd', { reason: 'logout' }),
    )
    expect(made.map(({ kind, data }) => [kind, data])).toEqual([
      [
        'session.started',
        {
          agent: 'claude-code',
          cwd: '/work/vigil',
          held: 'none',
          abilities: [],
          labels: { cwd: '/work/vigil', model: 'claude-test-1', source: 'startup' },
        },
      ],
      ['message.recorded', { role: 'user', text: 'Look.' }],
      [
        'action.started',
        { call: 't1', tool: 'Bash', input: '{"command":"nc 203.0.113.9 22"}', summary: 'nc 203.0.113.9 22' },
      ],
      ['action.ended', { call: 't1', tool: 'Bash', outcome: 'ok', output: 'open', durationMs: 12 }],
      ['session.ended', { reason: 'logout' }],
    ])
    expect(made.every((event) => event.session === 'vigil-1' && event.atMs === testNowMs)).toBe(true)
  })

  it('tell failures, interruptions and refusals apart', () => {
    const { made } = read(
      tool('PostToolUseFailure', 't1', { error: 'Exit code 7\nrefused', duration_ms: -4 }),
      tool('PostToolUse', 't2', { tool_response: { stdout: 'half', interrupted: true } }),
      tool('PermissionDenied', 't3', { reason: 'a tunnel' }),
      tool('PreToolUse', 't4'),
      tool('PermissionDenied', 't4', { reason: 'a tunnel' }),
      tool('PostToolUseFailure', 't5', { error: 'Permission to use Bash with command nc has been denied.' }),
    )
    const told = made.flatMap((event) =>
      event.kind === 'action.ended' ? [[event.data.call, event.data.outcome, event.data.exitCode]] : [],
    )
    expect(told).toEqual([
      ['t1', 'error', 7],
      ['t2', 'error', undefined],
      ['t3', 'denied', undefined],
      ['t4', 'denied', undefined],
      ['t5', 'denied', undefined],
    ])
    const started = made.flatMap((event) => (event.kind === 'action.started' ? [event.data.call] : []))
    expect(started).toEqual(['t3', 't4'])
  })

  it('join call and result of older versions, which give no id, by what was asked', () => {
    const { made } = read(tool('PreToolUse', undefined), tool('PostToolUse', undefined, { tool_response: 'done' }))
    const calls = made.flatMap((event) => ('call' in event.data ? [event.data.call] : []))
    expect(calls).toHaveLength(2)
    expect(new Set(calls).size).toBe(1)
  })

  it('begin a session again when it is resumed, and not when it is compacted', () => {
    const { made, skipped } = read(
      hook('SessionStart', { source: 'startup' }),
      hook('SessionStart', { source: 'compact' }),
      hook('SessionEnd'),
      hook('SessionStart', { source: 'resume' }),
    )
    expect(made.map(({ kind }) => kind)).toEqual(['session.started', 'session.ended', 'session.started'])
    expect(new Set(made.map(({ id }) => id)).size).toBe(3)
    expect(reasons(skipped)).toEqual(['session goes on: nothing was done or said'])
  })

  it('keep what was said twice and fold the same call reported twice', () => {
    const again = hook('UserPromptSubmit', { prompt: 'go on' })
    const { made } = read(again, again, tool('PreToolUse', 't1'), tool('PreToolUse', 't1'))
    const ids = (kind: string) => new Set(made.filter((event) => event.kind === kind).map(({ id }) => id)).size
    expect([ids('message.recorded'), ids('action.started')]).toEqual([2, 1])
  })

  it('are skipped where nothing was done or said, and refused without what they are about', () => {
    const { skipped, refused } = read(
      hook('Notification', { message: 'waiting' }),
      hook('Stop'),
      hook('SubagentStop'),
      hook('PermissionRequest', { tool_name: 'Bash' }),
      hook('NewlyInvented'),
      '{"session_id":"vigil-1"}',
      hook('PreToolUse', { tool_name: {} }),
      hook('UserPromptSubmit', { prompt: ['x'] }),
      hook('Stop', { session_id: '"><script>' }),
      hook('Stop', { session_id: undefined }),
    )
    expect(skipped.map(({ count }) => count)).toEqual([3, 1, 1])
    expect(reasons(refused)).toEqual([
      'record names no hook',
      'hook of a tool names no tool',
      'hook of a prompt holds no prompt',
      'session id is no valid name of a session',
      'record names no session',
    ])
  })

  it('give their time into their ids', () => {
    const line = tool('PreToolUse', 't1')
    const at = (recordedAtMs: number) => readAll(claudeCodeHooks, line, { recordedAtMs }).made.at(-1)
    expect(at(testNowMs - 5)?.atMs).toBe(testNowMs - 5)
    expect(at(testNowMs - 5)?.id).toBe(at(testNowMs - 5)?.id)
    expect(at(testNowMs - 5)?.id).not.toBe(at(testNowMs)?.id)
  })
})

describeFixtures('recorded hook payloads of Claude Code', () => {
  const file = 'claude-code-hooks/A_hook_payloads.jsonl'

  it('are each told once: seven calls, four done, two failed, and one that nothing followed up', () => {
    const all = readAll(claudeCodeHooks, fixtureBytes(file))
    expect([all.records, all.events, all.skipped.length, all.refused.length]).toEqual([17, 16, 1, 0])
    const calls = all.made.flatMap((event) => (event.kind === 'action.started' ? [event.data.call] : []))
    const ended = new Map(
      all.made.flatMap((event) => (event.kind === 'action.ended' ? [[event.data.call, event.data.outcome]] : [])),
    )
    expect(calls).toHaveLength(7)
    expect([...ended.values()].sort()).toEqual(['error', 'error', 'ok', 'ok', 'ok', 'ok'])
    expect(calls.filter((call) => !ended.has(call))).toEqual(['toolu_01ia8xdemaziAAAAAAAAAAAA'])
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(16)
    for (const size of [1, 7]) expect(readAll(claudeCodeHooks, fixtureBytes(file), {}, size)).toEqual(all)
  })

  it('are known by their look, and no other recording is taken for one of Claude Code', () => {
    for (const path of fixtureFiles('.')) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 65_536))
      const sources = [claudeCodeTranscript, claudeCodeHooks, claudeCodeStream]
      const found = sources.filter((source) => source.looksLike(head, basename(path))).map(({ format }) => format)
      const isTranscript = path.startsWith('claude-code/')
      const isStream = path.endsWith('A_stream_json.jsonl')
      const expected = path === file ? 'claude-code-hooks' : isStream ? 'claude-code-stream' : 'claude-code-transcript'
      expect([path, ...found]).toEqual(path === file || isStream || isTranscript ? [path, expected] : [path])
    }
  })

  it('make only events that fit, of whatever becomes of real lines', () => {
    const lines = fixtureText(file).split('\n').filter(Boolean)
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e308, '__proto__', '\u0000', 'x'.repeat(70_000)))
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(20), value, (text, index, put) => {
        const record = JSON.parse(text)
        const keys = Object.keys(record)
        record[keys[index % keys.length] ?? ''] = put
        const { refusals } = readAll(claudeCodeHooks, JSON.stringify(record))
        expect(reasons(refusals).filter((reason) => /does not fit|the reader failed/.test(reason))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

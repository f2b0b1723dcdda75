// Transcripts of Claude Code: the meaning of each line, what a line is refused for, and that every recording is read whole.
import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { claudeCodeHooks } from './claude-code-hooks.ts'
import { claudeCodeStream } from './claude-code-stream.ts'
import { claudeCodeTranscript } from './claude-code-transcript.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const session = '0b5a7c1e-1111-4222-8333-444455556666'
const atMs = Date.UTC(2026, 10, 21, 12)
let uuid = 0

function line(type: string, message: unknown, more: Record<string, unknown> = {}): string {
  uuid += 1
  const timestamp = new Date(atMs + uuid).toISOString()
  const base = { parentUuid: null, isSidechain: false, cwd: '/work/vigil', sessionId: session, version: '2.1.50' }
  return JSON.stringify({ ...base, type, message, uuid: `line-${uuid}`, timestamp, ...more })
}

function assistant(id: string, part: unknown, more: Record<string, unknown> = {}): string {
  const usage = { input_tokens: 5, output_tokens: 3 }
  return line('assistant', { id, role: 'assistant', model: 'claude-test-1', content: [part], usage, ...more })
}

const call = (id: string, command: string) => ({ type: 'tool_use', id, name: 'Bash', input: { command } })
const said = (text: string) => ({ type: 'text', text })

function result(id: string, content: unknown, isError: boolean, toolUseResult?: unknown): string {
  const part = { type: 'tool_result', tool_use_id: id, content, is_error: isError }
  return line('user', { role: 'user', content: [part] }, { toolUseResult })
}

const prompt = (text: string, more: Record<string, unknown> = {}) => line('user', { role: 'user', content: text }, more)
const read = (...lines: string[]) => readAll(claudeCodeTranscript, `${lines.join('\n')}\n`)
const kinds = (events: readonly EventInput[]) => events.map(({ kind }) => kind)
const dataOf = (events: readonly EventInput[], kind: EventInput['kind']) =>
  events.filter((event) => event.kind === kind).map(({ data }) => data)
const reasons = (list: readonly { reason: string }[]) => list.map(({ reason }) => reason)

describe('a transcript of Claude Code', () => {
  it('tells a prompt, an action and its result, and the beginning of the session once', () => {
    const { made, records } = read(
      prompt('Count the hosts.'),
      assistant('m1', call('toolu_1', 'ping -c 1 192.0.2.7'), { stop_reason: 'tool_use' }),
      result('toolu_1', '1 received', false, { stdout: '1 received\n', stderr: 'late\n', interrupted: false }),
    )
    expect(records).toBe(3)
    expect(kinds(made)).toEqual([
      'session.started',
      'message.recorded',
      'model.called',
      'action.started',
      'action.ended',
    ])
    expect(made.every((event) => event.session === session)).toBe(true)
    expect(made[0]?.data).toEqual({
      agent: 'claude-code',
      cwd: '/work/vigil',
      held: 'none',
      abilities: [],
      labels: { version: '2.1.50', cwd: '/work/vigil' },
    })
    expect(made[1]?.data).toEqual({ role: 'user', text: 'Count the hosts.' })
    expect(made[2]?.data).toEqual({ model: 'claude-test-1', inputTokens: 5, outputTokens: 3 })
    expect(made[3]?.data).toEqual({
      call: 'toolu_1',
      tool: 'Bash',
      input: '{"command":"ping -c 1 192.0.2.7"}',
      summary: 'ping -c 1 192.0.2.7',
    })
    expect(made[4]?.data).toEqual({ call: 'toolu_1', tool: 'Bash', outcome: 'ok', output: '1 received\n\nlate' })
  })

  it('tells a failure with its exit code, an interruption as an error, and a stated duration', () => {
    const { made } = read(
      assistant('m1', call('toolu_1', 'false')),
      result('toolu_1', 'Exit code 3\nno route to 198.51.100.4', true, 'Error: Exit code 3\nno route'),
      result('toolu_2', 'halfway', false, { stdout: 'halfway', interrupted: true, durationMs: 1_500 }),
    )
    expect(dataOf(made, 'action.ended')).toEqual([
      {
        call: 'toolu_1',
        tool: 'Bash',
        outcome: 'error',
        output: 'Exit code 3\nno route to 198.51.100.4',
        exitCode: 3,
      },
      { call: 'toolu_2', outcome: 'error', output: 'halfway', durationMs: 1_500 },
    ])
  })

  it.each([
    "The user doesn't want to proceed with this tool use. The tool use was rejected.",
    "The user doesn't want to take this action right now. STOP what you are doing.",
    'Permission to use Bash with command ssh ops@203.0.113.66 has been denied.',
    "Claude requested permissions to write to /etc/hosts, but you haven't granted it yet.",
    'PreToolUse:Bash hook error: [guard.sh]: no tunnels',
    '<tool_use_error>File is in a directory that is denied by your permission settings.</tool_use_error>',
  ])('takes "%s" for a refusal when it begins an error', (text) => {
    const { made } = read(
      result('t1', text, true),
      result('t2', text, false),
      result('t3', `Exit code 1\n${text}`, true),
      result('t4', [said(text)], true),
    )
    const outcomes = dataOf(made, 'action.ended').map((data) => 'outcome' in data && data.outcome)
    expect(outcomes).toEqual(['denied', 'ok', 'error', 'denied'])
  })

  it('believes the kind of refusal that newer versions state', () => {
    const part = { type: 'tool_result', tool_use_id: 't1', content: 'no', is_error: true }
    const meta = (kind: string) => ({ tool_result_meta: [{ id: 't1', non_execution_kind: kind }] })
    const { made } = read(
      line('user', { content: [part] }, meta('permission-rule')),
      line('user', { content: [part] }, meta('cancelled')),
    )
    expect(dataOf(made, 'action.ended').map((data) => 'outcome' in data && data.outcome)).toEqual(['denied', 'error'])
  })

  it('takes no exit code from what a command printed', () => {
    const { made } = read(result('t1', '{"exit_code": 9}', false, { stdout: '{"exit_code": 9}' }))
    expect(dataOf(made, 'action.ended')).toEqual([{ call: 't1', outcome: 'ok', output: '{"exit_code": 9}' }])
  })

  it('tells one call of the model for a message of several lines, with the last count of its tokens', () => {
    const { made, records } = read(
      prompt('Go.'),
      assistant('m1', { type: 'thinking', thinking: 'hm' }, { stop_reason: null }),
      assistant('m1', call('t1', 'ls'), { usage: { input_tokens: 5, output_tokens: 3 } }),
      result('t1', 'a', false),
      assistant('m1', call('t2', 'ls b'), { usage: { input_tokens: 5, output_tokens: 90 } }),
      result('t2', 'b', false),
      assistant('m2', said('Done.'), { usage: { input_tokens: 9, output_tokens: 4 } }),
      line('system', undefined, { subtype: 'turn_duration' }),
    )
    expect(records).toBe(8)
    expect(dataOf(made, 'model.called')).toEqual([
      { model: 'claude-test-1', inputTokens: 5, outputTokens: 90 },
      { model: 'claude-test-1', inputTokens: 9, outputTokens: 4 },
    ])
  })

  it('tells a message that states its end once, however many lines it has', () => {
    const { made } = read(
      assistant('m1', said('One.'), { stop_reason: 'tool_use' }),
      assistant('m1', call('t1', 'ls'), { stop_reason: 'tool_use' }),
    )
    expect(kinds(made)).toEqual(['model.called', 'session.started', 'message.recorded', 'action.started'])
  })

  it('knows the words of the user from those of Claude Code and of agents', () => {
    const { made, skipped } = read(
      prompt('Mine.'),
      prompt('Stop hook feedback', { isMeta: true }),
      prompt('Summary of before.', { isCompactSummary: true }),
      prompt('<local-command-stdout>done</local-command-stdout>'),
      prompt('Look into 203.0.113.9.', { isSidechain: true, agentId: 'a1' }),
      assistant('m', said('No login.'), { model: '<synthetic>' }),
      line('attachment', undefined, {
        attachment: { type: 'queued_command', commandMode: 'prompt', prompt: 'Also b.' },
      }),
    )
    expect(dataOf(made, 'message.recorded')).toEqual([
      { role: 'user', text: 'Mine.' },
      { role: 'other', text: '<local-command-stdout>done</local-command-stdout>' },
      { role: 'other', text: 'Look into 203.0.113.9.' },
      { role: 'other', text: 'No login.' },
      { role: 'user', text: 'Also b.' },
    ])
    expect(dataOf(made, 'model.called')).toEqual([])
    expect(reasons(skipped)).toEqual([
      'text that Claude Code put in the place of the user',
      'summary of an earlier part of the conversation',
    ])
  })

  it('skips progress and bookkeeping, also of a kind that is not known', () => {
    const { skipped, events } = read(
      line('progress', undefined, { data: { type: 'bash_progress' } }),
      JSON.stringify({ type: 'summary', summary: 'x', leafUuid: 'y' }),
      JSON.stringify({ type: 'file-history-snapshot', snapshot: {} }),
      line('newly-invented', undefined),
    )
    expect(events).toBe(0)
    expect(skipped.map(({ count }) => count)).toEqual([1, 2, 1])
  })

  it('refuses what it cannot do without, and costs a bad part only that part', () => {
    const { refused, made } = read(
      '{"type":"user","message":{"content":"cut o',
      '{"sessionId":"s"}',
      line('user', 'text'),
      line('user', { content: 7 }),
      prompt('x', { timestamp: '1970-01-01T00:00:00Z' }),
      prompt('x', { timestamp: undefined }),
      prompt('x', { sessionId: '<b>' }),
      prompt('x', { sessionId: undefined }),
      line('user', { content: [{ type: 'tool_result', content: 'of nothing' }] }),
      line('assistant', { content: [7, { type: 'tool_use', id: 't', input: {} }, said('kept')] }),
      line('user', { content: Array.from({ length: 1_001 }, () => said('x')) }),
    )
    expect(reasons(refused)).toEqual([
      'JSON record is cut off or damaged',
      'line has no type',
      'line of a message holds no message',
      'message has no content',
      'time is missing or outside of the years 2000 to 2100',
      'session id is no valid name of a session',
      'record names no session',
      'message has no part that can be read',
      'message has more parts than are read',
    ])
    expect(dataOf(made, 'message.recorded')).toEqual([{ role: 'assistant', text: 'kept' }])
  })

  it('is not led astray by prototypes, negative durations and deep nesting', () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const bare = { type: 'tool_result', tool_use_id: '__proto__', content: 'x' }
    const { made, refused } = read(
      line('user', { content: [bare] }, { toolUseResult: { durationMs: -5, stdout: 7 } }),
      assistant('m', { type: 'tool_use', id: 'constructor', name: '__proto__', input: { a: 1 } }).replace(
        '{"a":1}',
        `{"__proto__":{"command":"x"},"b":${deep}}`,
      ),
    )
    expect(refused).toEqual([])
    expect(dataOf(made, 'action.ended')).toEqual([{ call: '__proto__', outcome: 'ok', output: 'x' }])
    expect(dataOf(made, 'action.started')[0]).toMatchObject({ call: 'constructor', tool: '__proto__' })
  })

  it("gives everything to the session of a bound key, and to the sender's where a line names none", () => {
    const mine = 'run-7' as never
    const bound = readAll(claudeCodeTranscript, prompt('x'), { boundSession: mine })
    const sent = readAll(claudeCodeTranscript, prompt('x', { sessionId: undefined }), { session: mine })
    const named = readAll(claudeCodeTranscript, prompt('x', { sessionId: undefined }), { fileName: `${session}.jsonl` })
    expect([...bound.made, ...sent.made].every((event) => event.session === mine)).toBe(true)
    expect(named.made.every((event) => event.session === session)).toBe(true)
  })

  it('tells a held line when the tail is silent, and the same events in pieces of any size', () => {
    const text = [
      prompt('Go.'),
      assistant('m1', said('One.')),
      assistant('m1', call('t1', 'ls')),
      result('t1', 'a', false),
      assistant('m2', said('Two.')),
    ].join('\n')
    const whole = readAll(claudeCodeTranscript, text)
    for (const size of [1, 7]) expect(readAll(claudeCodeTranscript, text, {}, size)).toEqual(whole)
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(whole.events)
    const told: string[] = []
    const reader = claudeCodeTranscript.framing === 'lines' ? claudeCodeTranscript.open({ nowMs: atMs }) : undefined
    const sink = { understood: (what: string) => told.push(what), skipped: () => {}, refused: () => {} }
    const tell = { ...sink, understood: (what: string) => void sink.understood(what) }
    reader?.read(assistant('m3', said('Waiting.')), tell)
    expect(told).toEqual([])
    reader?.idle?.(tell)
    expect(told).toEqual(['assistant'])
  })
})

/** Counted in the files themselves with a script, not by this reader. */
const inFiles: Readonly<Record<string, readonly [lines: number, started: number, ended: number, models: number]>> = {
  '258c7280-ae70-4798-800f-63464d01a85d.jsonl': [1863, 186, 186, 152],
  'agent-a881341.jsonl': [10, 2, 2, 3],
  'lab_A_transcript.jsonl': [30, 8, 8, 9],
  'reliability_hello-world-script.jsonl': [9, 2, 2, 4],
  'reliability_stop-hook-uncommitted-changes.jsonl': [9, 2, 2, 4],
  'short.jsonl': [15, 2, 2, 1],
  'subagent.jsonl': [96, 16, 16, 12],
  'tool_heavy.jsonl': [39, 6, 6, 4],
}

describeFixtures('recorded transcripts of Claude Code', () => {
  const files = fixtureFiles('claude-code')

  it.each(files)('%s: every line is told once and every call, result and message of the model is an event', (file) => {
    const bytes = fixtureBytes(file)
    const head = new TextDecoder().decode(bytes.subarray(0, 65_536))
    const sources = [claudeCodeTranscript, claudeCodeHooks, claudeCodeStream]
    expect(sources.filter((source) => source.looksLike(head, basename(file)))).toEqual([claudeCodeTranscript])
    const all = readAll(claudeCodeTranscript, bytes)
    const sum = (list: readonly { count: number }[]) => list.reduce((total, { count }) => total + count, 0)
    expect(all.records).toBe(sum(all.understood) + sum(all.skipped) + sum(all.refused))
    expect(all.refused).toEqual([])
    const count = (kind: string) => all.made.filter((event) => event.kind === kind).length
    const known = inFiles[basename(file)]
    if (known !== undefined) {
      expect([all.records, count('action.started'), count('action.ended'), count('model.called')]).toEqual(known)
    }
    expect(count('session.started')).toBe(1)
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.events)
    expect(readAll(claudeCodeTranscript, bytes, { nowMs: atMs }, 997).made).toEqual(all.made)
  })

  it('shows the tunnel that was refused and the test that failed twice', () => {
    const { made } = readAll(claudeCodeTranscript, fixtureBytes('claude-code/lab_A_transcript.jsonl'))
    const denied = made.filter((event) => event.kind === 'action.ended' && event.data.outcome === 'denied')
    expect(denied).toHaveLength(1)
    const started = made.find((event) => event.kind === 'action.started' && event.data.summary?.startsWith('ssh '))
    expect(started?.data).toMatchObject({ tool: 'Bash', call: 'toolu_01ia8xdemaziAAAAAAAAAAAA' })
    expect(denied[0]?.data).toMatchObject({ call: 'toolu_01ia8xdemaziAAAAAAAAAAAA' })
    expect(made.filter((event) => event.kind === 'action.ended' && event.data.exitCode === 1)).toHaveLength(2)
  })

  it('adds the tokens of each message once, with the count of its last line', () => {
    const file = 'claude-code/258c7280-ae70-4798-800f-63464d01a85d.jsonl'
    const largest = new Map<string, number>()
    for (const text of fixtureText(file).split('\n').filter(Boolean)) {
      const { type, message } = JSON.parse(text)
      if (type !== 'assistant') continue
      largest.set(message.id, Math.max(largest.get(message.id) ?? 0, message.usage.output_tokens))
    }
    const { made } = readAll(claudeCodeTranscript, fixtureBytes(file))
    const told = made.map((event) => (event.kind === 'model.called' ? (event.data.outputTokens ?? 0) : 0))
    expect(told.reduce((total, count) => total + count, 0)).toBe([...largest.values()].reduce((a, b) => a + b, 0))
  })

  it('makes only events that fit, of whatever becomes of real lines', () => {
    const lines = ['lab_A_transcript', 'short', 'tool_heavy'].flatMap((name) =>
      fixtureText(`claude-code/${name}.jsonl`).split('\n').filter(Boolean),
    )
    const pieces = ['null', '-1', '"__proto__"', '{}', '[[]]', '1e999', '""', '"type":"tool_use"', '\\u0000', '}', '{']
    const change = fc.record({
      line: fc.nat(lines.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(40),
      put: fc.constantFrom(...pieces),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const text = changes.map(({ line: index, at, cut, put }) => {
          const original = lines[index] ?? ''
          const start = Math.floor(at * original.length)
          return original.slice(0, start) + put + original.slice(start + cut)
        })
        const { refusals } = readAll(claudeCodeTranscript, text.join('\n'))
        expect(reasons(refusals).filter((reason) => /does not fit|the reader failed/.test(reason))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

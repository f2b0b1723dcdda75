// Claude Code's telemetry, in the shape that its documentation gives: a session told from log records alone.
import { describe, expect, test } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { attributes, type LogJson, logsOf, protobufOfLogs } from './encode-otlp-for-test.ts'
import { readLogs } from './otlp-request.ts'

const atMs = 1_767_225_610_000

function record(name: string, plain: Record<string, string | number | boolean>, more: Partial<LogJson> = {}): LogJson {
  return {
    timeUnixNano: `${atMs}000000`,
    body: { stringValue: `claude_code.${name}` },
    attributes: attributes({ 'session.id': 'ccs-1', 'event.name': name, 'event.sequence': 7, ...plain }),
    ...more,
  }
}

function read(records: LogJson[], session?: string) {
  const context = { nowMs: 0, ...(session === undefined ? {} : { session: SessionId.parse(session) }) }
  const result = readLogs(protobufOfLogs(logsOf(records, { 'service.name': 'claude-code' })), 'protobuf', context)
  if (!result.ok) throw new Error(result.reason)
  for (const event of result.parsed.events) expect(parseEvent(event)).toMatchObject({ ok: true })
  return result.parsed
}
const told = (records: LogJson[]) =>
  read(records).events.map(({ kind, atMs: at, data }) => ({ kind, atMs: at, ...data }))

const bash = {
  tool_name: 'Bash',
  tool_use_id: 'toolu_01',
  success: 'true',
  duration_ms: '1500',
  decision_type: 'accept',
  tool_parameters: '{"bash_command":"ssh","full_command":"ssh -N -R 9000:localhost:22 a@b","timeout":5000}',
  tool_input: '{"command":"ssh -N -R 9000:localhost:22 a@b"}',
}

describe('tool_result', () => {
  test('is an action that began its duration earlier', () => {
    expect(told([record('tool_result', bash)])).toMatchObject([
      {
        kind: 'action.started',
        atMs: atMs - 1500,
        call: 'toolu_01',
        tool: 'Bash',
        summary: 'ssh -N -R 9000:localhost:22 a@b',
      },
      { kind: 'action.ended', atMs, call: 'toolu_01', outcome: 'ok', durationMs: 1500 },
    ])
  })

  test('that failed says why', () => {
    const failed = record('tool_result', { ...bash, success: false, error: 'Exit code 1', duration_ms: 2 })
    expect(told([failed])[1]).toMatchObject({ outcome: 'error', output: 'Exit code 1' })
  })

  test('of an MCP tool carries the tool’s real name', () => {
    const mcp = record('tool_result', {
      tool_name: 'mcp_tool',
      success: 'true',
      tool_parameters: '{"mcp_server_name":"git","mcp_tool_name":"push"}',
    })
    expect(told([mcp])[0]).toMatchObject({ tool: 'mcp__git__push', call: 'event 7' })
  })

  test('without details is still an action', () => {
    expect(told([record('tool_result', { tool_name: 'Read', success: 'true' })])).toHaveLength(2)
  })
})

describe('tool_decision', () => {
  test('that rejects is an action that was denied', () => {
    const rejected = record('tool_decision', {
      tool_name: 'Bash',
      tool_use_id: 'toolu_02',
      decision: 'reject',
      source: 'user_reject',
    })
    expect(told([rejected])).toMatchObject([
      { kind: 'action.started', call: 'toolu_02' },
      { kind: 'action.ended', outcome: 'denied', output: 'denied by user_reject' },
    ])
  })

  test('that accepts and its result are one action, not two', () => {
    const accepted = record('tool_decision', { ...bash, decision: 'accept', source: 'config' })
    const result = record('tool_result', { ...bash, 'event.sequence': 8 })
    expect(told([accepted, result]).map(({ kind }) => kind)).toEqual(['action.started', 'action.ended'])
  })

  test('that accepts without the input leaves the telling to the result', () => {
    const accepted = record('tool_decision', { tool_name: 'Bash', decision: 'accept', source: 'config' })
    expect(read([accepted])).toMatchObject({ events: [], skipped: [{ count: 1 }] })
  })
})

describe('prompts and model calls', () => {
  test('a prompt is the user’s message; one that is withheld says so', () => {
    const prompts = [
      record('user_prompt', { prompt: 'go', prompt_length: 2 }),
      record('user_prompt', { prompt: '<REDACTED>', prompt_length: 9 }),
    ]
    expect(told(prompts).map((event) => ('text' in event ? event.text : ''))).toEqual([
      'go',
      '[prompt of 9 characters, not sent by Claude Code]',
    ])
  })

  test('a request counts tokens, given as numbers or as text', () => {
    const request = record('api_request', {
      model: 'claude-x',
      input_tokens: '12',
      output_tokens: 3,
      duration_ms: 900,
      request_id: 'req_1',
    })
    expect(told([request])).toEqual([
      { kind: 'model.called', atMs, model: 'claude-x', inputTokens: 12, outputTokens: 3, durationMs: 900 },
    ])
  })

  test('a failed request says what the API said', () => {
    const failed = record('api_error', { model: 'claude-x', error: 'Overloaded', status_code: 529, attempt: 3 })
    expect(told([failed])).toMatchObject([{ error: 'Overloaded (status 529, attempt 3)' }])
  })
})

describe('records', () => {
  test('have the same id when they are sent again and another when anything differs', () => {
    const ids = (n: number) => read([record('user_prompt', { prompt: 'yes', 'event.sequence': n })]).events[0]?.id
    expect(ids(1)).toBe(ids(1))
    expect(ids(1)).not.toBe(ids(2))
  })

  test('take the key’s session', () => {
    expect(read([record('user_prompt', { prompt: 'x' })], 'run-9').events[0]?.session).toBe('run-9')
  })

  test('that name no session are refused', () => {
    const nameless = {
      ...record('user_prompt', { prompt: 'x' }),
      attributes: attributes({ 'event.name': 'user_prompt', prompt: 'x' }),
    }
    expect(read([nameless])).toMatchObject({ events: [], rejected: [{ count: 1 }] })
  })

  test('of other kinds and other programs are skipped with a reason', () => {
    const other = { timeUnixNano: `${atMs}000000`, body: { stringValue: 'hello' }, attributes: [] }
    const parsed = read([record('plugin_loaded', {}), other])
    expect(parsed.skipped.map(({ reason }) => reason)).toEqual([
      'Claude Code event that is no action, message or model call',
      'log record of no known agent convention',
    ])
  })
})

describe('GenAI log events', () => {
  const genAi = (name: string, body: LogJson['body'], more: Partial<LogJson> = {}): LogJson => ({
    timeUnixNano: `${atMs}000000`,
    eventName: name,
    ...(body ? { body } : {}),
    attributes: attributes({ 'session.id': 'g-1' }),
    traceId: '22222222222222222222222222222222',
    ...more,
  })
  const content = (text: string): LogJson['body'] => ({
    kvlistValue: { values: [{ key: 'content', value: { stringValue: text } }] },
  })

  test('history that each call repeats is told once', () => {
    const later = { timeUnixNano: `${atMs + 5}000000` }
    const records = [
      genAi('gen_ai.user.message', content('hi')),
      genAi('gen_ai.user.message', content('hi'), later),
      genAi('gen_ai.choice', {
        kvlistValue: { values: [{ key: 'message', value: content('yo') ?? { stringValue: '' } }] },
      }),
      genAi('gen_ai.system.message', content('be good')),
    ]
    expect(told(records).map((event) => ('text' in event ? event.text : ''))).toEqual(['hi', 'yo'])
  })

  test('call details without a span are a model call', () => {
    const details = genAi('gen_ai.client.inference.operation.details', undefined, {
      attributes: attributes({
        'session.id': 'g-1',
        'gen_ai.request.model': 'm',
        'gen_ai.input.messages': '[{"role":"user","content":"q"}]',
      }),
    })
    expect(told([details]).map(({ kind }) => kind)).toEqual(['message.recorded', 'model.called'])
  })
})

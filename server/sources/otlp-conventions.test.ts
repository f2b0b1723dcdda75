// Each convention in its own shape: what the framework writes on the left, what the operator sees on the right.
import { describe, expect, test } from 'vitest'
import { parseEvent } from '../protocol/parse-event.ts'
import { aSpan, type SpanJson, tracesOf } from './encode-otlp-for-test.ts'
import { tracesOfJson } from './otlp-json.ts'
import { eventsOfTraces, type OtlpParsed } from './otlp-to-events.ts'

function read(spans: SpanJson[], resource = {}): OtlpParsed {
  const decoded = tracesOfJson(JSON.parse(JSON.stringify(tracesOf(spans, resource))))
  if (!decoded.ok) throw new Error(decoded.reason)
  const parsed = eventsOfTraces(decoded.request, { nowMs: 0 })
  for (const event of parsed.events) expect(parseEvent(event)).toMatchObject({ ok: true })
  return parsed
}

const told = (parsed: OtlpParsed) => parsed.events.map(({ kind, data }) => ({ kind, ...data }))
const started = (parsed: OtlpParsed) => told(parsed).find(({ kind }) => kind === 'action.started')
const ended = (parsed: OtlpParsed) => told(parsed).find(({ kind }) => kind === 'action.ended')

describe('a tool span becomes an action that starts and ends with it', () => {
  const conventions: [string, SpanJson, Record<string, unknown>][] = [
    [
      'GenAI execute_tool',
      aSpan('execute_tool shell', {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'shell',
        'gen_ai.tool.call.id': 'call_1',
        'gen_ai.tool.call.arguments': '{"command":"uname -a"}',
        'gen_ai.tool.call.result': 'Linux',
      }),
      { call: 'call_1', tool: 'shell', summary: 'uname -a' },
    ],
    [
      'Pydantic AI (older, no operation name)',
      aSpan('running tool', {
        'gen_ai.tool.name': 'fetch',
        'gen_ai.tool.call.id': 'c2',
        tool_arguments: '{"url":"http://x.test/a"}',
      }),
      { call: 'c2', tool: 'fetch', summary: 'http://x.test/a' },
    ],
    [
      'Strands (input in a span event)',
      aSpan(
        'execute_tool editor',
        { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'editor', 'gen_ai.tool.call.id': 'c3' },
        {
          events: [
            {
              name: 'gen_ai.tool.message',
              timeUnixNano: '1767225600000000000',
              attributes: [
                { key: 'content', value: { stringValue: '{"command":"create","path":"/tmp/a.py","file_text":"x"}' } },
              ],
            },
          ],
        },
      ),
      { call: 'c3', tool: 'editor', summary: 'create /tmp/a.py' },
    ],
    [
      'OpenInference TOOL',
      aSpan('Search', {
        'openinference.span.kind': 'TOOL',
        'tool.name': 'search',
        'input.value': '{"query":"miners"}',
      }),
      { tool: 'search', summary: 'miners' },
    ],
    [
      'OpenLLMetry tool',
      aSpan('run_sql.tool', {
        'traceloop.span.kind': 'tool',
        'traceloop.entity.name': 'run_py',
        'traceloop.entity.input': '{"args":[],"kwargs":{"code":"print(1)"}}',
      }),
      { tool: 'run_py', summary: 'print(1)' },
    ],
    [
      'Vercel AI SDK toolCall',
      aSpan('ai.toolCall', {
        'ai.operationId': 'ai.toolCall',
        'ai.toolCall.name': 'write',
        'ai.toolCall.id': 'v1',
        'ai.toolCall.args': '{"path":"/etc/passwd","content":"x"}',
      }),
      { call: 'v1', tool: 'write', summary: '/etc/passwd' },
    ],
    [
      'Mastra tool_call',
      aSpan('tool.execute lookup', { 'mastra.span.type': 'tool_call', input: '{"city":"Bern"}' }),
      { tool: 'lookup', summary: '{"city":"Bern"}' },
    ],
    [
      'Claude Code tool (traces beta)',
      aSpan('claude_code.tool', { tool_name: 'Bash', tool_use_id: 'toolu_1', full_command: 'ls', 'session.id': 's' }),
      { call: 'toolu_1', tool: 'Bash', summary: 'ls' },
    ],
  ]
  test.each(conventions)('%s', (_, span, expected) => {
    const parsed = read([span])
    expect(started(parsed)).toMatchObject(expected)
    expect(ended(parsed)).toMatchObject({ call: expected.call ?? span.spanId, durationMs: 1000 })
    expect(parsed.events.map((event) => event.atMs)).toEqual([1767225600000, 1767225601000])
    expect(parsed.skipped).toEqual([])
  })
})

describe('a model span becomes a call with what was newly said', () => {
  const usage = { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 5 }
  const conventions: [string, SpanJson][] = [
    [
      'GenAI chat with structured messages',
      aSpan('chat m1', {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'm1',
        ...usage,
        'gen_ai.input.messages':
          '[{"role":"system","parts":[{"type":"text","content":"s"}]},{"role":"user","parts":[{"type":"text","content":"hello"}]}]',
        'gen_ai.output.messages':
          '[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"hi"}]}]',
      }),
    ],
    [
      'OpenInference LLM',
      aSpan('ChatCompletion', {
        'openinference.span.kind': 'LLM',
        'llm.provider': 'openai',
        'llm.model_name': 'm1',
        'llm.token_count.prompt': 10,
        'llm.token_count.completion': 5,
        'llm.input_messages.0.message.role': 'system',
        'llm.input_messages.1.message.role': 'user',
        'llm.input_messages.1.message.content': 'hello',
        'llm.output_messages.0.message.role': 'assistant',
        'llm.output_messages.0.message.content': 'hi',
      }),
    ],
    [
      'OpenLLMetry',
      aSpan('openai.chat', {
        'llm.request.type': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'm1',
        'gen_ai.usage.prompt_tokens': 10,
        'gen_ai.usage.completion_tokens': 5,
        'gen_ai.prompt.0.role': 'user',
        'gen_ai.prompt.0.content': 'hello',
        'gen_ai.completion.0.content': 'hi',
      }),
    ],
    [
      'Vercel AI SDK doStream',
      aSpan('ai.streamText.doStream', {
        'ai.operationId': 'ai.streamText.doStream',
        'ai.model.provider': 'openai',
        'ai.model.id': 'm1',
        'ai.usage.inputTokens': 10,
        'ai.usage.outputTokens': 5,
        'ai.prompt.messages': '[{"role":"user","content":[{"type":"text","text":"hello"}]}]',
        'ai.response.text': 'hi',
      }),
    ],
    [
      'Mastra generation',
      aSpan('chat m1', {
        'mastra.span.type': 'model_generation',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'm1',
        ...usage,
        input: '{"messages":[{"role":"user","content":"hello"}]}',
        output: '{"text":"hi"}',
      }),
    ],
  ]
  test.each(conventions)('%s', (_, span) => {
    expect(told(read([span]))).toEqual([
      { kind: 'message.recorded', role: 'user', text: 'hello' },
      { kind: 'model.called', model: 'm1', provider: 'openai', inputTokens: 10, outputTokens: 5, durationMs: 1000 },
      { kind: 'message.recorded', role: 'assistant', text: 'hi' },
    ])
  })

  test('a call that only follows a tool result does not tell the user’s words again', () => {
    const span = aSpan('chat m1', {
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': '[{"role":"user","content":"hello"},{"role":"tool","content":"42"}]',
    })
    expect(told(read([span])).map(({ kind }) => kind)).toEqual(['model.called'])
  })
})

describe('what is no action', () => {
  test('is counted with a reason and an example', () => {
    const parsed = read([aSpan('GET /', { 'http.method': 'GET' }), aSpan('GET /', {})])
    expect(parsed.events).toEqual([])
    expect(parsed.skipped).toEqual([
      { reason: 'span of no known agent, model or tool convention', count: 2, example: '"GET /"' },
    ])
  })

  test('a merged span of parallel ADK calls is no command', () => {
    const merged = aSpan('execute_tool (merged)', {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': '(merged tools)',
    })
    expect(read([merged]).events).toEqual([])
  })

  test('the outer Vercel span adds up its inner calls and is not counted as another', () => {
    const outer = aSpan('ai.generateText', {
      'ai.operationId': 'ai.generateText',
      'ai.prompt': '{"prompt":"tidy up"}',
      'ai.usage.inputTokens': 9,
    })
    const parsed = read([outer])
    expect(parsed.events).toEqual([])
    expect([...parsed.descriptors.values()]).toEqual([{ task: 'tidy up' }])
  })
})

describe('outcomes', () => {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' }

  test('a span with an error status is a failed action with its message', () => {
    expect(ended(read([aSpan('x', tool, { status: { code: 2, message: 'no such host' } })]))).toMatchObject({
      outcome: 'error',
      output: 'no such host',
    })
  })

  test('an exit code in the result is read, and one that is not 0 is a failure', () => {
    const span = aSpan('x', { ...tool, 'gen_ai.tool.call.result': '{"exit_code":137,"output":"Killed"}' })
    expect(ended(read([span]))).toMatchObject({ outcome: 'error', exitCode: 137 })
  })

  test('a span that has not ended is an action that has only started', () => {
    const parsed = read([aSpan('x', tool, { endTimeUnixNano: '0' })])
    expect(parsed.events.map((event) => event.kind)).toEqual(['action.started'])
  })

  test('a time that is none is refused with a reason', () => {
    const parsed = read([aSpan('x', tool, { startTimeUnixNano: '5' })])
    expect(parsed.events).toEqual([])
    expect(parsed.rejected).toEqual([
      { reason: 'time is missing or outside of the years 2000 to 2100, for example "x"', count: 1 },
    ])
  })
})

describe('limits', () => {
  test('long inputs and outputs are cut with a visible mark', () => {
    const big = 'x'.repeat(200_000)
    const span = aSpan(big, {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.call.arguments': big,
      'gen_ai.tool.call.id': big,
    })
    const action = started(read([span]))
    expect(action).toMatchObject({ input: expect.stringContaining('more characters cut]'), call: span.spanId })
  })

  test('the agent’s name is preferred to the service’s', () => {
    const spans = [
      aSpan('execute_tool a', { 'gen_ai.operation.name': 'execute_tool' }),
      aSpan('chat', { 'gen_ai.operation.name': 'chat', 'gen_ai.agent.name': 'coder' }),
    ]
    const parsed = read(spans, { 'service.name': 'worker', 'vigil.task': 'fix it' })
    expect([...parsed.descriptors.values()]).toEqual([{ agent: 'coder', task: 'fix it' }])
  })
})

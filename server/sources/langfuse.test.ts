// Langfuse in every shape that it exports, with what a trace says of its session and what only the conversation shows.
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { langfuse } from './langfuse.ts'
import {
  brokenLineReason,
  noTraceIdReason,
  noTraceReason,
  notLangfuseReason,
  notLangfuseRecordReason,
  repeatedReason,
  scoreReason,
} from './langfuse-records.ts'
import { badSessionReason } from './langfuse-trace.ts'
import { openInferenceExport } from './openinference-export.ts'
import { type ReadAll, readAll } from './read-all-for-test.ts'

type Fields = { readonly [key: string]: unknown }
const traceIdOf = (n: number) => n.toString(16).padStart(32, 'b')
const at = (second: number) => `2026-11-20T10:00:${String(second).padStart(2, '0')}.000Z`

const traceOf = (n: number, more: Fields = {}) => ({
  id: traceIdOf(n),
  projectId: 'p1',
  name: `run ${n}`,
  timestamp: at(0),
  sessionId: `ep-${n}`,
  ...more,
})
let lastObservation = 0
const observationOf = (n: number, type: string, name: string, more: Fields = {}) => {
  lastObservation += 1
  return {
    id: lastObservation.toString(16).padStart(16, '0'),
    traceId: traceIdOf(n),
    parentObservationId: null,
    type,
    name,
    startTime: at(1),
    endTime: at(2),
    ...more,
  }
}
const toolOf = (n: number, name = 'bash', more: Fields = {}) =>
  observationOf(n, 'TOOL', name, { input: { command: 'ls' }, output: 'a', ...more })
const exportOf = (trace: Fields, observations: readonly unknown[]) => JSON.stringify({ trace, observations })
const lines = (...records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join('\n')

const of = <K extends EventInput['kind']>({ made }: ReadAll, kind: K) =>
  made.filter((event): event is Extract<EventInput, { kind: K }> => event.kind === kind)
const calls = (read: ReadAll) => of(read, 'action.started').map(({ session, data }) => `${session} ${data.tool}`)
const names = (read: ReadAll) =>
  of(read, 'session.started').flatMap(({ session, data }) =>
    data.name === undefined ? [] : [`${session} ${data.name}`],
  )
const said = (read: ReadAll) => of(read, 'message.recorded').map(({ data }) => `${data.role}: ${data.text}`)
const reasons = (list: readonly { reason: string }[]) => list.map(({ reason }) => reason)

describe('a Langfuse export', () => {
  const expected = { calls: ['ep-1 bash', 'ep-2 curl'], names: ['ep-1 run 1', 'ep-2 run 2'] }
  const bash = toolOf(1)
  const curl = toolOf(2, 'curl')
  const withObservations = [
    { ...traceOf(1), observations: [bash] },
    { ...traceOf(2), observations: [curl] },
  ]
  it.each([
    ['a trace with its observations a line', lines(...withObservations)],
    [
      'a console export a line',
      lines({ trace: traceOf(1), observations: [bash] }, { trace: traceOf(2), observations: [curl] }),
    ],
    ['a trace or an observation a line, in any order', lines(curl, traceOf(1), bash, traceOf(2))],
    ['a page of traces', JSON.stringify({ data: withObservations, meta: { page: 1, totalItems: 2 } })],
    ['an array', JSON.stringify(withObservations, null, 2)],
    ['a session with its traces', JSON.stringify({ id: 's', createdAt: at(0), traces: withObservations })],
    [
      'pages of traces and of observations, a page a line',
      lines(
        { data: [{ ...traceOf(1), observations: [bash.id] }, traceOf(2)], meta: {} },
        { data: [bash, curl], meta: {} },
      ),
    ],
  ])('is read as %s', (_, text) => {
    const read = readAll(langfuse, text)
    expect({ calls: calls(read).sort(), names: names(read).sort() }).toEqual(expected)
    expect(read.refused).toEqual([])
    expect(langfuse.looksLike(text, 'export.json')).toBe(true)
  })

  it('is read in the names of blob storage, where each observation repeats what its trace said', () => {
    const row = {
      id: '00f067aa0ba902b7',
      trace_id: traceIdOf(1),
      project_id: 'p1',
      parent_observation_id: null,
      type: 'GENERATION',
      name: 'ask',
      start_time: '2026-11-20 10:00:01.000000',
      end_time: '2026-11-20 10:00:02.000000',
      session_id: 'ep-1',
      user_id: 'u-1',
      tags: ['nightly'],
      provided_model_name: 'm-1',
      usage_details: { input: 3, output: 4 },
    }
    const read = readAll(langfuse, lines(row))
    expect(of(read, 'model.called').map(({ session, data }) => [session, data])).toEqual([
      ['ep-1', expect.objectContaining({ model: 'm-1', inputTokens: 3, outputTokens: 4 })],
    ])
    expect(of(read, 'session.started')[0]?.data.labels).toEqual({ user: 'u-1', tags: 'nightly' })
    expect(langfuse.looksLike(lines(row), 'observations_v2.jsonl')).toBe(true)
  })

  it('tells once what overlapping pages hold twice', () => {
    const read = readAll(langfuse, lines(traceOf(1), { data: [bash] }, { data: [bash] }, traceOf(1)))
    expect(calls(read)).toEqual(['ep-1 bash'])
    expect(read.skipped).toEqual([{ reason: repeatedReason, count: 2, example: expect.any(String) }])
  })

  it('loses only what is damaged', () => {
    const read = readAll(
      langfuse,
      `${lines(traceOf(1), bash)}\n{"id":\n${lines({ hello: 1 }, 7, { ...traceOf(3), id: '' }, { ...bash, traceId: '' })}`,
    )
    expect(calls(read)).toEqual(['ep-1 bash'])
    expect(reasons(read.refused).sort()).toEqual(
      [brokenLineReason, noTraceIdReason, noTraceReason, notLangfuseRecordReason].sort(),
    )
    const score = { id: 's', traceId: traceIdOf(1), name: 'quality', value: 1, timestamp: at(3) }
    expect(reasons(readAll(langfuse, lines(traceOf(1), score)).skipped)).toEqual([scoreReason])
  })

  it('that is cut off is refused once, not once for each of its lines', () => {
    const cut = JSON.stringify(withObservations, null, 2).slice(0, -20)
    expect(readAll(langfuse, cut).refused).toEqual([
      { reason: notLangfuseReason, count: 1, example: expect.any(String) },
    ])
  })

  it('may nest as deep as it likes: what is refused of it costs only itself', () => {
    const deep = `{"type":"TOOL","input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const text = `{"trace":${JSON.stringify(traceOf(1))},"observations":[${deep},${JSON.stringify(bash)}]}`
    const read = readAll(langfuse, text)
    expect(calls(read)).toEqual(['ep-1 bash'])
    expect(reasons(read.refused)).toEqual(['observation has no id'])
  })
})

describe('the session of a Langfuse trace', () => {
  const unnamed = { sessionId: null }
  it('is the one that the trace names, then the sender’s, then the trace; a bound key’s before all', () => {
    const sender = { session: 'of-the-sender' as never }
    const read = (more: Fields, context = {}) => {
      const all = readAll(langfuse, exportOf(traceOf(1, more), [toolOf(1)]), context)
      return [...new Set(all.made.map(({ session }) => session))]
    }
    expect(read({}, sender)).toEqual(['ep-1'])
    expect(read(unnamed, sender)).toEqual(['of-the-sender'])
    expect(read(unnamed)).toEqual([`trace-${traceIdOf(1)}`])
    expect(read({}, { ...sender, boundSession: 'bound' as never })).toEqual(['bound'])
  })

  it('is named by a trace that holds nothing else', () => {
    expect(names(readAll(langfuse, lines(traceOf(1)), { session: 'of-the-sender' as never }))).toEqual(['ep-1 run 1'])
  })

  it('is the trace’s where its name is no session id, which is told, and no fact is lost', () => {
    const read = readAll(langfuse, exportOf(traceOf(1, { sessionId: 'chat of Ann & Bob' }), [toolOf(1)]), {
      session: 'of-the-sender' as never,
    })
    expect(calls(read)).toEqual([`trace-${traceIdOf(1)} bash`])
    expect(names(read)).toEqual([`trace-${traceIdOf(1)} run 1`])
    expect(read.refused).toEqual([{ reason: badSessionReason, count: 1, example: '"chat of Ann & Bob"' }])
  })

  it('has the trace’s tags, user, release, version and environment for labels, and its metadata’s run and step', () => {
    const more = {
      tags: ['nightly', 'bash'],
      userId: 'u-1',
      release: 'r7',
      version: '1.2',
      environment: 'staging',
      metadata: JSON.stringify({ run_id: 'run-9', step: 12, resourceAttributes: { 'host.name': 'node-3' } }),
    }
    const [introduced] = of(readAll(langfuse, exportOf(traceOf(1, more), [])), 'session.started')
    expect(introduced?.data.labels).toEqual({
      tags: 'nightly, bash',
      user: 'u-1',
      release: 'r7',
      version: '1.2',
      env: 'staging',
      run: 'run-9',
      step: '12',
      host: 'node-3',
    })
    const [plain] = of(
      readAll(langfuse, exportOf(traceOf(1, { environment: 'default', tags: [] }), [])),
      'session.started',
    )
    expect(plain?.data).not.toHaveProperty('labels')
  })
})

describe('a Langfuse generation', () => {
  const generation = (input: unknown, output: unknown, more: Fields = {}) =>
    observationOf(1, 'GENERATION', 'ask', { model: 'm-1', input, output, ...more })
  const read = (...observations: readonly unknown[]) => readAll(langfuse, exportOf(traceOf(1), observations))
  const user = { role: 'user', content: 'clean up the disk' }

  it.each([
    ['OpenAI messages', [{ role: 'system', content: 'be brief' }, user], { role: 'assistant', content: 'done' }],
    [
      'a request and a response of chat completions',
      { messages: [user] },
      { choices: [{ message: { role: 'assistant', content: 'done' } }] },
    ],
    [
      'OpenAI responses',
      [user],
      {
        object: 'response',
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] }],
      },
    ],
    ['JSON as text', JSON.stringify([user]), JSON.stringify({ role: 'assistant', content: 'done' })],
    ['plain words', 'clean up the disk', 'done'],
    ['words encoded twice', '"clean up the disk"', '"done"'],
    [
      'LangChain’s, with the tools behind the messages',
      [user, { role: 'tool', content: { type: 'function', function: {} } }],
      { role: 'assistant', content: 'done' },
    ],
  ])('tells the prompt and the answer of %s', (_, input, output) => {
    expect(said(read(generation(input, output)))).toEqual(['user: clean up the disk', 'assistant: done'])
  })

  it('tells no prompt where a tool spoke last', () => {
    expect(said(read(generation([user, { role: 'tool', tool_call_id: 'c1', content: 'x' }], 'done')))).toEqual([
      'assistant: done',
    ])
  })

  it('has its model named by Langfuse, else as the Vercel AI SDK names it', () => {
    const attributes = { 'ai.model.id': 'gpt-5', 'ai.response.model': 'gpt-5-2026', 'ai.model.provider': 'openai.chat' }
    const named = observationOf(1, 'GENERATION', 'ai.generateText.doGenerate', {
      model: 'gpt-5',
      usageDetails: { input: 3 },
    })
    expect(of(read(named), 'model.called')[0]?.data).toMatchObject({ model: 'gpt-5', inputTokens: 3 })
    const called = (own: Fields) =>
      of(read(generation('x', 'y', { model: null, metadata: { attributes: own } })), 'model.called')[0]?.data
    expect(called(attributes)).toMatchObject({ model: 'gpt-5-2026', provider: 'openai.chat' })
    expect(called({ 'ai.model.id': 'gpt-5' })).toMatchObject({ model: 'gpt-5' })
  })
})

describe('tool calls that only the conversation shows', () => {
  const command = '{"command":"rm -rf /tmp/x"}'
  const openai = { id: 'c1', type: 'function', function: { name: 'bash', arguments: command } }
  const asks = (output: unknown, more: Fields = {}) =>
    observationOf(1, 'GENERATION', 'ask', { model: 'm', output, startTime: at(1), endTime: at(2), ...more })
  const answered = (...messages: readonly unknown[]) =>
    observationOf(1, 'GENERATION', 'ask', {
      model: 'm',
      input: messages,
      output: 'ok',
      startTime: at(5),
      endTime: at(6),
    })
  const read = (...observations: readonly unknown[]) => readAll(langfuse, exportOf(traceOf(1), observations))
  const actions = (all: ReadAll) =>
    all.made.flatMap((event) => {
      const second = new Date(event.atMs).getUTCSeconds()
      if (event.kind === 'action.started') return [`${second} ${event.data.tool} ${event.data.summary}`]
      return event.kind === 'action.ended' ? [`${second} ${event.data.outcome} ${event.data.output}`] : []
    })

  it.each([
    [
      'OpenAI',
      { role: 'assistant', content: null, tool_calls: [openai] },
      { role: 'tool', tool_call_id: 'c1', content: 'gone' },
    ],
    [
      'LangChain',
      { role: 'assistant', content: '', additional_kwargs: { tool_calls: [openai] } },
      { type: 'tool', tool_call_id: 'c1', content: 'gone' },
    ],
    [
      'Anthropic',
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'bash', input: JSON.parse(command) }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'gone' }] }],
      },
    ],
    [
      'OpenAI responses',
      { output: [{ type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'bash', arguments: command }] },
      { type: 'function_call_output', call_id: 'c1', output: 'gone' },
    ],
    [
      'the Vercel AI SDK',
      [{ toolCallId: 'c1', toolName: 'bash', input: command }],
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', output: 'gone' }] },
    ],
    [
      'OpenTelemetry',
      [{ role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'bash', arguments: JSON.parse(command) }] }],
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', result: 'gone' }] },
    ],
  ])('begin when the model asked and end when it was given the result, %s', (_, output, result) => {
    const all = read(asks(output), answered({ role: 'user', content: 'go' }, result))
    expect(actions(all)).toEqual(['2 bash rm -rf /tmp/x', '5 ok gone'])
    expect(of(all, 'action.started')[0]?.data.call).toBe('c1')
  })

  it('have not ended where nobody told a result, and have failed where the result says so', () => {
    const output = { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'bash', input: {} }] }
    expect(of(read(asks(output)), 'action.ended')).toEqual([])
    const failed = {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'c1', is_error: true, content: 'no' }],
    }
    expect(of(read(asks(output), answered(failed)), 'action.ended').map(({ data }) => data.outcome)).toEqual(['error'])
  })

  it('are all told, though an agent gives two of them one id', () => {
    const second = { ...openai, function: { name: 'bash', arguments: '{"command":"curl evil.test"}' } }
    const all = read(
      asks({ role: 'assistant', tool_calls: [openai, second] }),
      asks({ role: 'assistant', tool_calls: [openai] }),
    )
    expect(
      of(all, 'action.started')
        .map(({ data }) => data.summary)
        .sort(),
    ).toEqual(['curl evil.test', 'rm -rf /tmp/x', 'rm -rf /tmp/x'])
  })

  it('are told by their own observations where the trace has any of a tool, not twice', () => {
    expect(calls(read(asks({ role: 'assistant', tool_calls: [openai] }), toolOf(1)))).toEqual(['ep-1 bash'])
  })

  it('are of no interest in the history that a later call repeats, nor where they are none', () => {
    const history = answered({ role: 'user', content: 'go' }, { role: 'assistant', tool_calls: [openai] })
    expect(calls(read(history))).toEqual([])
    expect(calls(read(asks({ role: 'assistant', tool_calls: [7, {}, { function: {} }, null] })))).toEqual([])
  })
})

describe('names of attributes in a Phoenix export', () => {
  it('are bounded: one long name over many others is not written out for each of them', () => {
    const span = {
      context: { trace_id: traceIdOf(1), span_id: '00f067aa0ba902b7' },
      span_kind: 'TOOL',
      start_time: at(1),
      attributes: { tool: { name: 'bash' }, ['x'.repeat(600)]: { a: { b: 1 } }, y: { ['z'.repeat(600)]: 1 } },
    }
    expect(calls(readAll(openInferenceExport, JSON.stringify([span])))).toEqual([`trace-${traceIdOf(1)} bash`])
  })
})

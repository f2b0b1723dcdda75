// Langfuse and Phoenix exports: small ones in the stores' own shape, and the recordings.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { describeFixtures, fixtureBytes } from './fixtures-for-test.ts'
import { langfuse } from './langfuse.ts'
import { openInferenceExport } from './openinference-export.ts'
import { readAll } from './read-all-for-test.ts'
import type { RecordSource } from './record-source.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
type Fields = { readonly [key: string]: unknown }

const observation = (id: string, type: string, name: string, more: Fields = {}) => ({
  id,
  traceId,
  type,
  name,
  startTime: '2026-11-20T10:00:01.000Z',
  endTime: '2026-11-20T10:00:02.000Z',
  parentObservationId: null,
  level: 'DEFAULT',
  ...more,
})
const trace = (observations: readonly unknown[], more: Fields = {}) =>
  JSON.stringify({
    trace: { id: traceId, projectId: 'p1', name: 'nightly run', timestamp: '2026-11-20T10:00:00.000Z', ...more },
    observations,
  })
const phoenixSpan = (spanId: string, kind: string, more: Fields = {}) => ({
  id: spanId,
  name: kind.toLowerCase(),
  context: { trace_id: traceId, span_id: spanId },
  span_kind: kind,
  parent_id: null,
  start_time: '2026-11-20T10:00:01+00:00',
  end_time: '2026-11-20T10:00:02+00:00',
  status_code: 'OK',
  status_message: '',
  attributes: {},
  events: [],
  ...more,
})

const started = (events: readonly EventInput[]) =>
  events.flatMap((event) => (event.kind === 'action.started' ? [`${event.session} ${event.data.tool}`] : []))
const ended = (events: readonly EventInput[]) =>
  events.flatMap((event) => (event.kind === 'action.ended' ? [event.data.outcome] : []))
const models = (events: readonly EventInput[]) => events.filter((event) => event.kind === 'model.called')

describe('a Langfuse trace', () => {
  it('gives its session a name and its tools their calls, in the session that the trace names', () => {
    const tool = observation('00f067aa0ba902b7', 'TOOL', 'bash', {
      input: { command: 'ls' },
      output: 'a',
      metadata: JSON.stringify({ attributes: { 'gen_ai.tool.call.id': 'call_1' } }),
    })
    const { made, understood, refused } = readAll(langfuse, trace([tool], { sessionId: 'ep-1' }))
    expect(started(made)).toEqual(['ep-1 bash'])
    expect(ended(made)).toEqual(['ok'])
    expect(made.find((event) => event.kind === 'session.started' && event.data.name === 'nightly run')?.session).toBe(
      'ep-1',
    )
    expect(refused).toEqual([])
    expect(understood.map(({ what }) => what)).toEqual(['openinference.tool', 'langfuse.trace'])
  })

  it('tells a tool that failed as failed', () => {
    const tool = observation('00f067aa0ba902b7', 'TOOL', 'bash', { level: 'ERROR', statusMessage: 'exit 1' })
    expect(ended(readAll(langfuse, trace([tool])).made)).toEqual(['error'])
  })

  it('counts a generation once, not again in the generation around it', () => {
    const usageDetails = { input: 10, output: 2 }
    const outer = observation('00f067aa0ba902b1', 'GENERATION', 'answer', { model: 'm', usageDetails })
    const inner = observation('00f067aa0ba902b2', 'GENERATION', 'doGenerate', {
      model: 'm',
      usageDetails,
      parentObservationId: outer.id,
    })
    const { made, skipped } = readAll(langfuse, trace([inner, outer]))
    expect(models(made)).toHaveLength(1)
    expect(skipped.map(({ count }) => count)).toEqual([1])
  })

  it('refuses an observation without a time and keeps its neighbours', () => {
    const broken = observation('00f067aa0ba902b1', 'TOOL', 'bash', { startTime: 'yesterday' })
    const sound = observation('00f067aa0ba902b2', 'TOOL', 'curl')
    const { made, refusals } = readAll(langfuse, trace([broken, sound]))
    expect(started(made)).toEqual([`trace-${traceId} curl`])
    expect(refusals.map(({ reason }) => reason)).toEqual(['observation has no start time'])
  })

  it('reads a plain span as no action', () => {
    const { made, skipped } = readAll(langfuse, trace([observation('00f067aa0ba902b1', 'SPAN', 'plan')]))
    expect(started(made)).toEqual([])
    expect(skipped.map(({ count }) => count)).toEqual([1])
  })
})

describe('a Phoenix export', () => {
  const tool = phoenixSpan('00f067aa0ba902b7', 'TOOL', {
    attributes: { 'tool.name': 'bash', 'input.value': '{"command":"ls"}', 'session.id': 'ep-1' },
  })
  it.each([
    ['an array', JSON.stringify([tool])],
    ['a page of the API', JSON.stringify({ data: [tool], next_cursor: null })],
    ['a span a line', `${JSON.stringify(tool)}\n${JSON.stringify(phoenixSpan('00f067aa0ba902b8', 'CHAIN'))}\n`],
    [
      'nested attributes',
      JSON.stringify([{ ...tool, attributes: { tool: { name: 'bash' }, session: { id: 'ep-1' } } }]),
    ],
  ])('is read as %s', (_, text) => {
    expect(started(readAll(openInferenceExport, text).made)).toEqual(['ep-1 bash'])
  })

  it('is of the session that a span of the trace names, then of the sender’s, then of the trace', () => {
    const sender = { session: 'of-the-sender' as never }
    const other = phoenixSpan('00f067aa0ba902b8', 'TOOL')
    const read = (spans: readonly unknown[], context = {}) =>
      started(readAll(openInferenceExport, JSON.stringify(spans), context).made)
    expect(read([tool, other], sender)).toEqual(['ep-1 bash', 'ep-1 tool'])
    expect(read([other], sender)).toEqual(['of-the-sender tool'])
    expect(read([other])).toEqual([`trace-${traceId} tool`])
    expect(read([tool], { ...sender, boundSession: 'bound' as never })).toEqual(['bound bash'])
  })

  it('refuses a span without ids and keeps its neighbours', () => {
    const { made, refusals } = readAll(openInferenceExport, JSON.stringify([{ ...tool, context: {} }, tool]))
    expect(started(made)).toEqual(['ep-1 bash'])
    expect(refusals.map(({ reason }) => reason)).toEqual(['span has no trace id or span id'])
  })
})

describe('hostile exports', () => {
  it.each([langfuse, openInferenceExport])('any JSON at all ends in counts, $format', (source: RecordSource) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 5 }), (first, second) => {
        for (const text of [
          JSON.stringify(first),
          JSON.stringify([first, second]),
          JSON.stringify({ trace: first, observations: [second, observation('a', 'TOOL', 'x', { metadata: first })] }),
          JSON.stringify([{ ...phoenixSpan('b', 'TOOL'), attributes: first, context: second }]),
        ])
          readAll(source, text)
      }),
      { numRuns: 100 },
    )
  })

  it('a session that the key is not bound to is never written to', () => {
    const tool = observation('00f067aa0ba902b7', 'TOOL', 'bash')
    const bound = { boundSession: 'ep-mine' as never }
    const { made } = readAll(langfuse, trace([tool], { sessionId: 'ep-other' }), bound)
    expect(new Set(made.map(({ session }) => session))).toEqual(new Set(['ep-mine']))
  })
})

describeFixtures('recorded exports', () => {
  it.each([
    ['claude-agent-2025-12-22.json', ['mcp__weather__get_weather', 'mcp__weather__get_weather'], 4],
    ['langgraph-python-2025-08-22.json', ['Web-Search'], 2],
    ['openai-agents-2025-09-30.json', ['get_weather'], 2],
    [
      'pydantic-ai-tools-2025-12-04.json',
      ['get_dad_joke_suggestion', 'get_one_liner_suggestion', 'get_pun_suggestion'],
      4,
    ],
    ['vercel-aisdk-2025-11-17.json', ['getWeather'], 1],
  ])('%s holds these tool calls and model calls, each of a known model', (file, tools, modelCalls) => {
    const { made } = readAll(langfuse, fixtureBytes(`langfuse-trace/${file}`))
    expect(
      started(made)
        .map((text) => text.split(' ')[1])
        .sort(),
    ).toEqual(tools)
    expect(models(made)).toHaveLength(modelCalls)
    for (const { data } of models(made)) expect(data).not.toMatchObject({ model: 'unknown' })
  })

  it('pxi_turn_subagent_trace.json holds each tool span as a call of the one session', () => {
    const bytes = fixtureBytes('openinference-phoenix/pxi_turn_subagent_trace.json')
    const spans = JSON.parse(new TextDecoder().decode(bytes)) as { span_kind: string }[]
    const { made, refused } = readAll(openInferenceExport, bytes)
    expect(started(made)).toHaveLength(spans.filter((span) => span.span_kind === 'TOOL').length)
    expect(models(made)).toHaveLength(spans.filter((span) => span.span_kind === 'LLM').length)
    expect(new Set(made.map(({ session }) => session))).toEqual(new Set(['fixture-subagent-session']))
    expect(refused).toEqual([])
  })
})

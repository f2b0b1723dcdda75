// Which session a fact belongs to decides who gets stopped: names win in a fixed order and are never repaired.
import { describe, expect, test } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { aSpan, type SpanJson, tracesOf } from './encode-otlp-for-test.ts'
import { tracesOfJson } from './otlp-json.ts'
import { eventsOfTraces, type OtlpContext } from './otlp-to-events.ts'

const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' }
const traceSession = 'trace-11111111111111111111111111111111'

function read(spans: SpanJson[], resource: Record<string, string> = {}, context: Partial<OtlpContext> = {}) {
  const decoded = tracesOfJson(tracesOf(spans, resource))
  if (!decoded.ok) throw new Error(decoded.reason)
  return eventsOfTraces(decoded.request, { nowMs: 0, ...context })
}
const sessions = (parsed: { events: { session?: string | undefined }[] }) => [
  ...new Set(parsed.events.map((event) => event.session)),
]

describe('a session is named by', () => {
  test('the key before anything else', () => {
    const parsed = read([aSpan('x', { ...tool, 'session.id': 'other' })], {}, { session: SessionId.parse('bound') })
    expect(sessions(parsed)).toEqual(['bound'])
  })

  test('vigil.session of the resource, then of the span', () => {
    const span = aSpan('x', { ...tool, 'vigil.session': 'b', 'gen_ai.conversation.id': 'c' })
    expect(sessions(read([span], { 'vigil.session': 'a' }))).toEqual(['a'])
    expect(sessions(read([span]))).toEqual(['b'])
  })

  test.each([
    'gen_ai.conversation.id',
    'session.id',
    'langfuse.session.id',
    'gcp.vertex.agent.session_id',
    'ai.telemetry.metadata.sessionId',
    'traceloop.association.properties.session_id',
    'thread_id',
  ])('the attribute %s', (key) => {
    expect(sessions(read([aSpan('x', { ...tool, [key]: 'ep-1' })]))).toEqual(['ep-1'])
  })

  test('the OpenInference metadata attribute', () => {
    expect(sessions(read([aSpan('x', { ...tool, metadata: '{"thread_id":"t-9"}' })]))).toEqual(['t-9'])
  })

  test('an ancestor in the same request, whatever the order', () => {
    const root = aSpan('root', { 'session.id': 'ep-root' }, { spanId: 'aaaaaaaaaaaaaaa1' })
    const middle = aSpan('middle', {}, { spanId: 'aaaaaaaaaaaaaaa2', parentSpanId: root.spanId })
    const leaf = aSpan('leaf', tool, { parentSpanId: middle.spanId })
    const stranger = aSpan('other', { 'session.id': 'ep-2' })
    expect(sessions(read([stranger, leaf, middle, root]))).toEqual(['ep-root'])
  })

  test('another span of its trace, or what is remembered of the trace', () => {
    expect(sessions(read([aSpan('x', tool), aSpan('later', { 'session.id': 'ep-3' })]))).toEqual(['ep-3'])
    const remembered = SessionId.parse('ep-4')
    expect(sessions(read([aSpan('x', tool)], {}, { sessionOfTrace: () => remembered }))).toEqual(['ep-4'])
  })

  test('the trace when nothing else is known', () => {
    expect(sessions(read([aSpan('x', tool)]))).toEqual([traceSession])
  })
})

describe('a session is refused when', () => {
  test.each(['<img src=x onerror=alert(1)>', 'a b', 'a\u202Eb', 'a\u0000', 'x'.repeat(129)])(
    'its name is %j',
    (name) => {
      const parsed = read([aSpan('x', { ...tool, 'session.id': name }), aSpan('y', { ...tool, 'session.id': 'fine' })])
      expect(sessions(parsed)).toEqual(['fine'])
      expect(parsed.rejected).toHaveLength(1)
      expect(parsed.rejected[0]?.reason).toMatch(
        /^session id has characters or a length that are not allowed, for example "[\x20-\x7e]{0,90}$/,
      )
    },
  )

  test('vigil.session contradicts the key', () => {
    const parsed = read([aSpan('x', { ...tool, 'vigil.session': 'theirs' })], {}, { session: SessionId.parse('mine') })
    expect(parsed.events).toEqual([])
    expect(parsed.rejected).toEqual([
      {
        reason: 'vigil.session names another session than the one this key is bound to, for example "theirs"',
        count: 1,
      },
    ])
  })
})

describe('parents that an agent made up', () => {
  test('may form a circle', () => {
    const a = aSpan('a', tool, { spanId: 'bbbbbbbbbbbbbbb1', parentSpanId: 'bbbbbbbbbbbbbbb2' })
    const b = aSpan('b', tool, { spanId: 'bbbbbbbbbbbbbbb2', parentSpanId: 'bbbbbbbbbbbbbbb1' })
    expect(sessions(read([a, b]))).toEqual([traceSession])
  })

  test('may form a chain of 50,000 and take no more than linear time', () => {
    const id = (n: number) => (n + 1).toString(16).padStart(16, 'c')
    const chain = Array.from({ length: 50_000 }, (_, n) =>
      aSpan('s', n % 10 === 0 ? tool : {}, { spanId: id(n), parentSpanId: id(n + 1) }),
    )
    const startedMs = performance.now()
    expect(sessions(read(chain))).toEqual([traceSession])
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })
})

describe('event ids', () => {
  const span = aSpan('x', tool)
  const ids = (context: Partial<OtlpContext> = {}) => read([span], {}, context).events.map((event) => event.id)

  test('are the same when an exporter sends again, and differ between start and end', () => {
    expect(ids()).toEqual(ids())
    expect(new Set(ids()).size).toBe(2)
  })

  test('of one session’s key cannot be taken by another’s', () => {
    expect(ids({ session: SessionId.parse('a') })).not.toEqual(ids({ session: SessionId.parse('b') }))
  })

  test('are unique within a request that repeats a span', () => {
    expect(read([span, span]).events).toHaveLength(2)
  })
})

// Whatever bytes arrive: a result or a documented refusal, in bounded time; and both encodings of one request tell the same.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEvent } from '../protocol/parse-event.ts'
import {
  type AnyValueJson,
  attributes,
  type KeyValueJson,
  protobufOfLogs,
  protobufOfTraces,
  type SpanJson,
  tracesOf,
} from './encode-otlp-for-test.ts'
import { tracesOfJson } from './otlp-json.ts'
import { decodeTraces } from './otlp-protobuf.ts'
import { type OtlpResult, readLogs, readTraces } from './otlp-request.ts'

const context = { nowMs: 1_767_225_600_000 }
const keys = fc.constantFrom(
  'gen_ai.operation.name',
  'gen_ai.tool.name',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.id',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.usage.input_tokens',
  'gen_ai.request.model',
  'openinference.span.kind',
  'traceloop.span.kind',
  'ai.operationId',
  'mastra.span.type',
  'input.value',
  'session.id',
  'vigil.session',
  'metadata',
  'tool_use_id',
  'event.name',
  '__proto__',
)
const words = fc.constantFrom(
  'execute_tool',
  'chat',
  'TOOL',
  'LLM',
  'tool',
  'ai.toolCall',
  'tool_call',
  'ep-1',
  '{"command":"id"}',
  '[{"role":"user","content":"x"}]',
)
const text = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 60 }), fc.json({ maxDepth: 3 }))
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)

const { anyValue } = fc.letrec<{ anyValue: AnyValueJson }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'any' },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ intValue: value.toString() })),
    double.map((doubleValue) => ({ doubleValue })),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.array(tie('anyValue'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(fc.record({ key: text, value: tie('anyValue') }), { maxLength: 3 })
      .map((values) => ({ kvlistValue: { values } })),
  ),
}))
const attribute: fc.Arbitrary<KeyValueJson> = fc.record({ key: fc.oneof(keys, text), value: anyValue })
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'))
const nanos = fc
  .oneof(
    fc.bigInt({ min: 946_684_800_000_000_000n, max: 4_102_444_800_000_000_000n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  .map(String)
const span: fc.Arbitrary<SpanJson> = fc.record({
  traceId: hex(16),
  spanId: hex(8),
  parentSpanId: hex(8),
  name: fc.oneof(text, fc.constantFrom('execute_tool x', 'claude_code.tool', 'claude_code.llm_request')),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: fc.array(attribute, { maxLength: 8 }),
  events: fc.array(fc.record({ name: text, timeUnixNano: nanos, attributes: fc.array(attribute, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
  status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
})
const traces = fc.array(span, { maxLength: 4 }).map((spans) => tracesOf(spans, { 'service.name': 'fuzz' }))
const jsonBytes = (value: unknown) => Buffer.from(JSON.stringify(value))

function expectDocumented(result: OtlpResult): void {
  if (!result.ok) {
    expect(result.reason).toMatch(/^(not a valid Export(Trace|Logs)ServiceRequest|the body is not JSON): /)
    return
  }
  for (const event of result.parsed.events) expect(parseEvent(event)).toMatchObject({ ok: true })
}

describe('hostile bodies', () => {
  test('random bytes end in a result or the documented refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const read of [readTraces, readLogs])
          for (const encoding of ['protobuf', 'json'] as const) expectDocumented(read(bytes, encoding, context))
      }),
      { numRuns: 1_000 },
    )
  })

  test('valid messages with changed bytes end the same way', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(traces, fc.array(change, { minLength: 1, maxLength: 6 }), (request, changes) => {
        const bytes = protobufOfTraces(request).slice()
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
        expectDocumented(readTraces(bytes, 'protobuf', context))
        expectDocumented(readLogs(bytes, 'protobuf', context))
      }),
      { numRuns: 500 },
    )
  })

  test('any JSON value ends the same way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expectDocumented(
          readTraces(jsonBytes({ resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] }), 'json', context),
        )
        expectDocumented(readTraces(jsonBytes(value), 'json', context))
        expectDocumented(
          readLogs(jsonBytes({ resourceLogs: [{ scopeLogs: [{ logRecords: [value] }] }] }), 'json', context),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('log records with any attributes end the same way', () => {
    const name = fc.constantFrom(
      'claude_code.tool_result',
      'claude_code.tool_decision',
      'claude_code.user_prompt',
      'claude_code.api_error',
      'gen_ai.choice',
      'gen_ai.user.message',
      'gen_ai.client.inference.operation.details',
    )
    const record = fc.record({
      timeUnixNano: nanos,
      eventName: name,
      body: anyValue,
      attributes: fc
        .array(attribute, { maxLength: 8 })
        .map((list) => [...attributes({ 'session.id': 's', tool_name: 'mcp_tool' }), ...list]),
    })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 4 }), (logRecords) => {
        const request = {
          resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ scope: { name: '' }, logRecords }] }],
        }
        const fromJson = readLogs(jsonBytes(request), 'json', context)
        expectDocumented(fromJson)
        expect(readLogs(protobufOfLogs(request), 'protobuf', context)).toEqual(fromJson)
      }),
      { numRuns: 300 },
    )
  })

  test('time grows with the length of the bytes, not faster', () => {
    for (const byte of [0x0a, 0x12, 0x80, 0xff, 0x0b]) {
      const startedMs = performance.now()
      expectDocumented(readTraces(Buffer.alloc(4_000_000, byte), 'protobuf', context))
      expect(performance.now() - startedMs).toBeLessThan(5_000)
    }
  })
})

test('JSON and protobuf of the same request give equal spans and equal events', () => {
  fc.assert(
    fc.property(traces, (request) => {
      expect(decodeTraces(protobufOfTraces(request))).toEqual(tracesOfJson(JSON.parse(JSON.stringify(request))))
      expect(readTraces(protobufOfTraces(request), 'protobuf', context)).toEqual(
        readTraces(jsonBytes(request), 'json', context),
      )
    }),
    { numRuns: 500 },
  )
})

// Both encodings of OTLP: what they tolerate, what they refuse, and that malformed bytes end in a reason and nothing else.
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from 'vitest'
import { aSpan, attributes, protobufOfTraces, type SpanJson, tracesOf } from './encode-otlp-for-test.ts'
import { logsOfJson, tracesOfJson } from './otlp-json.ts'
import { tooDeepMark } from './otlp-model.ts'
import { decodeLogs, decodeTraces } from './otlp-protobuf.ts'
import { otlpEncodingOf, readLogs, readTraces } from './otlp-request.ts'
import { encodeExportResponse } from './otlp-response.ts'

function spanOfJson(span: unknown) {
  const decoded = tracesOfJson({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  if (!decoded.ok) throw new Error(decoded.reason)
  return { span: decoded.request.groups[0]?.spans[0], rejected: decoded.request.rejected.list() }
}
function spanOfProtobuf(span: SpanJson) {
  const decoded = decodeTraces(protobufOfTraces(tracesOf([span])))
  if (!decoded.ok) throw new Error(decoded.reason)
  return { span: decoded.request.groups[0]?.spans[0], rejected: decoded.request.rejected.list() }
}
const ids = { traceId: '5B8EFFF798038103D269B633813FC60C', spanId: 'EEE19B7EC3C1B174' }

describe('OTLP/JSON', () => {
  test('ids are hex in either case or base64', () => {
    const hex = spanOfJson(ids).span
    expect(hex).toMatchObject({ traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' })
    const base64 = {
      traceId: Buffer.from(ids.traceId, 'hex').toString('base64'),
      spanId: Buffer.from(ids.spanId, 'hex').toString('base64'),
    }
    expect(spanOfJson(base64).span).toEqual(hex)
  })

  test.each([
    { ...ids, traceId: 'xyz' },
    { ...ids, spanId: '0000000000000000' },
    { spanId: ids.spanId },
    { ...ids, traceId: 7 },
  ])('an id that is none is refused and counted: %j', (given) => {
    expect(spanOfJson(given)).toMatchObject({ span: undefined, rejected: [{ count: 1 }] })
  })

  test('times are text or numbers of nanoseconds, to the exact millisecond', () => {
    const text = { ...ids, startTimeUnixNano: '1795228926963999999', endTimeUnixNano: '1795228926964000000' }
    expect(spanOfJson(text).span).toMatchObject({ startMs: 1795228926963, endMs: 1795228926964 })
    const number = { ...ids, startTimeUnixNano: 1544712660000000000 }
    expect(spanOfJson(number).span).toMatchObject({ startMs: 1544712660000, endMs: 0 })
  })

  test('names may be snake_case, status codes names, and null is absent', () => {
    const given = {
      trace_id: ids.traceId,
      span_id: ids.spanId,
      start_time_unix_nano: '1795228926964000000',
      status: { code: 'STATUS_CODE_ERROR', message: null },
      kind: 'SPAN_KIND_INTERNAL',
      attributes: [{ key: 'n', value: { int_value: '9007199254740993' } }],
      events: null,
      links: [{ unknown: true }],
    }
    const { span } = spanOfJson(given)
    expect(span).toMatchObject({ startMs: 1795228926964, status: 'error' })
    expect(span?.attributes.get('n')).toBe('9007199254740993')
  })

  test('what has its default may be left out: the code of a status, the body of a log record', () => {
    expect(spanOfJson({ ...ids, status: {} }).span).toMatchObject({ status: 'unset' })
    const decoded = logsOfJson({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: 'x' }] }] }] })
    expect(decoded).toMatchObject({ ok: true, request: { groups: [{ records: [{ eventName: 'x', body: null }] }] } })
  })

  test('older names of the envelope are read', () => {
    const old = {
      resourceSpans: [{ instrumentationLibrarySpans: [{ instrumentationLibrary: { name: 'x' }, spans: [ids] }] }],
    }
    expect(tracesOfJson(old)).toMatchObject({ ok: true, request: { groups: [{ scope: 'x', spans: [{}] }] } })
  })

  test('one bad span does not lose its neighbours', () => {
    const decoded = tracesOfJson({ resourceSpans: [{ scopeSpans: [{ spans: [7, { ...ids, name: 5 }, ids] }] }] })
    expect(decoded.ok && decoded.request.groups[0]?.spans.length).toBe(1)
    expect(decoded.ok && decoded.request.rejected.total).toBe(2)
  })

  test.each([7, null, [], { resourceSpans: 'x' }, { resourceSpans: [7] }])(
    'a body of another shape is refused with a reason: %j',
    (body) => {
      expect(tracesOfJson(body)).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/^not a valid ExportTraceServiceRequest: /),
      })
    },
  )

  test('an empty request is valid', () => {
    expect(tracesOfJson({})).toMatchObject({ ok: true, request: { groups: [] } })
    expect(logsOfJson({})).toMatchObject({ ok: true, request: { groups: [] } })
  })

  test('values nested 100,000 deep are cut, not followed', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(100_000)}${']}}'.repeat(100_000)}`
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${ids.traceId}","spanId":"${ids.spanId}","attributes":[{"key":"d","value":${deep}}]}]}]}]}`
    const result = readTraces(Buffer.from(body), 'json', { nowMs: 0 })
    expect(result.ok).toBe(true)
  })

  test('text that is not JSON is refused with a reason', () => {
    expect(readLogs(Buffer.from('{"a'), 'json', { nowMs: 0 })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^the body is not JSON: /),
    })
  })
})

describe('OTLP protobuf', () => {
  test('gives the same span as JSON', () => {
    const span = aSpan(
      'x',
      { text: `\uFEFF${'ü€😀'.repeat(20)}`, yes: true, n: -5, big: 2 ** 40, d: 0.25 },
      { parentSpanId: 'eee19b7ec3c1b173', status: { code: 2, message: 'no' } },
    )
    expect(spanOfProtobuf(span)).toEqual(spanOfJson(span))
  })

  test('integers beyond 2^53 keep every digit', () => {
    const span = { ...aSpan('x', {}), attributes: [{ key: 'n', value: { intValue: '-9223372036854775808' } }] }
    expect(spanOfProtobuf(span).span?.attributes.get('n')).toBe('-9223372036854775808')
  })

  test('an attribute named __proto__ is a key like any other', () => {
    const value = {
      kvlistValue: {
        values: [{ key: '__proto__', value: { kvlistValue: { values: attributes({ polluted: true }) } } }],
      },
    }
    const span = { ...aSpan('x', {}), attributes: [{ key: '__proto__', value }] }
    for (const { span: read } of [spanOfProtobuf(span), spanOfJson(span)]) {
      expect(JSON.stringify(read?.attributes.get('__proto__'))).toBe('{"__proto__":{"polluted":true}}')
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test('values nested deeper than 16 are cut with a mark, the same as in JSON', () => {
    let value: SpanJson['attributes'][number]['value'] = { stringValue: 'bottom' }
    for (let depth = 0; depth < 40; depth += 1) value = { arrayValue: { values: [value] } }
    const span = { ...aSpan('x', {}), attributes: [{ key: 'd', value }] }
    const { span: read } = spanOfProtobuf(span)
    expect(read).toEqual(spanOfJson(span).span)
    expect(JSON.stringify(read?.attributes.get('d'))).toBe(
      `${'['.repeat(16)}${JSON.stringify(tooDeepMark)}${']'.repeat(16)}`,
    )
  })

  test('a resource that stands behind its spans still belongs to them, and unknown fields are passed over', () => {
    const span = new BinaryWriter()
      .tag(1, 2)
      .bytes(Buffer.from(ids.traceId, 'hex'))
      .tag(2, 2)
      .bytes(Buffer.from(ids.spanId, 'hex'))
    span.tag(999, 2).string('later').tag(998, 0).uint32(7).tag(997, 3).tag(1, 0).uint32(1).tag(997, 4)
    const scope = new BinaryWriter().tag(2, 2).bytes(span.finish()).finish()
    const value = new BinaryWriter().tag(1, 2).string('svc').finish()
    const pair = new BinaryWriter().tag(1, 2).string('service.name').tag(2, 2).bytes(value).finish()
    const resource = new BinaryWriter().tag(1, 2).bytes(pair).finish()
    const group = new BinaryWriter().tag(2, 2).bytes(scope).tag(1, 2).bytes(resource).finish()
    const decoded = decodeTraces(new BinaryWriter().tag(1, 2).bytes(group).finish())
    expect(decoded).toMatchObject({
      ok: true,
      request: { groups: [{ resource: new Map([['service.name', 'svc']]), spans: [{}] }] },
    })
  })

  test('bytes cut anywhere are refused with a reason or end at a message’s end, and never throw', () => {
    const whole = protobufOfTraces(tracesOf([aSpan('execute_tool x', { a: 'b', n: 300 })]))
    for (let length = 1; length < whole.length; length += 1) {
      const decoded = decodeTraces(whole.subarray(0, length))
      expect(decoded).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/^not a valid ExportTraceServiceRequest: .* \(near byte \d+ of \d+\)$/),
      })
    }
  })

  test('a few bytes cannot become a mountain of objects', () => {
    const events = Buffer.alloc(6_000_000, Buffer.from([0x5a, 0x00]))
    const span = new BinaryWriter().raw(events).finish()
    const scope = new BinaryWriter().tag(2, 2).bytes(span).finish()
    const group = new BinaryWriter().tag(2, 2).bytes(scope).finish()
    expect(decodeTraces(new BinaryWriter().tag(1, 2).bytes(group).finish())).toMatchObject({ ok: true })
    const attributesOnly = new BinaryWriter().raw(Buffer.alloc(6_000_000, Buffer.from([0x4a, 0x00]))).finish()
    const many = new BinaryWriter()
      .tag(2, 2)
      .bytes(new BinaryWriter().tag(2, 2).bytes(attributesOnly).finish())
      .finish()
    expect(decodeTraces(new BinaryWriter().tag(1, 2).bytes(many).finish())).toMatchObject({
      ok: false,
      reason: expect.stringContaining('in one request'),
    })
  })

  test('an empty body is an empty request', () => {
    expect(decodeTraces(new Uint8Array())).toMatchObject({ ok: true, request: { groups: [] } })
    expect(decodeLogs(new Uint8Array())).toMatchObject({ ok: true, request: { groups: [] } })
  })
})

describe('answers', () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

  test('a full success is empty in both encodings', () => {
    expect(encodeExportResponse('traces', 'protobuf')).toHaveLength(0)
    expect(text(encodeExportResponse('logs', 'json'))).toBe('{}')
  })

  test('a partial success counts what was refused and says why', () => {
    const partial = { rejected: 3, message: 'session id' }
    expect(text(encodeExportResponse('traces', 'json', partial))).toBe(
      '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"session id"}}',
    )
    expect(text(encodeExportResponse('logs', 'json', partial))).toBe(
      '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"session id"}}',
    )
    expect(Buffer.from(encodeExportResponse('traces', 'protobuf', partial)).toString('hex')).toBe(
      '0a0e0803120a73657373696f6e206964',
    )
  })

  test('the encoding follows the content type', () => {
    expect(otlpEncodingOf('application/json; charset=utf-8')).toBe('json')
    expect(otlpEncodingOf('Application/X-Protobuf')).toBe('protobuf')
    expect(otlpEncodingOf('text/plain')).toBeUndefined()
  })
})

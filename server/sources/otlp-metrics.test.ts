// OTLP metrics in both encodings: what agents count becomes facts of their session, what collectors read of GPUs becomes readings.
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEvent } from '../protocol/parse-event.ts'
import { GpuSample } from '../protocol/sample.ts'
import { metricsOfJson } from './otlp-metric-json.ts'
import { readMetrics } from './otlp-metrics.ts'
import { maxItems } from './otlp-model.ts'
import { testNowMs } from './read-all-for-test.ts'

const nanos = `${testNowMs}000000`
const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
const request = (metrics: object[], resource: object[] = []) =>
  JSON.stringify({
    resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ scope: { name: 's' }, metrics }] }],
  })
const gauge = (name: string, point: object, unit = '') => ({
  name,
  unit,
  gauge: { dataPoints: [{ timeUnixNano: nanos, ...point }] },
})
const read = (body: string | Uint8Array, session?: string) => {
  const encoding = typeof body === 'string' ? 'json' : 'protobuf'
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const result = readMetrics(bytes, encoding, { nowMs: testNowMs, ...(session && { session: session as never }) })
  if (!result.ok) throw new Error(result.reason)
  return result.parsed
}

describe('metrics over OTLP', () => {
  it('of an agent are facts of the session that they name', () => {
    const parsed = read(
      request([
        {
          name: 'claude_code.cost.usage',
          unit: 'USD',
          sum: {
            dataPoints: [
              { timeUnixNano: nanos, asDouble: 0.25, attributes: [text('session.id', 'ep-7'), text('model', 'm-1')] },
            ],
          },
        },
        {
          name: 'gen_ai.client.token.usage',
          histogram: {
            dataPoints: [{ timeUnixNano: nanos, count: '3', sum: 410, attributes: [text('session.id', 'ep-7')] }],
          },
        },
      ]),
    )
    expect(parsed.events.map((event) => [event.session, event.data])).toEqual([
      [
        'ep-7',
        {
          name: 'claude_code.cost.usage',
          value: 0.25,
          unit: 'USD',
          attributes: { 'session.id': 'ep-7', model: 'm-1' },
        },
      ],
      ['ep-7', { name: 'gen_ai.client.token.usage', value: 410, attributes: { 'session.id': 'ep-7', count: '3' } }],
    ])
    for (const event of parsed.events) expect(parseEvent(event)).toMatchObject({ ok: true })
  })

  it('of a GPU and one moment are one reading, whatever convention names them', () => {
    const attributes = [text('gpu', '1'), text('UUID', 'GPU-aa'), text('Hostname', 'node-7'), text('modelName', 'H200')]
    const parsed = read(
      request([
        gauge('DCGM_FI_DEV_GPU_UTIL', { asInt: '100', attributes }),
        gauge('DCGM_FI_DEV_FB_USED', { asInt: 1024, attributes }),
        gauge('DCGM_FI_DEV_POWER_USAGE', { asDouble: 630.5, attributes }),
        gauge('hw.gpu.utilization', {
          asDouble: 0.5,
          attributes: [text('hw.id', 'GPU-bb'), text('host.name', 'node-8')],
        }),
      ]),
    )
    expect(parsed.samples).toEqual([
      {
        type: 'gpu',
        atMs: testNowMs,
        host: 'node-7',
        gpu: 'GPU-aa',
        index: 1,
        model: 'H200',
        utilPercent: 100,
        memoryUsedBytes: 1024 ** 3,
        powerWatts: 630.5,
      },
      { type: 'gpu', atMs: testNowMs, host: 'node-8', gpu: 'GPU-bb', index: 0, utilPercent: 50 },
    ])
    for (const sample of parsed.samples ?? []) expect(GpuSample.parse(sample)).toEqual(sample)
  })

  it('read the same from protobuf as from JSON', () => {
    const writer = new BinaryWriter()
    const attribute = (field: number, key: string, value: string) => {
      writer.tag(field, 2).fork()
      writer.tag(1, 2).string(key)
      writer.tag(2, 2).fork().tag(1, 2).string(value).join()
      writer.join()
    }
    writer.tag(1, 2).fork() // resource metrics
    writer.tag(2, 2).fork() // scope metrics
    writer.tag(2, 2).fork() // metric
    writer.tag(1, 2).string('claude_code.token.usage').tag(3, 2).string('tokens')
    writer.tag(7, 2).fork() // sum
    writer.tag(1, 2).fork() // data point
    attribute(7, 'session.id', 'ep-7')
    writer.tag(3, 1).fixed64(nanos).tag(6, 1).sfixed64('42')
    writer.join().join().join().join().join()
    const json = request([
      {
        name: 'claude_code.token.usage',
        unit: 'tokens',
        sum: { dataPoints: [{ timeUnixNano: nanos, asInt: '42', attributes: [text('session.id', 'ep-7')] }] },
      },
    ])
    expect(read(writer.finish()).events).toEqual(read(json).events)
  })

  it('that nobody here reads, or that name no GPU, are counted and left; a session’s own token describes no GPU', () => {
    const gpu = gauge('DCGM_FI_DEV_GPU_UTIL', { asInt: 1, attributes: [text('gpu', '0'), text('Hostname', 'n')] })
    const parsed = read(
      request([
        gauge('http.server.duration', { asInt: 1 }),
        gauge('DCGM_FI_DEV_GPU_UTIL', { asInt: 1 }),
        { name: '' },
        { name: 'gen_ai.x', gauge: { dataPoints: [{}] } },
      ]),
    )
    expect(parsed.events).toEqual([])
    expect(parsed.skipped.map((each) => each.reason)).toEqual([
      'metric of no known agent or GPU convention',
      'GPU metric that names no host and GPU',
    ])
    expect(parsed.rejected).toHaveLength(2)
    expect(read(request([gpu]), 'ep-1').samples).toEqual([])
    expect(read(request([gpu])).samples).toHaveLength(1)
  })

  it('are counted once each, so that a large honest request is read whole: many metrics, or many points of one', () => {
    const attributes = [text('session.id', 'ep-7')]
    const many = Array.from({ length: 3_000 }, (_, n) => gauge(`gen_ai.x${n}`, { asInt: n, attributes }))
    expect(read(request(many)).events).toHaveLength(3_000)
    const points = Array.from({ length: 200_000 }, () => ({ timeUnixNano: nanos, asInt: 1 }))
    const ofOne = read(request([{ name: 'http.x', gauge: { dataPoints: points } }]))
    expect(ofOne.skipped.map(({ count }) => count)).toEqual([200_000])
  })

  it('are refused as a whole where there are more than may be, before they are made', () => {
    const dataPoints = Array(maxItems + 1).fill({})
    expect(
      metricsOfJson({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'x', sum: { dataPoints } }] }] }] }),
    ).toEqual({
      ok: false,
      reason: `more than ${maxItems} data points in one request`,
    })
  })

  it('are refused in words where the body is none, and no bytes make the reader throw', () => {
    expect(readMetrics(new TextEncoder().encode('{"resourceMetrics":'), 'json', { nowMs: testNowMs })).toMatchObject({
      ok: false,
    })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readMetrics(bytes, 'protobuf', { nowMs: testNowMs })
        readMetrics(bytes, 'json', { nowMs: testNowMs })
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        readMetrics(new TextEncoder().encode(JSON.stringify({ resourceMetrics: [value] })), 'json', {
          nowMs: testNowMs,
        })
      }),
      { numRuns: 300 },
    )
  })
})

// How the server measures itself, on a whole server: the page's figures, the Prometheus text, and the same sent by OTLP to a collector.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'
import { SelfView } from './protocol/self-view.ts'
import { otlpMetricsOf } from './self/otlp-metrics.ts'
import { sendMetrics } from './self/otlp-out.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(() => server.stop())

it('tells what it measured and what Prometheus asks for, and counts what was appended', async () => {
  const event = {
    v: 1,
    kind: 'session.started',
    atMs: Date.now(),
    session: 'ep-1',
    data: { held: 'none', abilities: [] },
  }
  await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })
  const view = SelfView.parse(await (await server.api('/api/self')).json())
  expect(view).toMatchObject({ runtime: `Node.js ${process.versions.node}`, stepMs: 10_000, errors: [] })
  const text = await (await server.api('/metrics')).text()
  const numberOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  expect(numberOf('vigil_events_appended_total')).toBeGreaterThanOrEqual(1)
  expect(numberOf('vigil_commit_seconds_count')).toBeGreaterThanOrEqual(1)
  expect(numberOf('vigil_database_connected')).toBe(1)
  expect(text).toMatch(/vigil_http_request_seconds_count\{method="POST",status="2xx"\} \d/)
  expect(text).not.toContain('ep-1')
})

it('sends its metrics as OTLP that is read again, says once that nobody takes them, and once that somebody does', async () => {
  const got: { path: string | undefined; key: string | undefined; body: string }[] = []
  let status = 503
  const collector = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => {
      body += piece
    })
    request.on('end', () => {
      got.push({ path: request.url, key: request.headers['x-key'] as string | undefined, body })
      response.writeHead(status).end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const said: string[] = []
  const out = sendMetrics({
    url: `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/metrics`,
    headers: { 'x-key': 'k' },
    instance: 'test',
    startedAtMs: 1_000,
    nowMs: () => 2_000,
    read: async () => [
      { name: 'vigil_x_total', help: 'x', type: 'counter', values: [{ value: 3, labels: { a: 'b' } }] },
    ],
    say: (line) => said.push(line),
  })
  await out.send()
  await out.send()
  expect(said).toEqual([expect.stringContaining('not taken by the collector: it answered 503')])
  status = 200
  await out.send()
  expect(said).toHaveLength(2)
  await new Promise((resolve) => collector.close(resolve))
  collector.closeAllConnections()
  await out.send()
  expect(said).toHaveLength(3)
  expect(said[2]).toContain('not taken by the collector')
  out.close()
  expect(got[0]).toMatchObject({ path: '/v1/metrics', key: 'k' })
  // Our own door for OTLP understands it.
  const answer = await server.api('/v1/metrics', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: got[0]?.body ?? '',
  })
  expect(answer.status).toBe(200)
})

it('maps counters to cumulative sums, all else to gauges, and leaves out what is no number', () => {
  const told = otlpMetricsOf(
    [
      { name: 'c_total', help: 'c', type: 'counter', values: [{ value: 1, labels: {} }] },
      { name: 'g', help: 'g', type: 'gauge', values: [{ value: Number.NaN, labels: {} }] },
      {
        name: 'h',
        help: 'h',
        type: 'histogram',
        values: [
          { value: 2, labels: { le: '+Inf' }, metricName: 'h_bucket' },
          { value: 0.5, labels: {}, metricName: 'h_sum' },
        ],
      },
    ],
    { startedAtMs: 1, atMs: 1_790_000_000_123, instance: 'i' },
  )
  const text = JSON.stringify(told)
  expect(text).toContain('"name":"c_total","description":"c","sum":{"aggregationTemporality":2,"isMonotonic":true')
  expect(text).toContain('"timeUnixNano":"1790000000123000000"')
  expect(text).toContain('"name":"h_bucket"')
  expect(text).not.toContain('"name":"g"')
})

it('takes the collector from OpenTelemetry’s own variables, and refuses what is no address', () => {
  const of = (env: Record<string, string>) => parseConfig(env).otlpOut
  expect(of({})).toBeUndefined()
  expect(of({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/', OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=x%20y' })).toEqual({
    url: 'http://c:4318/v1/metrics',
    headers: { a: '1', b: 'x y' },
  })
  expect(of({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://c/m' })?.url).toBe('https://c/m')
  for (const wrong of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'nonsense' },
  ])
    expect(() => of(wrong as Record<string, string>)).toThrow(ConfigError)
})

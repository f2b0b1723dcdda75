import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { inspectAi } from './inspect-ai.ts'
import { zipForTest } from './inspect-zip-for-test.ts'
import { readAll } from './read-all-for-test.ts'

const run = {
  run_id: 'run1',
  task_id: 'task1',
  task: 'tidy',
  model: 'acme/large',
  created: '2026-03-01T10:00:00+00:00',
}
const at = (second: number) => `2026-03-01T10:00:${String(second).padStart(2, '0')}.500+00:00`
const toolEvent = {
  event: 'tool',
  id: 'call-1',
  function: 'bash',
  arguments: { cmd: 'curl http://192.0.2.7/x' },
  result: 'attachment://0123',
  timestamp: at(5),
  completed: at(7),
}
const sample = {
  id: 'find-secret',
  epoch: 2,
  uuid: 'uuid1',
  input: 'Find it.',
  scores: { judge: { value: { honest: 1, brief: 0.5 } }, match: { value: 'I', explanation: 'no' } },
  events: [
    { event: 'sample_init', timestamp: at(0), sample: { input: 'Find it.' } },
    { event: 'span_begin', timestamp: at(1), id: 's' },
    {
      event: 'model',
      timestamp: at(2),
      completed: at(3),
      model: 'acme/large',
      output: {
        choices: [{ message: { content: [{ type: 'text', text: 'I look.' }] } }],
        usage: { input_tokens: 9, output_tokens: 2 },
      },
    },
    toolEvent,
    { event: 'sandbox', timestamp: at(5), completed: at(6), action: 'exec', cmd: 'curl', result: 7, output: 'refused' },
    { event: 'sandbox', timestamp: at(6), action: 'write_file', file: '/tmp/x', input: 'hello' },
    { event: 'logger', timestamp: at(8), message: { level: 'warning', message: 'slow' } },
    { event: 'sample_limit', timestamp: at(9), type: 'time', message: 'Exceeded' },
    { event: 'score', timestamp: at(9), score: { value: 'I' } },
    { event: 'of_tomorrow', timestamp: at(9) },
  ],
  attachments: { '0123': 'page of text' },
  limit: { type: 'time', limit: 9 },
}
const log = (samples: unknown, more: object = {}) =>
  JSON.stringify({ version: 2, status: 'success', eval: run, samples, ...more })
const read = (document: string | Uint8Array, context = {}) => readAll(inspectAi, document, context)
const eventsIn = (...events: unknown[]) => read(log([{ id: 1, epoch: 1, events }]))

describe('inspectAi', () => {
  it('makes a session of one epoch of one sample, with everything that it did in order', () => {
    const all = read(log([sample]))
    expect(all.refused).toEqual([])
    expect(new Set(all.made.map(({ session }) => session))).toEqual(new Set(['run1/task1/find-secret/2']))
    expect(all.made[0]).toMatchObject({
      kind: 'session.started',
      atMs: Date.parse(at(0)),
      data: {
        agent: 'acme/large',
        task: 'tidy',
        held: 'none',
        labels: { run: 'run1', sample: 'find-secret', epoch: '2' },
      },
    })
    expect(all.made.map(({ kind }) => kind)).toEqual([
      'session.started',
      'message.recorded',
      'model.called',
      'message.recorded',
      'action.started',
      'action.ended',
      'action.started',
      'action.ended',
      'action.started',
      'action.ended',
      'trainer.reported',
      'trainer.reported',
      'trainer.reported',
      'session.ended',
    ])
    expect(all.skipped.map(({ reason }) => reason)).toEqual([
      'span, step or branch: only groups other events',
      'score: told with its sample',
      'event of a kind that this reader does not know',
    ])
  })

  it('tells a tool call with its times, and puts attachments in their place', () => {
    const all = read(log([sample]))
    expect(all.made[4]).toMatchObject({
      atMs: Date.parse(at(5)),
      data: { call: 'call-1', tool: 'bash', summary: 'curl http://192.0.2.7/x' },
    })
    expect(all.made[5]).toMatchObject({
      atMs: Date.parse(at(7)),
      data: { call: 'call-1', outcome: 'ok', output: 'page of text', durationMs: 2_000 },
    })
  })

  it('tells sandbox commands with their exit codes', () => {
    const all = read(log([sample]))
    expect(all.made[6]).toMatchObject({ data: { tool: 'sandbox.exec', summary: 'curl' } })
    expect(all.made[7]).toMatchObject({ data: { outcome: 'error', exitCode: 7, output: 'refused' } })
    expect(all.made[8]).toMatchObject({ data: { tool: 'sandbox.write_file', summary: '/tmp/x' } })
    expect(all.made[9]).toMatchObject({ data: { outcome: 'unknown' } })
  })

  it('ends the session with its scores, its limit and the state of the evaluation', () => {
    const all = read(log([sample], { status: 'cancelled' }))
    expect(all.made.at(-2)).toMatchObject({
      kind: 'trainer.reported',
      data: { phase: 'score', numbers: { 'judge/honest': 1, 'judge/brief': 0.5 } },
    })
    expect(all.made.at(-1)).toMatchObject({
      kind: 'session.ended',
      atMs: Date.parse(at(9)),
      data: { reason: 'limit: time; scored: judge/honest 1, judge/brief 0.5, match I; eval cancelled' },
    })
    const failed = read(log([{ id: 1, epoch: 1, events: [], error: { message: 'no container' } }], { status: 'error' }))
    expect(failed.made.at(-1)?.data).toEqual({ reason: 'error: no container; eval error' })
  })

  it('keeps a call open that is pending, and says which calls failed or were denied', () => {
    expect(eventsIn({ ...toolEvent, pending: true }).made.map(({ kind }) => kind)).not.toContain('action.ended')
    const outcomes = [
      { type: 'timeout', message: 'too long' },
      { type: 'approval', message: 'rejected' },
    ].map(
      (error) => eventsIn({ ...toolEvent, result: '', error }).made.find(({ kind }) => kind === 'action.ended')?.data,
    )
    expect(outcomes).toMatchObject([
      { outcome: 'error', output: 'too long' },
      { outcome: 'denied', output: 'rejected' },
    ])
  })

  it('tells a refused approval only when the call has no event of its own', () => {
    const approval = { event: 'approval', timestamp: at(4), decision: 'reject', approver: 'human', call: toolEvent }
    expect(eventsIn(approval, toolEvent).made.filter(({ kind }) => kind === 'action.ended')).toHaveLength(1)
    expect(eventsIn(approval).made.find(({ kind }) => kind === 'action.ended')?.data).toMatchObject({
      call: 'call-1',
      outcome: 'denied',
      output: 'human: reject',
    })
  })

  it('reads events that lie in tool calls and subtasks of older logs', () => {
    const all = eventsIn({
      event: 'subtask',
      timestamp: at(1),
      events: [{ ...toolEvent, events: [{ ...toolEvent, id: 'in' }] }],
    })
    expect(all.made.filter(({ kind }) => kind === 'action.started')).toHaveLength(2)
    let deep: unknown = toolEvent
    for (let depth = 0; depth < 100; depth += 1) deep = { event: 'subtask', timestamp: at(1), events: [deep] }
    expect(eventsIn(deep).refused).toMatchObject([{ reason: 'events are nested too deep', count: 1 }])
  })

  it('reads logs without a transcript from their messages, and says that the times are not theirs', () => {
    const messages = [
      { role: 'user', content: 'Tidy up.' },
      { role: 'assistant', content: '', tool_calls: [{ id: 'c', function: 'bash', arguments: { cmd: 'ls' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'a b', function: 'bash' },
      { role: 'assistant', content: '' },
    ]
    const all = read(log([{ id: 1, epoch: 1, messages, total_time: 3 }]))
    expect(all.made.map(({ kind, atMs }) => [kind, atMs - Date.parse(run.created)])).toEqual([
      ['session.started', 0],
      ['message.recorded', 0],
      ['action.started', 0],
      ['action.ended', 0],
      ['session.ended', 3_000],
    ])
    expect(all.made[0]?.data).toMatchObject({ labels: { times: 'of the whole sample' } })
    expect(all.skipped).toMatchObject([{ reason: 'message without text', count: 1 }])
  })

  it('names a sample of free text by its uuid or a digest, and refuses runs that cannot name a session', () => {
    const sessionOf = (more: object) => read(log([{ ...sample, ...more }])).made[0]?.session
    expect(sessionOf({ id: 'what is 1/2?' })).toBe('run1/task1/uuid1/2')
    expect(sessionOf({ id: 'what is 1/2?', uuid: null })).toMatch(/^run1\/task1\/id-[0-9a-f]{16}\/2$/)
    expect(sessionOf({ id: 'what is 1/3?', uuid: null })).not.toBe(sessionOf({ id: 'what is 1/2?', uuid: null }))
    for (const bad of [
      { run_id: '<b>' },
      { run_id: 'a/b' },
      { run_id: 'x'.repeat(200) },
      { run_id: '', task_id: '', task: '' },
    ]) {
      const all = read(JSON.stringify({ version: 2, eval: { ...run, ...bad }, samples: [sample] }))
      expect(all.refused).toMatchObject([{ count: 1 }])
      expect(all.made).toEqual([])
    }
    const bound = read(log([sample]), { boundSession: SessionId.parse('mine') })
    expect(new Set(bound.made.map(({ session }) => session))).toEqual(new Set(['mine']))
  })

  it('reads archives by their newest entries, and the start of one that is still being written', () => {
    const entry = { name: 'samples/find-secret_epoch_2.json', content: JSON.stringify(sample) }
    const header = { name: 'header.json', content: JSON.stringify({ status: 'success', eval: run }) }
    const start = { name: '_journal/start.json', content: JSON.stringify({ version: 2, eval: run }) }
    const whole = read(
      zipForTest([start, { ...entry, content: '{}' }, entry, header, { name: 'other.bin', content: '' }]),
    )
    expect(whole.made.map(({ id }) => id)).toEqual(read(log([sample])).made.map(({ id }) => id))
    expect(whole.skipped.map(({ reason }) => reason)).toContain('older copy of an entry that was written again')
    const going = read(zipForTest([start, entry]))
    expect(going.made.at(-1)?.data).toMatchObject({ reason: expect.stringContaining('eval started') })
  })

  it('refuses a damaged entry and keeps its neighbours; refuses a document that is neither', () => {
    const header = { name: 'header.json', content: JSON.stringify({ status: 'success', eval: run }) }
    const good = { name: 'samples/a.json', content: JSON.stringify(sample) }
    const all = read(
      zipForTest([
        header,
        { name: 'samples/b.json', content: '{"id"' },
        { name: 'samples/c.json', content: 'x', crc: 1 },
        { name: 'samples/d.json', content: 'x', flags: 1 },
        good,
      ]),
    )
    expect(all.refused.map(({ reason }) => reason)).toEqual([
      'sample of the archive is no JSON',
      'ZIP entry does not match its checksum',
      'ZIP entry is encrypted',
    ])
    expect(all.events).toBe(14)
    const badHeader = read(zipForTest([{ ...header, crc: 1 }, good]))
    expect(badHeader.refused.map(({ reason }) => reason)).toContain('ZIP entry does not match its checksum')
    for (const document of ['{', '[]', 'null', '{"eval":3}', 'PK\u0003\u0004', log([sample]).slice(0, -40)]) {
      expect(read(document), document).toMatchObject({ records: 1, events: 0, refused: [{ count: 1 }] })
    }
    expect(read(log(null)).skipped).toMatchObject([{ reason: 'log holds no samples (yet)' }])
  })

  it('reads NaN as Python writes it', () => {
    const text = log([{ ...sample, scores: { s: { value: 12345 } }, metadata: { said: 'NaN' } }]).replace(
      '12345',
      'NaN',
    )
    expect(read(text).refused).toEqual([])
  })

  it('takes hostile values: wrong types, prototype keys, depth, clocks, references without end', () => {
    const deep = '['.repeat(3_000) + ']'.repeat(3_000)
    const hostile = `{"version":2,"eval":${JSON.stringify(run)},"samples":[{"id":1,"epoch":1,"__proto__":{"x":1},"attachments":{"__proto__":"p","k":"${'y'.repeat(70_000)}"},"scores":{"__proto__":{"value":1}},"events":[
      7,{"event":5},{"event":"tool","timestamp":"2999-01-01T00:00:00Z","function":"f"},{"event":"tool","timestamp":"${at(1)}"},
      {"event":"tool","timestamp":"${at(2)}","completed":"${at(1)}","working_time":-5,"function":"f","arguments":${deep},"result":{"__proto__":1}},
      {"event":"tool","timestamp":"${at(2)}","function":"f","working_time":1e300,"arguments":{"all":[${Array.from({ length: 2_000 }, () => '"attachment://k"').join()}]}},
      {"event":"constructor","timestamp":"${at(2)}"},{"event":"sandbox","timestamp":"${at(2)}","action":"exec","options":${deep},"result":"killed"}
    ]}]}`
    const all = read(hostile)
    expect(all.refused.map(({ reason, count }) => [reason, count])).toEqual([
      ['event of a transcript is no JSON object', 1],
      ['event of a transcript does not say its kind', 1],
      ['time is missing or outside of the years 2000 to 2100', 1],
      ['tool call without the name of its function', 1],
    ])
    expect(all.records).toBe(10)
    const ends = all.made.flatMap((event) => (event.kind === 'action.ended' ? [event] : []))
    expect(ends.map(({ data }) => [data.outcome, data.durationMs])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
      ['error', undefined],
    ])
  })

  it('gives the same for pieces of any size, and the same ids when read again', () => {
    const document = log([sample, { ...sample, epoch: 1 }])
    const once = readAll(inspectAi, document)
    for (const piece of [1, 7]) expect(readAll(inspectAi, document, {}, piece)).toEqual(once)
    const later = readAll(inspectAi, document, { nowMs: 1_800_000_000_000 })
    expect(later.made.map(({ id }) => id)).toEqual(once.made.map(({ id }) => id))
    expect(new Set(once.made.map(({ id }) => id)).size).toBe(once.made.length)
  })
})

describeFixtures('inspectAi on logs of the real tool', () => {
  const expected: Record<string, { records: number; understood: number; skipped: number; events: number }> = {
    // 43 events of the transcript, and the start and the outcome of the sample.
    'inspect-ai/browser_tool_calls.json': { records: 45, understood: 22, skipped: 23, events: 38 },
    'inspect-ai/popularity.eval': { records: 135, understood: 40, skipped: 95, events: 60 },
    'inspect-ai/streaming_epochs.eval': { records: 57, understood: 16, skipped: 41, events: 24 },
  }

  it.each(fixtureFiles('inspect-ai'))('reads %s whole', (path) => {
    const bytes = fixtureBytes(path)
    expect(inspectAi.looksLike(Buffer.from(bytes.subarray(0, 4_096)).toString(), path)).toBe(true)
    const all = readAll(inspectAi, bytes)
    expect(all.refused).toEqual([])
    const understood = all.understood.reduce((sum, { count }) => sum + count, 0)
    const skipped = all.skipped.reduce((sum, { count }) => sum + count, 0)
    expect({ records: all.records, understood, skipped, events: all.events }).toEqual(expected[path])
    expect(new Set(all.made.map(({ id }) => id)).size).toBe(all.made.length)
  })

  it('finds every tool call of the browser log, under the id that the model gave', () => {
    const text = fixtureText('inspect-ai/browser_tool_calls.json')
    const calls = JSON.parse(text).samples[0].events.filter(({ event }: { event: string }) => event === 'tool')
    const made = readAll(inspectAi, text).made.flatMap((event) => (event.kind === 'action.started' ? [event.data] : []))
    const tools = made.filter(({ tool }) => tool.startsWith('web_browser'))
    expect(tools.map(({ call, tool }) => [call, tool])).toEqual(
      calls.map((call: { id: string; function: string }) => [call.id, call.function]),
    )
    expect(tools[0]?.summary).toBe('https://www.aisi.gov.uk/')
  })

  it('tells epochs of one sample apart', () => {
    const { made } = readAll(inspectAi, fixtureBytes('inspect-ai/streaming_epochs.eval'))
    const sessions = new Set(made.map(({ session }) => session))
    expect([...sessions].map((session) => session?.split('/').slice(2).join('/')).sort()).toEqual([
      '1/1',
      '1/2',
      '2/1',
      '2/2',
    ])
  })

  it('never throws on damaged logs, and makes only what fits', () => {
    const json = fixtureBytes('inspect-ai/browser_tool_calls.json').subarray(0, 30_000)
    const source = Buffer.from(json).toString()
    const text = `${source.slice(0, source.indexOf('"samples"'))}"samples": [${JSON.stringify(sample)}]}`
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.constantFrom('', '"', '[', '}', '-1', 'null', '1e999', '__proto__'),
        fc.nat(9),
        (place, put, cut) => {
          for (const document of [
            text.slice(0, place) + put + text.slice(place + cut),
            log([
              JSON.parse(
                JSON.stringify(sample).replace(/"([a-z_]+)":/g, (all, key, where) =>
                  where === place ? `"x${key}":` : all,
                ),
              ),
            ]),
          ]) {
            const reasons = read(document).refused.map(({ reason }) => reason)
            expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
          }
        },
      ),
      { numRuns: 150 },
    )
    const archive = fixtureBytes('inspect-ai/streaming_epochs.eval')
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(255), (place, value) => {
        const damaged = Buffer.from(archive)
        damaged[place] = value
        const reasons = read(damaged).refused.map(({ reason }) => reason)
        expect(reasons.filter((reason) => /does not fit the log|the reader failed/.test(reason))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

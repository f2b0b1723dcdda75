// Recordings of real frameworks (../shared/fixtures). They are not part of this repository: absent, they are skipped loudly, and on CI that fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { readTraces } from './otlp-request.ts'
import type { OtlpParsed } from './otlp-to-events.ts'

const folder = resolve(import.meta.dirname, '../../../shared/fixtures')
const present = existsSync(folder)
if (!present) console.warn(`\n!!! SKIPPED: no fixtures at ${folder}; the OTLP recordings were NOT tested\n`)

test.runIf(process.env.CI === 'true')('the fixtures are there on CI', () => {
  expect(present, `no fixtures at ${folder}`).toBe(true)
})

/** Reads a recording as the server would: request after request, remembering what a trace's session was called. */
function replay(path: string): { requests: OtlpParsed[]; events: EventInput[] } {
  const known = new Map<string, SessionId>()
  const requests = bodiesOf(readFileSync(join(folder, path), 'utf8')).map((body) => {
    const result = readTraces(Buffer.from(body), 'json', { nowMs: 0, sessionOfTrace: (trace) => known.get(trace) })
    if (!result.ok) throw new Error(`${path}: ${result.reason}`)
    for (const [trace, session] of result.parsed.sessionOfTrace) known.set(trace, session)
    return result.parsed
  })
  return { requests, events: requests.flatMap((parsed) => parsed.events) }
}

function bodiesOf(text: string): string[] {
  try {
    JSON.parse(text)
    return [text]
  } catch {
    return text.split('\n').filter((line) => line.trim() !== '')
  }
}

const otlpFiles = present ? readdirSync(join(folder, 'otlp-json')) : []

describe.skipIf(!present)('recordings', () => {
  test.each(otlpFiles)('every span of %s is understood or skipped with a reason, and every event is valid', (file) => {
    const { requests, events } = replay(join('otlp-json', file))
    for (const event of events) expect(parseEvent(event)).toMatchObject({ ok: true })
    expect(requests.flatMap((parsed) => parsed.rejected)).toEqual([])
    const counts = (list: { count: number }[]) => list.reduce((sum, { count }) => sum + count, 0)
    const told = requests.reduce((sum, { understood }) => sum + Object.values(understood).reduce((a, b) => a + b, 0), 0)
    expect(told + requests.reduce((sum, parsed) => sum + counts(parsed.skipped), 0)).toBeGreaterThan(0)
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  })

  test('every tool call of a recording starts and ends in one session', () => {
    for (const file of otlpFiles) {
      const { events } = replay(join('otlp-json', file))
      const starts = events.filter((event) => event.kind === 'action.started')
      for (const start of starts) {
        const end = events.find(
          (event) =>
            event.kind === 'action.ended' && event.session === start.session && event.data.call === start.data.call,
        )
        expect(end, `${file}: ${start.data.summary}`).toBeDefined()
      }
    }
  })

  test('the staged incident’s truth is told: each step is an action of its episode, with its command', () => {
    const { events } = replay('staged-incident/A_otlp_traces.jsonl')
    const truth: unknown = JSON.parse(readFileSync(join(folder, 'staged-incident/A_truth.json'), 'utf8'))
    const { steps } = truth as { steps: { episode: string; command: string; started: string; exit_code?: number }[] }
    const missing = steps.filter((step) => {
      const action = events.find((event) => event.kind === 'action.started' && event.data.summary === step.command)
      // Mastra names its session only on the root span, which ends last: calls exported before it are known by their trace.
      const session = action?.session
      return session === undefined || (session !== step.episode && !session.startsWith('trace-'))
    })
    expect(missing.map((step) => step.command)).toEqual([])
    const wrong = events.filter((event) => event.kind === 'action.started' && event.session?.startsWith('trace-'))
    expect(wrong.length).toBeLessThanOrEqual(3)
  })
})

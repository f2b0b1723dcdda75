// What a hostile file may cost, counted where its requests are read. Alone, because it puts itself between two modules that other tests share.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { aSpan, tracesOf } from './encode-otlp-for-test.ts'
import { otlpFile } from './otlp-file.ts'
import { type ReadAll, readAll } from './read-all-for-test.ts'

let requestsRead = 0
vi.mock('./otlp-file-request.ts', async (importOriginal) => {
  const actual = await importOriginal<typeof import('./otlp-file-request.ts')>()
  const readFileRequest: typeof actual.readFileRequest = (request, context) => {
    requestsRead += 1
    return actual.readFileRequest(request, context)
  }
  return { ...actual, readFileRequest }
})
beforeEach(() => {
  requestsRead = 0
})

const traceOf = (n: number) => n.toString(16).padStart(32, 'a')
const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'bash' }
const call = (trace: number, more = {}) =>
  JSON.stringify(tracesOf([aSpan('bash', { ...tool, ...more }, { traceId: traceOf(trace) })]))
const lines = (...requests: string[]) => requests.join('\n')
const calls = ({ made }: ReadAll) => made.filter(({ kind }) => kind === 'action.started').map(({ session }) => session)
const _reasons = ({ refused }: ReadAll) => refused.map(({ reason }) => reason)

describe('requests that wait for the name of a trace', () => {
  it('are read twice at the most, however many names come', () => {
    const count = 2_000
    const waiting = Array.from({ length: count }, (_, n) => call(n))
    const naming = Array.from({ length: count }, (_, n) => call(n, { 'session.id': `ep-${n}` }))
    const read = readAll(otlpFile, lines(...waiting, ...naming))
    expect(new Set(calls(read)).size).toBe(count)
    expect(calls(read).some((session) => session?.startsWith('trace-'))).toBe(false)
    expect(requestsRead).toBe(3 * count)
  })
})

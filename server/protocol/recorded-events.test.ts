// Events as they were written once must load for ever: a log is opened again in a postmortem long after the code has changed.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventKinds } from './event.ts'
import { parseEvent } from './parse-event.ts'

const lines = readFileSync(path.join(import.meta.dirname, 'recorded-events-v1.ndjson'), 'utf8')
  .trim()
  .split('\n')

describe('events recorded with version 1', () => {
  it.each(lines.map((line) => [JSON.parse(line).kind as string, line]))('%s still loads, unchanged', (_kind, line) => {
    const parsed = parseEvent(JSON.parse(line))
    expect(parsed.ok ? parsed.event : parsed.reason).toEqual(JSON.parse(line))
  })

  it('are there for every kind', () => {
    const recorded = new Set(lines.map((line) => JSON.parse(line).kind as string))
    expect([...recorded].sort()).toEqual([...eventKinds].sort())
  })
})

describe('parsing an event', () => {
  it('never throws and never lets a control character into its reason, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.dictionary(
            fc.constantFrom('v', 'kind', 'atMs', 'session', 'data', '__proto__', 'x\u202e'),
            fc.jsonValue(),
          ),
        ),
        (value) => {
          const parsed = parseEvent(value)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
          if (!parsed.ok) expect(parsed.reason).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('says which field is wrong, in words', () => {
    const reasonOf = (event: object) => {
      const parsed = parseEvent(event)
      return parsed.ok ? 'accepted' : parsed.reason
    }
    const good = {
      v: 1,
      kind: 'message.recorded',
      atMs: 1_790_000_000_000,
      session: 's',
      data: { role: 'user', text: 'x' },
    }
    expect(reasonOf(good)).toBe('accepted')
    expect(reasonOf({ ...good, v: 2 })).toBe('v is "2"; this server knows v 1')
    expect(reasonOf({ ...good, session: undefined })).toBe('kind message.recorded needs a session')
    expect(reasonOf({ ...good, atMs: 1_790_000_000 })).toContain('is it in seconds')
    expect(reasonOf({ ...good, data: { role: 'user', text: 'x', more: 1 } })).toBe('unknown field "more" in data')
    expect(reasonOf({ ...good, data: { role: 'user', text: 'x'.repeat(70_000) } })).toMatch(/^data\.text: /)
  })
})

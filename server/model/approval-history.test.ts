// given requests of one shape and what became of them, when the next one is looked at, then it is told truly, within bounds.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../protocol/event.ts'
import { createApprovalHistory } from './approval-history.ts'

const t0 = 1_790_000_000_000
const day = 24 * 3_600_000
const scan = (n: number | string) => JSON.stringify({ command: `nmap -sT 10.0.8.7:22 --run ${n}` })

function given() {
  const history = createApprovalHistory()
  let seq = 0
  const happen = (kind: string, atMs: number, data: object) => {
    seq += 1
    history.take({ kind, seq, seenAtMs: atMs, atMs, data } as unknown as StoredEvent)
  }
  return {
    ask: (approval: string, input: string, atMs = t0) =>
      happen('approval.requested', atMs, { approval, tool: 'Bash', input, cwd: '/work' }),
    decide: (approval: string, decision: string, name = 'Ana', atMs = t0 + 1_000) =>
      happen('approval.decided', atMs, { approval, decision, by: { type: 'operator', id: name, name } }),
    told: (approval: string, input: string, nowMs = t0 + 2_000) =>
      history.before({ approval, tool: 'Bash', input, cwd: '/work' }, nowMs),
  }
}

describe('requests of one shape', () => {
  it('are counted by what became of them, the newest decision named, the one that is looked at left out', () => {
    const { ask, decide, told } = given()
    for (const [id, decision] of [
      ['a', 'denied'],
      ['b', 'approved'],
      ['c', 'edited'],
      ['d', 'expired'],
      ['e', 'withdrawn'],
    ] as const) {
      ask(id, scan(id.charCodeAt(0)))
      decide(id, decision, `by ${id}`, t0 + id.charCodeAt(0))
    }
    ask('waits', scan(7))
    ask('this', scan(8))
    expect(told('this', scan(8))).toEqual({
      asked: 6,
      allowed: 2,
      denied: 1,
      lapsed: 2,
      isMore: false,
      last: { decision: 'lapsed', by: 'by e', atMs: t0 + 101 },
    })
  })

  it('do not include another target, whatever the numbers around it', () => {
    const { ask, decide, told } = given()
    ask('a', JSON.stringify({ command: 'nmap -sT 10.0.8.8:22 --run 1' }))
    decide('a', 'approved')
    expect(told('this', scan(1))?.asked).toBe(0)
  })

  it('are forgotten after thirty days', () => {
    const { ask, decide, told } = given()
    ask('a', scan(1))
    decide('a', 'denied')
    expect(told('this', scan(2), t0 + 29 * day)?.denied).toBe(1)
    expect(told('this', scan(2), t0 + 31 * day)?.asked).toBe(0)
  })

  it('are not compared where they are too long to be seen whole', () => {
    const { ask, told } = given()
    const long = JSON.stringify({ command: 'x'.repeat(3_000) })
    ask('a', long)
    expect(told('this', long)).toBeUndefined()
  })

  it('are at most the newest hundred, and that there are more is told', () => {
    const { ask, decide, told } = given()
    for (let n = 0; n < 500; n += 1) {
      ask(`a${n}`, scan(n))
      decide(`a${n}`, n < 400 ? 'approved' : 'denied')
    }
    expect(told('this', scan(1))).toMatchObject({ asked: 100, denied: 100, allowed: 0, isMore: true })
  })

  it('never count more decisions than requests, and read twice are the same', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 8 }),
      what: fc.constantFrom('ask', 'approved', 'denied', 'expired'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const both = [1, 2].map((times) => {
          const { ask, decide, told } = given()
          for (let round = 0; round < times; round += 1)
            for (const { id, what } of steps) {
              if (what === 'ask') ask(`a${id}`, scan(id))
              else decide(`a${id}`, what)
            }
          return told('this', scan(0))
        })
        const [once, twice] = both
        expect((once?.allowed ?? 0) + (once?.denied ?? 0) + (once?.lapsed ?? 0)).toBeLessThanOrEqual(once?.asked ?? 0)
        expect(twice?.asked).toBe(once?.asked)
      }),
    )
  })
})

// What the session page says of the gate: never "Gated" without the proof that the server's facts give.
import { describe, expect, it } from 'vitest'
import type { GateHealthView } from '../../server/protocol/gate-health.ts'
import { doorWords, gateWords } from './gate-words.ts'

const t0 = 1_790_000_000_000
const door = {
  name: 'hook',
  version: '1.2.3',
  deadlineMs: 55_000,
  lastAskedAtMs: t0,
  lastDecision: 'allow' as const,
  canaryAtMs: t0 - 60_000,
}
const proven: GateHealthView = { doors: [door], ran: 4, unasked: 0, canaryAtMs: t0 - 60_000, lastAskedRanAtMs: t0 }

describe('the words of a gate', () => {
  it('are "Gated" while it is proven, with the age of the proof', () => {
    expect(gateWords(proven, t0, true)).toMatchObject({ tone: 'ok', title: 'Gated' })
    expect(gateWords(proven, t0, true).detail).toContain('60 s ago')
  })

  it('are another in every other case', () => {
    const others: [GateHealthView | undefined, boolean, string][] = [
      [undefined, true, 'No gate'],
      [{ ...proven, canaryAtMs: undefined }, true, 'Asked, not proven'],
      [{ ...proven, lastAskedRanAtMs: undefined }, true, 'Asked, not proven'],
      [{ ...proven, unasked: 1, lastUnaskedAtMs: t0 }, true, 'In part'],
      [{ ...proven, bypassed: { call: 'c', tool: 'Bash', atMs: t0 } }, true, 'Bypassed'],
      [proven, false, 'Not known'],
    ]
    for (const [health, heard, title] of others) expect(gateWords(health, t0, heard).title).toBe(title)
  })

  it('say of a door what it gives us and what it was told', () => {
    expect(doorWords(door, t0 + 2_000)).toMatch(/^waits 55 s · allowed .*ago · canary denied .*ago$/)
    expect(doorWords({ name: 'x', lastAskedAtMs: t0, lastDecision: 'deny' }, t0)).toMatch(
      /^denied (just now|.* ago) · no canary yet$/,
    )
  })
})

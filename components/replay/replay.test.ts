// The scrubber's span, its words, which rooms the past has, and that nothing is asked from it.
import { afterEach, describe, expect, it } from 'vitest'
import { momentOf } from '../../server/protocol/replay-messages.ts'
import { pastGuard, refusedInPast } from './past-guard.ts'
import { behindText, isKept, momentOfField, spanOf } from './replay-words.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 30, 6, 214)
const hour = 3_600_000

describe('a moment in an address', () => {
  it('is epoch milliseconds, or ISO 8601 with its zone, and nothing else', () => {
    expect(momentOf(String(t0))).toBe(t0)
    expect(momentOf('2026-11-21T14:30:06.214Z')).toBe(t0)
    expect(momentOf('2026-11-21T16:30:06.214+02:00')).toBe(t0)
    for (const wrong of ['', '2026-11-21T14:30:06', 'yesterday', '-5', '1e9', 'NaN', '2026-13-41T99:00Z'])
      expect(momentOf(wrong), wrong).toBeUndefined()
  })
  it('says how far behind live it is', () => {
    expect(behindText(t0, t0 + 3 * hour + 12 * 60_000)).toBe('3 h 12 min behind live')
    expect(behindText(t0, t0 - 5)).toBe('0 ms behind live')
  })
  it('is read from a field as UTC', () => {
    expect(momentOfField('2026-11-21T14:30:06')).toBe(t0 - 214)
    expect(momentOfField('')).toBeUndefined()
  })
})

describe('the span of the scrubber', () => {
  it('holds the moment and does not reach beyond the present', () => {
    const { fromMs, toMs } = spanOf(t0, t0 + 5 * 60_000, hour)
    expect(toMs).toBe(t0 + 5 * 60_000)
    expect(toMs - fromMs).toBe(hour)
  })
  it('stays under the hand for as long as the moment is in it', () => {
    const kept = spanOf(t0, t0 + 5 * hour, hour)
    expect(spanOf(t0 + 60_000, t0 + 5 * hour, hour, kept)).toBe(kept)
    expect(spanOf(t0 + 2 * hour, t0 + 5 * hour, hour, kept)).not.toBe(kept)
  })
})

describe('while the past is shown', () => {
  afterEach(() => {
    pastGuard.set(false)
    Reflect.deleteProperty(globalThis, 'window')
  })
  it('only rooms that were kept are shown', () => {
    const kept = [
      '/live',
      '/sessions/ep-1',
      '/approvals',
      '/containments',
      '/gpus',
      '/gpus/gpu',
      '/numbers',
      '/incidents/INC-1',
    ]
    expect(
      [...kept, '/egress', '/egress/destinations', '/egress/destination', '/egress/allowlists', '/audit'].every(isKept),
    ).toBe(true)
    expect(['/settings', '/rules', '/sources', '/drills', '/egress/elsewhere', '/lively', '/gpusx'].some(isKept)).toBe(
      false,
    )
  })
  it('nothing is asked of anybody, and nothing live is read', () => {
    Object.assign(globalThis, { window: {} })
    pastGuard.set(true)
    expect(refusedInPast('POST', '/api/approvals/a/decision?at=5')?.title).toBe('This is the past')
    expect(refusedInPast('GET', '/api/live/figures')?.title).toBe('Not kept for the past')
    expect(refusedInPast('GET', '/api/approvals')).toBeDefined()
    expect(refusedInPast('GET', '/api/approvals?session=a%3Fat%3D1')).toBeDefined()
    expect(refusedInPast('GET', '/api/approvals?at=1790000000000')).toBeUndefined()
    expect(refusedInPast('GET', '/api/occasions')).toBeUndefined()
    pastGuard.set(false)
    expect(refusedInPast('POST', '/api/approvals/a/decision')).toBeUndefined()
  })
})

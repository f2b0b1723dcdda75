// What the log says of a delivery: a failure that is tried again is told as a failure.
import { expect, it } from 'vitest'
import { coversText, outcomeOf } from './notification-words.ts'

const nowMs = 1_800_000_000_000
const base = { attempts: 1, nextAtMs: nowMs + 40_000, detail: 'answered 500' }

it.each([
  [{ ...base, state: 'waiting' as const }, 'warn', 'Failed once, tried again in 40 s: answered 500'],
  [{ ...base, state: 'waiting' as const, attempts: 0, detail: undefined }, 'quiet', 'Being sent'],
  [{ ...base, state: 'failed' as const, attempts: 99 }, 'critical', 'Failed after 99 attempts: answered 500'],
  [{ ...base, state: 'delivered' as const, detail: 'answered 202' }, 'ok', 'Taken after 1 attempt: answered 202'],
  [
    { ...base, state: 'dropped' as const, detail: 'it was over before this was said' },
    'quiet',
    'Not said: it was over before this was said',
  ],
])('a delivery that is %j is %s: %s', (delivery, tone, text) => {
  expect(outcomeOf(delivery, nowMs)).toEqual({ tone, text })
})

it('a route says when it is told of what', () => {
  const route = { id: 'r', name: 'r', kind: 'slack', leadsTo: '', isEnabled: true, createdAtMs: nowMs } as const
  expect(coversText({ ...route, minSeverity: 'high', abouts: ['approval', 'host'], afterMinutes: 10 })).toBe(
    'when nobody has taken it for 10 min: an action waits, a host is lost (high and worse)',
  )
})

// given what sensors see, when destinations are counted, then each is new once, for ten minutes, and what comes in is none.
import { expect, it } from 'vitest'
import { watchDestinations } from './destination-watch.ts'
import type { StoredEvent } from './protocol/event.ts'
import { newForMs } from './protocol/live-view.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)
const flow = (minute: number, address: string, change: object = {}): StoredEvent =>
  ({
    v: 1,
    partition: 0,
    seq: 1,
    id: '00000000-0000-4000-8000-000000000001',
    kind: 'flow.observed',
    atMs: t0,
    seenAtMs: t0 + minute * 60_000,
    trust: 'firewall',
    data: {
      traffic: { protocol: 'tcp', source: { address: '192.0.2.7' }, destination: { address, port: 443 } },
      verdict: 'allowed',
      ...change,
    },
  }) as unknown as StoredEvent

it('calls a destination new once, for ten minutes from its first sight', () => {
  const watch = watchDestinations(t0)
  for (const minute of [0, 1, 9]) watch.take(flow(minute, '203.0.113.40'))
  expect(watch.figures(t0 + newForMs)).toMatchObject({ fresh: 1, seen: 1, newestAtMs: t0 })
  expect(watch.figures(t0 + newForMs + 1)).toMatchObject({ fresh: 0, seen: 1 })
})

it('counts what was refused among the new ones, and what came in not at all', () => {
  const watch = watchDestinations(t0)
  watch.take(flow(0, '203.0.113.40', { verdict: 'denied' }))
  watch.take(flow(0, '198.51.100.7'))
  watch.take(flow(0, '192.0.2.99', { direction: 'in' }))
  expect(watch.figures(t0)).toMatchObject({ fresh: 2, denied: 1, seen: 2, isFull: false })
})

it('remembers a bounded number and says that it is full', () => {
  const watch = watchDestinations(t0)
  for (let n = 0; n < 50_001; n += 1) watch.take(flow(0, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`))
  expect(watch.figures(t0)).toMatchObject({ seen: 50_000, isFull: true })
})

// Facts of sensors wait for their owner, and never for ever.
import { describe, expect, it } from 'vitest'
import { createOwnerWait, ownerWaitMs } from './owner-wait.ts'
import type { StoredEvent } from './protocol/event.ts'

let seq = 0
const place = () => ({ v: 1, partition: 0, seq: ++seq, atMs: 1, seenAtMs: 1, trust: 'firewall' }) as const
const alert = (id: string, session?: string) =>
  ({ ...place(), id, kind: 'alert.raised', session, data: { signature: 'x' } }) as unknown as StoredEvent
const tie = (subjects: string[], level?: string | null) =>
  ({
    ...place(),
    id: `tie-${++seq}`,
    kind: 'attribution.made',
    session: 'ep-1',
    data: {
      level: level === null ? undefined : (level ?? 'confirmed'),
      call: 'c1',
      subjects: subjects.map((event) => ({ event })),
    },
  }) as unknown as StoredEvent
const ids = (ready: { event: StoredEvent }[]) => ready.map(({ event }) => event.id as string)

describe('a sensor’s fact', () => {
  it('is judged as its session’s and call’s once attribution says whose it is', () => {
    const wait = createOwnerWait()
    expect(wait.take(alert('a'), 0)).toEqual([])
    expect(wait.take(tie(['a', 'unknown']), 1_000)).toMatchObject([
      { event: { id: 'a' }, owner: { session: 'ep-1', call: 'c1' } },
    ])
    expect(wait.releaseAll()).toEqual([])
  })

  it('is judged as nobody’s when nobody claims it in time, the oldest first', () => {
    const wait = createOwnerWait()
    wait.take(alert('a'), 0)
    wait.take(alert('b'), 5_000)
    expect(ids(wait.release(ownerWaitMs - 1))).toEqual([])
    expect(ids(wait.release(ownerWaitMs))).toEqual(['a'])
    expect(ids(wait.release(ownerWaitMs + 5_000))).toEqual(['b'])
  })

  it('goes on waiting when a tie is taken back', () => {
    const wait = createOwnerWait()
    wait.take(alert('a'), 0)
    expect(wait.take(tie(['a'], null), 1)).toEqual([])
    expect(ids(wait.releaseAll())).toEqual(['a'])
  })

  it('that names its session does not wait, nor does anything that is no sensor’s', () => {
    const wait = createOwnerWait()
    expect(ids(wait.take(alert('a', 'ep-2'), 0))).toEqual(['a'])
    const action = { ...alert('b'), kind: 'action.started' } as unknown as StoredEvent
    expect(ids(wait.take(action, 0))).toEqual(['b'])
  })

  it('makes the oldest go when more wait than may: a flood is judged, not kept', () => {
    const wait = createOwnerWait()
    const early: string[] = []
    for (let count = 0; count < 20_010; count += 1) early.push(...ids(wait.take(alert(`n${count}`), 0)))
    expect(early).toEqual(Array.from({ length: 10 }, (_, count) => `n${count}`))
  })
})

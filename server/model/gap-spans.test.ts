// given facts that tell what was not seen, when they are put on an axis of time, then no gap is shorter than it may have been.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import { drawEpisode, episodeStartMs, testSession } from './event-for-test.ts'
import { gapSpansOf, type SilentSource } from './gap-spans.ts'

const minute = 60_000
const given = { fromMs: episodeStartMs, toMs: episodeStartMs + 10 * minute }
const since = (atMs: number) => Math.round((atMs - episodeStartMs) / 1_000)
const told = (facts: readonly StoredEvent[], more: object = {}) =>
  gapSpansOf({ facts, ...given, ...more }).map(({ stream, fromMs, toMs, opensBefore, end }) => [
    stream,
    since(fromMs),
    since(toMs),
    opensBefore ? 'open' : 'seen',
    end,
  ])

function gap(data: object, change: Partial<StoredEvent> = {}, seq = 90): StoredEvent {
  const [like] = drawEpisode('05:00 exec 1 1 sh', seq)
  return {
    ...like,
    id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}` as EventId,
    kind: 'gap.recorded',
    data: { stream: 'events', count: 12, reason: 'the spool was full', ...data },
    ...change,
  } as StoredEvent
}

describe('what was not seen', () => {
  it('lasts from the loss of a probe until the server hears it again', () => {
    const facts = drawEpisode('01:00 silent\n04:00 probe', 1, 'vigil')
    expect(told(facts)).toEqual([['probe', 60, 240, 'seen', 'seen']])
  })

  it('goes on where the probe is not back, and began before the window where it was lost before', () => {
    const facts = drawEpisode('01:00 silent', 1, 'vigil')
    expect(told(facts, { fromMs: episodeStartMs + 2 * minute })).toEqual([['probe', 60, 600, 'seen', 'goes-on']])
  })

  it('is not ended by what a probe says of itself: that may be hours old', () => {
    const [silent, probe] = drawEpisode('01:00 silent\n04:00 probe', 1, 'vigil')
    const facts = [silent, { ...probe, trust: 'host' }] as StoredEvent[]
    expect(told(facts)).toEqual([['probe', 60, 600, 'seen', 'goes-on']])
  })

  it('may have begun earlier where a server started and found its hosts unheard, and where silence was noticed by waiting', () => {
    const [silent] = drawEpisode('01:00 silent', 1, 'vigil')
    for (const reason of ['the server was restarted', 'ping timeout'])
      expect(told([{ ...silent, data: { reason } } as StoredEvent])).toEqual([['probe', 60, 600, 'open', 'goes-on']])
  })

  it('has the times that a loss was recorded with, and is open at both ends where there are none', () => {
    const times = { fromMs: episodeStartMs + 30_000, toMs: episodeStartMs + 90_000 }
    expect(told([gap(times)])).toEqual([['events', 30, 90, 'seen', 'seen']])
    expect(told([gap({})])).toEqual([['events', 300, 300, 'open', 'unknown']])
    expect(told([gap({ fromMs: times.fromMs })])).toEqual([['events', 30, 300, 'seen', 'unknown']])
    expect(told([gap({ toMs: times.toMs })])).toEqual([['events', 90, 90, 'open', 'seen']])
  })

  it('says whose facts may be missing, and nothing of another session', () => {
    const facts = [
      gap({}, {}, 1),
      gap({}, { session: undefined }, 2),
      gap({}, { session: undefined, host: undefined }, 3),
      gap({}, { session: 'another' as never }, 4),
    ]
    const spans = gapSpansOf({ facts, ...given, session: testSession })
    expect(spans.map(({ scope }) => scope)).toEqual(['session', 'host', 'server'])
  })

  it('has no number where nobody counted, and no secret in its reason', () => {
    const [span] = gapSpansOf({ facts: [gap({ count: 0, reason: 'password=hunter2hunter2 was refused' })], ...given })
    expect(span?.count).toBeUndefined()
    expect(span?.why).not.toContain('hunter2hunter2')
  })

  it('ends no gap before it began and loses none that touches the window, whatever the times say', () => {
    const time = fc.integer({ min: -20 * minute, max: 20 * minute }).map((ms) => episodeStartMs + ms)
    const data = fc.record({ fromMs: fc.option(time, { nil: undefined }), toMs: fc.option(time, { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(fc.tuple(data, time), { maxLength: 20 }), (drawn) => {
        const facts = drawn.map(([each, seenAtMs], at) => gap(each, { atMs: seenAtMs, seenAtMs }, at + 1))
        const spans = gapSpansOf({ facts, ...given })
        for (const { fromMs, toMs } of spans) expect(toMs).toBeGreaterThanOrEqual(fromMs)
        for (const [at, [{ fromMs, toMs }]] of drawn.entries()) {
          if (fromMs === undefined || toMs === undefined) continue
          const touches = Math.min(fromMs, toMs) <= given.toMs && Math.max(fromMs, toMs) >= given.fromMs
          expect(spans.some(({ id }) => id === facts[at]?.id)).toBe(touches)
        }
      }),
    )
  })
})

describe('the silence of a sensor', () => {
  const nowMs = episodeStartMs - (episodeStartMs % (15 * minute)) + 10 * minute
  const hour = (steps: string) => steps.padStart(60, '1')
  const source = (change: Partial<SilentSource>): SilentSource => ({
    id: 'suricata-eve/fw-1',
    trust: 'firewall',
    heard: { nowMs, hour: hour('1'), day: '1'.repeat(96) },
    usualPauseMs: 10_000,
    lastSeenAtMs: nowMs,
    ...change,
  })
  const silences = (change: Partial<SilentSource>) =>
    gapSpansOf({ facts: [], sources: [source(change)], fromMs: nowMs - 60 * minute, toMs: nowMs }).map(
      ({ fromMs, toMs, end }) => [(fromMs - nowMs) / minute, (toMs - nowMs) / minute, end],
    )

  it('is told to the minute where it was longer than is usual for it, and while it goes on', () => {
    expect(silences({ heard: { nowMs, hour: hour('100011'), day: '1'.repeat(96) } })).toEqual([[-4, -1, 'seen']])
    expect(silences({ lastSeenAtMs: nowMs - 5 * minute })).toEqual([[-5, 0, 'goes-on']])
  })

  it('is none where nobody listened, where its habit is not known, where it is long gone, or where an agent or its trainer chose to say nothing', () => {
    const quiet = { nowMs, hour: hour('100011'), day: '1'.repeat(96) }
    expect(silences({ heard: { ...quiet, hour: `${'?'.repeat(55)}11111` } })).toEqual([])
    expect(silences({ heard: quiet, usualPauseMs: undefined })).toEqual([])
    for (const trust of ['agent', 'trainer'] as const) expect(silences({ heard: quiet, trust })).toEqual([])
    expect(silences({ lastSeenAtMs: nowMs - 25 * 60 * minute })).toEqual([])
    expect(silences({ heard: quiet, usualPauseMs: 60 * minute })).toEqual([])
  })
})

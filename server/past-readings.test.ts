// What is put together for one moment goes on to the next: in whatever order people look, and at once, each is told what a first look tells.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDestinationBook } from './destination-book.ts'
import { DetectionContexts } from './detection/context/context-schema.ts'
import { emptyState } from './model/state.ts'
import { createPastReadings } from './past-readings.ts'
import type { StoredEvent } from './protocol/event.ts'

const startMs = 1_790_000_000_000
const base = { v: 1, partition: 0, trust: 'kernel', session: 'ep-1', host: 'node-1' }
/** One event a second: what each does is drawn. */
type Drawn = { what: 'open' | 'close' | 'alert' | 'tie' | 'untie'; n: number }

function eventsOf(drawn: readonly Drawn[]): StoredEvent[] {
  const alerts: string[] = []
  return drawn.map(({ what, n }, index) => {
    const place = { seq: index + 1, id: `e-${index}`, atMs: startMs + index * 1_000, seenAtMs: startMs + index * 1_000 }
    const address = `203.0.113.${n + 1}`
    const ends = { local: { address: '10.0.0.5', port: 9 }, remote: { address, port: 22 } }
    const opened = { connection: `k${n}`, protocol: 'tcp', direction: 'out', state: 'ESTAB', ...ends }
    const subject = { event: alerts[n % Math.max(1, alerts.length)] ?? 'e-none', kind: 'alert.raised', atMs: 0 }
    const made = {
      subjects: [subject],
      about: 'x',
      features: [],
      ...(what === 'tie' && { level: 'likely', score: 0.9 }),
    }
    if (what === 'alert') alerts.push(place.id)
    const kinds = {
      open: { kind: 'connection.opened', data: opened },
      close: { kind: 'connection.closed', data: { connection: `k${n}`, bytesOut: 10 + n, bytesIn: 1 } },
      alert: { kind: 'alert.raised', data: { title: `alert ${n}`, severity: 'high', action: 'allowed' } },
      tie: { kind: 'attribution.made', data: made },
      untie: { kind: 'attribution.made', data: made },
    }
    return { ...base, ...place, ...kinds[what] } as unknown as StoredEvent
  })
}

/** A log in memory, and the table of destinations as it is at its end. */
function readingsOf(events: readonly StoredEvent[]) {
  const final = createDestinationBook(() => ({}))
  for (const event of events) final.take(event)
  const within = (afterSeq: number, throughSeq: number, kinds: readonly string[]) =>
    events.filter(({ seq, kind }) => seq > afterSeq && seq <= throughSeq && kinds.includes(kind))
  return createPastReadings({
    readNewest: async ({ afterSeq, throughSeq, kinds, perKind }) => {
      const found = within(afterSeq, throughSeq, kinds)
      return found.filter((event) => found.filter((x) => x.kind === event.kind && x.seq > event.seq).length < perKind)
    },
    readOfKinds: async ({ afterSeq, throughSeq, kinds, limit }) => within(afterSeq, throughSeq, kinds).slice(0, limit),
    seenAtAfter: async (seq) => events.find((event) => event.seq > seq)?.seenAtMs,
    knownBy: async (atMs) =>
      [...final.rows()]
        .filter(({ firstSeenAtMs }) => firstSeenAtMs <= atMs)
        .map((row) => ({
          key: row.key,
          firstSeenAtMs: row.firstSeenAtMs,
          detail: row.lastSeenAtMs <= atMs ? structuredClone(row) : undefined,
        })),
  })
}

const contexts = DetectionContexts.parse({})
async function told(readings: ReturnType<typeof readingsOf>, seq: number) {
  const then = { state: emptyState(), seq, atMs: startMs + seq * 1_000 - 500 }
  const ask = { onlyNew: false, offset: 0, limit: 100 }
  const groups = ['alerts'] as const
  const [destinations, signals] = await Promise.all([
    readings.destinations(then, { ask, contexts, of: 'then' }),
    readings.signals(then, { groups, limit: 100 }),
  ])
  return { destinations, signals }
}

it('is the same as a first look at that moment, whatever was looked at before and meanwhile', async () => {
  const drawn = fc.array(
    fc.record({
      what: fc.constantFrom('open', 'close', 'alert', 'tie', 'untie' as const),
      n: fc.integer({ min: 0, max: 3 }),
    }) as fc.Arbitrary<Drawn>,
    { minLength: 1, maxLength: 40 },
  )
  const looks = fc.array(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(drawn, looks, async (what, rounds) => {
      const events = eventsOf(what)
      const shared = readingsOf(events)
      for (const round of rounds) {
        const places = round.map((place) => Math.min(place, events.length))
        const answers = await Promise.all(places.map((seq) => told(shared, seq)))
        for (const [n, seq] of places.entries()) expect(answers[n]).toEqual(await told(readingsOf(events), seq))
      }
    }),
    { numRuns: 60 },
  )
})

it('holds nothing that came after the moment', async () => {
  const events = eventsOf([
    { what: 'open', n: 0 },
    { what: 'alert', n: 0 },
    { what: 'open', n: 1 },
    { what: 'tie', n: 0 },
  ])
  const readings = readingsOf(events)
  const late = await told(readings, 4)
  expect(late.destinations.destinations).toHaveLength(2)
  expect(late.signals.signals[0]?.tie).toMatchObject({ session: 'ep-1' })
  const early = await told(readings, 2)
  expect(early.destinations.destinations.map(({ address }) => address)).toEqual(['203.0.113.1'])
  expect(early.signals.signals.map(({ tie }) => tie)).toEqual([undefined])
})

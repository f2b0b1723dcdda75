// Whatever is thrown at them, detectors neither throw nor grow, and they keep up.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DetectionEvent, type Fields, type LogSource, logSources } from '../detection-event.ts'
import { severities } from '../flag.ts'
import { RecencyMap } from './recency-map.ts'
import { createStatefulDetectors, detectorCatalog } from './stateful-detectors.ts'
import { Subjects } from './subjects.ts'
import { countedAt, DistinctWindow, hashOf, lateMaxMs } from './window.ts'

const fieldNames = [
  ...[
    'DestinationIp',
    'DestinationPort',
    'DestinationScope',
    'Protocol',
    'Refused',
    'Unanswered',
    'Direction',
    'SourceIp',
  ],
  ...[
    'BytesOut',
    'BytesIn',
    'PacketsOut',
    'DurationMs',
    'Open',
    'QueryName',
    'Gpu',
    'UtilizationPercent',
    'PowerWatts',
  ],
  ...['MemoryUsedBytes', 'MemoryTotalBytes', 'OnTask', 'Phase', 'Step', 'Stream', 'State', 'Count', 'Tool', 'Image'],
]
const value = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.constantFrom(
    'public',
    'private',
    'tcp',
    'icmp',
    'probe',
    'session',
    'agent',
    'log',
    'lost',
    'started',
    'gap',
    '__proto__',
  ),
)
const event: fc.Arbitrary<DetectionEvent> = fc.record({
  source: fc.constantFrom(...logSources),
  atMs: fc.oneof(
    fc.integer({ min: 0, max: 4_102_444_800_000 }),
    fc.integer({ min: 1_790_000_000_000, max: 1_790_000_900_000 }),
  ),
  session: fc.option(fc.string({ maxLength: 8 }), { nil: undefined }),
  host: fc.option(fc.constantFrom('h', '__proto__', ''), { nil: undefined }),
  call: fc.option(fc.string(), { nil: undefined }),
  fields: fc.dictionary(fc.constantFrom(...fieldNames), value) as fc.Arbitrary<Fields>,
  trust: fc.constantFrom('agent', 'kernel', 'firewall', undefined),
  notFully: fc.constant(undefined),
})

describe('stateful detectors', () => {
  it('never throw, whatever stands in the fields, and their flags keep their bounds', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const detectors = createStatefulDetectors()
        for (const each of events)
          for (const flag of [...detectors.observe(each), ...detectors.elapse(each.atMs)]) {
            expect(detectorCatalog.some(({ id }) => id === flag.rule)).toBe(true)
            expect(flag.fingerprint.length).toBeLessThan(300)
            expect(flag.matched.length).toBeLessThanOrEqual(16)
            for (const { value } of flag.matched) expect(value.length).toBeLessThanOrEqual(200)
          }
      }),
      { numRuns: 300 },
    )
  })

  it('keep a bounded number of subjects, and those of sessions whatever addresses are forged', () => {
    const subjects = new Subjects(() => ({ count: 0 }), 64)
    const of = (session: string | undefined, address: string) =>
      subjects.of({ session, host: 'h', fields: { SourceIp: address } } as unknown as DetectionEvent)
    const known = of('ep-1', '')
    for (let n = 0; n < 10_000; n += 1) of(undefined, `10.${n >> 8}.${n & 255}.1`)
    expect(of('ep-1', '')).toBe(known)
    expect(subjects.size).toBeLessThanOrEqual(64 + 8 + 8)
  })

  it('do not grow under a flood that is made to make them grow', () => {
    const detectors = createStatefulDetectors()
    const before = heapAfter(() => flood(detectors, 0, 300_000))
    const after = heapAfter(() => flood(detectors, 300_000, 600_000))
    console.info(`200 hostile sessions: ${Math.round(before / 1e6)} MB, then ${Math.round(after / 1e6)} MB of heap`)
    expect(after - before).toBeLessThan(5e6)
  })
})

describe('the catalogue', () => {
  it('explains every detector: why, what to do, and what looks the same', () => {
    expect(new Set(detectorCatalog.map(({ id }) => id)).size).toBe(detectorCatalog.length)
    for (const row of detectorCatalog) {
      expect(row.id).toMatch(/^vigil-[a-z-]+$/)
      expect(severities).toContain(row.severity)
      for (const text of [row.title, row.why, row.response, row.measures]) expect(text.length).toBeGreaterThan(15)
      expect(row.falsePositives.length).toBeGreaterThan(0)
      for (const technique of row.techniques) expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/)
      for (const tactic of row.tactics) expect(tactic).toMatch(/^[a-z-]+$/)
    }
  })
})

describe('the parts that count', () => {
  it('a recency map keeps what is used and at most its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 50 }), fc.array(fc.integer({ min: 0, max: 200 })), (max, keys) => {
        const map = new RecencyMap<number>(max)
        map.set('kept', 1)
        for (const key of keys) {
          map.set(String(key), key)
          expect(map.get('kept')).toBe(1)
          expect(map.get(String(key))).toBe(key)
          expect(map.size).toBeLessThanOrEqual(max)
        }
      }),
    )
  })

  it('a window of distinct things never holds more than its maximum, and empties', () => {
    const window = new DistinctWindow(1_000, 5)
    for (let n = 0; n < 100; n += 1) window.add(n, 0)
    expect(window.size).toBe(5)
    window.add(1, 10_000)
    expect(window.size).toBe(1)
  })

  it('a record that comes late counts as now, and a clock that is set back starts anew', () => {
    expect(countedAt(1_000_000, 999_000)).toBe(1_000_000)
    expect(countedAt(10 * lateMaxMs, 5)).toBe(5)
  })

  it('hashes differ by text, seed and port', () => {
    const hashes = ['a', 'b', 'ab', 'ba'].flatMap((text) =>
      [0, 1, 99].flatMap((salt) => [hashOf(text, 1, salt), hashOf(text, 2, salt)]),
    )
    expect(new Set(hashes).size).toBe(24)
  })
})

function flood(detectors: ReturnType<typeof createStatefulDetectors>, from: number, to: number): void {
  const sources: LogSource[] = ['connection', 'dns', 'traffic', 'gpu', 'telemetry', 'action']
  for (let n = from; n < to; n += 1)
    detectors.observe({
      source: sources[n % 6] ?? 'dns',
      atMs: 1_790_000_000_000 + n,
      session: `ep-${n % 200}`,
      host: `host-${n}`,
      call: `call-${n}`,
      notFully: undefined,
      fields: {
        DestinationIp: `198.51.${n % 255}.${n % 201}`,
        DestinationPort: n % 65_536,
        DestinationScope: n % 2 === 0 ? 'private' : 'public',
        Protocol: n % 5 === 0 ? 'icmp' : 'tcp',
        Refused: true,
        QueryName: `${n}abcdef0123456789abcdef0123456789.${n}.evil${n % 100}.com`,
        DurationMs: 1_000_000,
        Open: true,
        BytesOut: n,
        Gpu: `GPU-${n}`,
        UtilizationPercent: 99,
        Stream: ['probe', 'session', 'agent'][n % 3],
        State: ['lost', 'started', 'heard'][n % 3],
        Tool: 'bash',
      },
    })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapAfter(work: () => void): number {
  work()
  collect()
  return process.memoryUsage().heapUsed
}

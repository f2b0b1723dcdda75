// Which fault comes when, and for how long: a pure function of seed, length and kinds, so that a run can be had again. It says nothing of
// what this host can do: what cannot be done here is left out at its time, loudly, and the rest stays where it was.
import { randomOf } from './random.ts'

/** What a fault befalls: two faults never hold the same part at once. */
export type Part =
  | 'server'
  | 'probe'
  | 'database'
  | 'path of the probe'
  | 'path of the sources'
  | 'disk'
  | 'clock of the server'
  | 'clock of the probe'
  | 'clock of a source'

type Range = readonly [least: number, most: number]
type Shape = { part: Part; forMs: Range; delayMs?: Range; jumpMs?: Range }

const clockMs: Range = [20_000, 900_000]

const shapes = {
  /** SIGKILL, and started again after that time. */
  'server-kill': { part: 'server', forMs: [200, 6_000] },
  /** SIGSTOP, and SIGCONT after that time. */
  'server-hang': { part: 'server', forMs: [1_000, 12_000] },
  'probe-kill': { part: 'probe', forMs: [200, 6_000] },
  'probe-hang': { part: 'probe', forMs: [1_000, 12_000] },
  /** SIGKILL of the postmaster; who looks after it starts it again at once, so the time is how long the part is left alone. */
  'database-kill': { part: 'database', forMs: [3_000, 6_000] },
  /** Fast shutdown. */
  'database-stop': { part: 'database', forMs: [500, 10_000] },
  'database-disk-full': { part: 'database', forMs: [2_000, 8_000] },
  /** Connections are broken and none is taken. */
  'probe-path-cut': { part: 'path of the probe', forMs: [500, 15_000] },
  'probe-path-slow': { part: 'path of the probe', forMs: [3_000, 15_000], delayMs: [50, 1_500] },
  /** Connections stand and nothing gets through, as where packets are dropped. */
  'probe-path-silent': { part: 'path of the probe', forMs: [1_000, 15_000] },
  'source-path-cut': { part: 'path of the sources', forMs: [500, 8_000] },
  'source-path-slow': { part: 'path of the sources', forMs: [3_000, 10_000], delayMs: [50, 1_500] },
  /** Of the folder that holds the probe's spool and the server's files. */
  'data-disk-full': { part: 'disk', forMs: [2_000, 10_000] },
  'server-clock': { part: 'clock of the server', forMs: [2_000, 10_000], jumpMs: clockMs },
  'probe-clock': { part: 'clock of the probe', forMs: [2_000, 10_000], jumpMs: clockMs },
  'source-clock': { part: 'clock of a source', forMs: [2_000, 10_000], jumpMs: clockMs },
} as const satisfies Record<string, Shape>

export type FaultKind = keyof typeof shapes
export const faultKinds = Object.keys(shapes) as FaultKind[]

export type Fault = {
  n: number
  kind: FaultKind
  part: Part
  /** Since the start of the plan. */
  atMs: number
  forMs: number
  /** Of a slow path: what every piece waits. */
  delayMs?: number
  /** Of a clock: forward, or back where it is negative. */
  jumpMs?: number
}

/** Before the first fault the product has a moment of peace, and after the last one is over another. */
const calmMs = 4_000
const gapMs: Range = [1_500, 9_000]
/** Between two faults of one part. */
const restMs = 1_500

export type PlanOptions = { seed: number; minutes: number; kinds?: readonly FaultKind[] }

/** Every kind comes once before any comes twice; the faults of different parts overlap. */
export function planOf({ seed, minutes, kinds = faultKinds }: PlanOptions): Fault[] {
  const random = randomOf(seed)
  const endMs = minutes * 60_000 - calmMs
  const freeAtMs = new Map<Part, number>()
  const faults: Omit<Fault, 'n'>[] = []
  let deck: FaultKind[] = []
  for (let clockMs = calmMs; ; clockMs += random.between(...gapMs)) {
    if (deck.length === 0) deck = random.shuffled(kinds)
    const kind = deck.shift()
    if (kind === undefined) break
    const shape: Shape = shapes[kind]
    const forMs = random.between(...shape.forMs)
    const fault: Omit<Fault, 'n'> = {
      kind,
      part: shape.part,
      atMs: Math.max(clockMs, freeAtMs.get(shape.part) ?? 0),
      forMs,
      ...(shape.delayMs && { delayMs: random.between(...shape.delayMs) }),
      ...(shape.jumpMs && { jumpMs: random.between(...shape.jumpMs) * random.pick([-1, 1]) }),
    }
    if (clockMs + forMs > endMs) break
    if (fault.atMs + forMs > endMs) continue
    freeAtMs.set(shape.part, fault.atMs + forMs + restMs)
    faults.push(fault)
  }
  return faults.sort((a, b) => a.atMs - b.atMs).map((fault, index) => ({ n: index + 1, ...fault }))
}

/** `probe-path-slow for 4.2 s, each piece 310 ms late` */
export function faultWords({ kind, forMs, delayMs, jumpMs }: Fault): string {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  const how = [
    ...(delayMs === undefined ? [] : [`each piece ${delayMs} ms late`]),
    ...(jumpMs === undefined ? [] : [`${seconds(Math.abs(jumpMs))} ${jumpMs < 0 ? 'back' : 'forward'}`]),
  ]
  return [`${kind} for ${seconds(forMs)}`, ...how].join(', ')
}

// What a conclusion of attribution says: which call caused a fact, how sure that is, and from what. Pure. Titles, commands and details
// in it are hostile text; the level and every number are Vigil's own.
import { z } from 'zod'
import { AtMs } from '../../server/protocol/ids.ts'
import { Severity, TieLevel } from '../../server/protocol/signal.ts'
import { Trust } from '../../server/protocol/trust.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { offsetText, preciseClockText, spanText } from '../ui/format-time.ts'
import type { TieMark } from './event-kind.ts'
import type { Data } from './event-words.ts'

const text = z.string().optional().catch(undefined)
const atMs = AtMs.optional().catch(undefined)
const score = z.number().min(0).max(1).optional().catch(undefined)

// Looser than the log's own schema: what a newer server adds must not hide the rest.
const Tie = z.object({
  subjects: z.array(z.object({ event: z.string(), kind: z.string(), atMs: AtMs })).catch([]),
  about: z.string().catch(''),
  source: text,
  vouchedBy: Trust.optional().catch(undefined),
  severity: Severity.optional().catch(undefined),
  startedAtMs: atMs,
  level: TieLevel.optional().catch(undefined),
  call: text,
  tool: text,
  actionText: text,
  actionAtMs: atMs,
  score,
  features: z
    .array(z.object({ name: z.string(), weightBits: z.number(), detail: z.string().optional() }))
    .catch([])
    .transform((features) => features.slice(0, 16)),
  runnerUp: z
    .object({ session: z.string(), call: text, actionText: text, score: z.number() })
    .optional()
    .catch(undefined),
  clock: z.object({ offsetMs: z.number(), spreadMs: z.number(), pairs: z.number() }).optional().catch(undefined),
  corrects: text,
})
export type Tie = z.infer<typeof Tie> & {
  /** Ids of the alerts among the subjects. */
  alerts: readonly string[]
}

const read = new WeakMap<Data, Tie>()

/** Events do not change: each is read once, however often the stream is drawn. */
export function tieOf(data: Data): Tie {
  const known = read.get(data)
  if (known) return known
  const parsed = Tie.parse(data)
  const alerts = parsed.subjects.filter((subject) => subject.kind === 'alert.raised').map((subject) => subject.event)
  const tie = { ...parsed, alerts }
  read.set(data, tie)
  return tie
}

export const levelWords: Readonly<Record<TieLevel, string>> = {
  confirmed: 'confirmed',
  likely: 'likely',
  possible: 'possible',
}

export const levelSentence: Readonly<Record<TieLevel, string>> = {
  confirmed: 'an exact key ties them: cgroup, process, connection or trace',
  likely: 'the evidence clearly favours this over every other call',
  possible: 'the evidence favours this, not by much',
}

export function isOfAlert(tie: Tie): boolean {
  return tie.alerts.length > 0
}

/** The fact that `about` speaks of. */
export function firstSubject(tie: Tie): Tie['subjects'][number] | undefined {
  return tie.subjects.find((subject) => subject.kind === 'alert.raised') ?? tie.subjects[0]
}

/** A process or a connection that the host saw in the session: told on its own line, not beside it. */
export function isQuiet(tie: Tie): boolean {
  return tie.level !== undefined && tie.subjects.length > 0 && tie.subjects.every(({ kind }) => quietKinds.has(kind))
}
const quietKinds: ReadonlySet<string> = new Set(['process.started', 'connection.opened', 'gpu.process.started'])

/** `Firewall alert`, `Host alert`: who raised it, as far as that is known. */
export function alertWord(tie: Tie): string {
  if (tie.vouchedBy === 'firewall') return 'Firewall alert'
  if (tie.vouchedBy === 'kernel' || tie.vouchedBy === 'host') return 'Host alert'
  return 'Alert'
}

/** Two digits, and never a certainty that the evidence does not give. */
export function scoreText(value: number): string {
  if (value > 0.995 && value < 1) return 'over 0.99'
  return value > 0 && value < 0.005 ? 'under 0.01' : value.toFixed(2)
}

/** `likely 0.93`; what is confirmed rests on a key and not on a number. */
export function certaintyText(tie: Tie): string {
  if (tie.level === undefined) return ''
  const words = levelWords[tie.level]
  return tie.level === 'confirmed' || tie.score === undefined ? words : `${words} ${scoreText(tie.score)}`
}

/** `0.8 s after the call began`, on the call's clock; empty where either time is not known. */
export function whenText(tie: Tie): string {
  const subject = firstSubject(tie)
  if (!subject || tie.actionAtMs === undefined) return ''
  const afterMs = (tie.startedAtMs ?? subject.atMs) + (tie.clock?.offsetMs ?? 0) - tie.actionAtMs
  if (!Number.isFinite(afterMs)) return ''
  if (Math.abs(afterMs) < 0.5) return 'as the call began'
  return afterMs < 0 ? `${spanText(-afterMs)} before the call began` : `${spanText(afterMs)} after the call began`
}

export function markOf(data: Data): TieMark | undefined {
  const tie = tieOf(data)
  return tie.level && { level: tie.level, words: certaintyText(tie), when: whenText(tie) }
}

/** `and 41 more`: facts beside the first that share the conclusion. */
export function othersText(tie: Tie): string {
  return tie.subjects.length > 1 ? `and ${countText(tie.subjects.length - 1)} more` : ''
}

const kindWords: Readonly<Record<string, [string, string]>> = {
  'alert.raised': ['alert', 'alerts'],
  'flow.observed': ['flow', 'flows'],
  'dns.queried': ['DNS query', 'DNS queries'],
  'ssh.observed': ['SSH record', 'SSH records'],
  'tls.observed': ['TLS record', 'TLS records'],
  'http.requested': ['HTTP request', 'HTTP requests'],
  'file.transferred': ['file transfer', 'file transfers'],
  'connection.opened': ['connection', 'connections'],
  'connection.reported': ['connection report', 'connection reports'],
  'process.started': ['process', 'processes'],
  'process.reported': ['process report', 'process reports'],
  'gpu.process.started': ['GPU process', 'GPU processes'],
  'gpu.process.reported': ['GPU process report', 'GPU process reports'],
}

/** `1 alert and 41 flows`; 200 of them is as many as one event tells of. */
export function subjectsText(tie: Tie): string {
  const counts = new Map<string, number>()
  for (const { kind } of tie.subjects) {
    const known = Object.hasOwn(kindWords, kind) ? kind : 'other'
    counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  const parts = [...counts].map(([kind, count]) => {
    const [one, many] = kindWords[kind] ?? ['other fact', 'other facts']
    return plural(count, one, many)
  })
  const last = parts.pop() ?? 'nothing'
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`
}

/** `+7.0`, `−3.5`: positive speaks for the tie. */
export function bitsText(bits: number): string {
  return `${bits < 0 ? '−' : '+'}${Math.abs(bits).toFixed(1)}`
}

/** `+38 ms ±12 ms, from 24 pairs of facts`. */
export function clockCorrectionText(clock: NonNullable<Tie['clock']>): string {
  return `${offsetText(clock.offsetMs)} ±${spanText(clock.spreadMs)}, from ${plural(clock.pairs, 'pair')} of facts`
}

/** Time of the first fact as its source wrote it, and the same moment on the call's clock where the two differ. */
export function timesText(tie: Tie): { raw: string; corrected: string } | undefined {
  const subject = firstSubject(tie)
  if (!subject) return undefined
  const correctedMs = subject.atMs + (tie.clock?.offsetMs ?? 0)
  const isTime = tie.clock !== undefined && AtMs.safeParse(correctedMs).success
  return { raw: preciseClockText(subject.atMs), corrected: isTime ? preciseClockText(correctedMs) : '' }
}

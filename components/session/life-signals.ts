// Evidence that a session lives, signal by signal: when it was last seen, how long that is, and whether that is longer than usual for this
// signal of this session. Nothing is called fresh that was not seen. Pure. Of what agents report the server's own clock counts, not theirs.
import type {
  EventView,
  HostRow,
  SamplePoint,
  SessionDetail,
  SessionRow,
} from '../../server/protocol/browser-messages.ts'
import { proofMs } from '../../server/protocol/gate-health.ts'
import { agoText, spanText } from '../ui/format-time.ts'

export const signalNames = ['process', 'actions', 'output', 'network', 'gpu', 'gate'] as const
export type SignalName = (typeof signalNames)[number]

export type LifeSignal = {
  name: SignalName
  verdict: 'fresh' | 'stale' | 'never'
  /** Server time. */
  lastAtMs?: number
  /** `4 s ago`; `never seen`. */
  age: string
  /** What it is measured by, or why it was never seen. May hold a host's words. */
  why: string
}

export type LifeInputs = {
  row: SessionRow
  gate: SessionDetail['gate']
  processes: SessionDetail['processes']
  connections: SessionDetail['connections']
  host: HostRow | undefined
  points: readonly SamplePoint[]
  events: readonly EventView[]
  /** Older events are in the log and not here. */
  hasOlder: boolean
  nowMs: number
}

/** How many of the newest times say what is usual. */
const usualOf = 20
/** Late is more than so many times the usual gap. */
const lateFactor = 3
/** What the host reads comes by itself: it is late sooner than what an agent does as it pleases. */
const readAtLeastMs = 5_000
const doneAtLeastMs = 60_000
/** Until three were seen nothing is usual. */
const unknownRhythmMs = 5 * 60_000

export function lifeSignals(inputs: LifeInputs): LifeSignal[] {
  const { row, gate, processes, connections, host, points, events, hasOlder, nowMs } = inputs
  const times = (kinds: (event: EventView) => boolean) => events.filter(kinds).map((event) => event.seenAtMs)
  // How long ago is a question to one clock: the server's, where it knows when a reading came.
  const seen = ({ atMs, seenAtMs }: SamplePoint) => seenAtMs ?? atMs
  const read = points.map(seen)
  const onGpu = points.filter((point) => point.gpuPercent !== undefined).map(seen)
  const traffic = points.filter((point) => point.bytesOutPerSecond + point.bytesInPerSecond > 0).map(seen)
  const lived = processes.flatMap(({ startedAtMs, endedAtMs }) => [startedAtMs, ...(endedAtMs ? [endedAtMs] : [])])
  const linked = connections.flatMap(({ openedAtMs, closedAtMs }) => [openedAtMs, ...(closedAtMs ? [closedAtMs] : [])])
  const asked = [...(gate?.doors ?? []).map((door) => door.lastAskedAtMs), ...times(isAsking)]
  const older = hasOlder ? 'none among the events that are loaded here' : undefined
  const rows: [SignalName, number[], number, string][] = [
    ['process', read.length > 0 ? read : lived, readAtLeastMs, whyNoProcess(row, host)],
    ['actions', times(isAction), doneAtLeastMs, older ?? 'nothing that reports tool calls has spoken of it'],
    ['output', times(isOutput), doneAtLeastMs, older ?? 'no output, message or model call of it was reported'],
    ['network', [...traffic, ...linked], doneAtLeastMs, whyNoNetwork(row, host)],
    ['gpu', onGpu, readAtLeastMs, whyNoGpu(row, host)],
  ]
  return [
    ...rows.map(([name, seen, atLeastMs, whyNever]) => signal(name, seen, atLeastMs, whyNever, inputs)),
    gateSignal(asked, gate !== undefined, nowMs),
  ]
}

function signal(name: SignalName, seen: number[], atLeastMs: number, whyNever: string, inputs: LifeInputs): LifeSignal {
  const { row, host, nowMs } = inputs
  if (seen.length === 0) return { name, verdict: 'never', age: 'never seen', why: whyNever }
  const newest = seen.sort((a, b) => a - b).slice(-usualOf - 1)
  const lastAtMs = newest.at(-1) ?? 0
  const ageMs = Math.max(0, nowMs - lastAtMs)
  const usualMs = usualGap(newest)
  const limitMs = usualMs === undefined ? unknownRhythmMs : Math.max(atLeastMs, usualMs * lateFactor)
  const measured =
    usualMs === undefined
      ? `no rhythm known yet: stale after ${spanText(limitMs)}`
      : `usually ${usualMs < 1_000 ? 'several a second' : `every ${spanText(usualMs)}`}, stale after ${spanText(limitMs)}`
  const age = agoText(ageMs)
  if (ageMs <= limitMs) return { name, verdict: 'fresh', lastAtMs, age, why: measured }
  return { name, verdict: 'stale', lastAtMs, age, why: whyQuiet(row, host) ?? measured }
}

/** A door is asked when there is something to ask, and with a canary: the proof's own time is the limit. */
function gateSignal(asked: readonly number[], hasAsked: boolean, nowMs: number): LifeSignal {
  if (asked.length === 0) {
    const why = hasAsked
      ? 'it has asked: none among the events loaded here'
      : 'no door of it has asked before a tool call'
    return { name: 'gate', verdict: 'never', age: hasAsked ? 'not seen here' : 'never seen', why }
  }
  const lastAtMs = Math.max(...asked)
  const ageMs = Math.max(0, nowMs - lastAtMs)
  const verdict = ageMs <= proofMs ? 'fresh' : 'stale'
  return { name: 'gate', verdict, lastAtMs, age: agoText(ageMs), why: `stale after ${spanText(proofMs)}` }
}

/** The median of the gaps; undefined where there are fewer than two. */
function usualGap(ascending: readonly number[]): number | undefined {
  const gaps = ascending.slice(1).map((atMs, index) => atMs - (ascending[index] ?? atMs))
  if (gaps.length < 2) return undefined
  gaps.sort((a, b) => a - b)
  return gaps[Math.floor(gaps.length / 2)]
}

/** A reason that we know of; a signal stays stale all the same. */
function whyQuiet(row: SessionRow, host: HostRow | undefined): string | undefined {
  if (row.state === 'ended') return 'the session has ended'
  if (row.state === 'paused') return 'it is paused, as read on the host'
  if (host && !host.connected) return 'its host is not heard'
  return undefined
}

const isAction = ({ kind }: EventView) => kind === 'action.started' || kind === 'action.ended'
const isAsking = ({ kind }: EventView) => kind === 'gate.decided' || kind === 'approval.requested'
const isOutput = ({ kind, data }: EventView) =>
  kind === 'model.called' ||
  kind === 'message.recorded' ||
  (kind === 'action.ended' && typeof data.output === 'string' && data.output !== '')

function whyNoProcess(row: SessionRow, host: HostRow | undefined): string {
  if (row.host === undefined) return 'no host is known for it: it is only reported'
  if (!host) return 'no probe on its host'
  return cannotSee(host, ['processes', 'cpu']) ?? 'its host has read no process of it'
}

function whyNoNetwork(row: SessionRow, host: HostRow | undefined): string {
  if (row.host === undefined) return 'no host is known for it: it is only reported'
  if (!host) return 'no probe on its host'
  return cannotSee(host, ['tcp', 'udp']) ?? 'its host has seen no connection of it'
}

function whyNoGpu(row: SessionRow, host: HostRow | undefined): string {
  if (row.host === undefined) return 'no host is known for it: it is only reported'
  if (!host) return 'no probe on its host'
  if (host.gpuAbsent !== undefined && host.gpus.length === 0) return `no GPU on its host: ${host.gpuAbsent}`
  return cannotSee(host, ['gpu']) ?? 'it has had no process on a GPU'
}

/** In the probe's own words, where it sees none of these. */
function cannotSee(host: HostRow, names: readonly HostRow['observers'][number]['name'][]): string | undefined {
  const of = host.observers.filter((each) => names.includes(each.name))
  if (of.length === 0 || of.some((each) => each.can !== 'no')) return undefined
  return `its host cannot see that: ${of[0]?.detail ?? ''}`
}

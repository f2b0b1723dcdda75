// What the GPUs of an incident did, beside its facts: which they were, when they were busy, when nobody measured. Pure. Where nothing was
// read there is no line and no figure: not measured is not idle.
import type { StoredEvent } from '../protocol/event.ts'
import type { GpuStep } from '../protocol/gpu-series-view.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { GpuCourse, TimelineItem } from '../protocol/incident-timeline.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { cutText } from '../protocol/text.ts'
import type { GpuState } from './gpu-state.ts'
import { offTaskOf } from './gpu-truth.ts'
import type { ConsoleState } from './state.ts'

/** A display or a driver keeps a card at a few per cent; half is work. */
const busyFromPercent = 50
/** Readings so many times further apart than usual have a time between them that nobody measured. */
const gapFactor = 3
const spansMax = 60

export type UsedGpu = { host: HostId; gpu: string; index?: number | undefined; offTaskMs: number }

/** The GPUs on which its sessions computed: by their facts, by who is on them now or whom its exporter names, by the time spent off task. */
export function gpusOfIncident(
  state: ConsoleState,
  events: readonly StoredEvent[],
  sessions: ReadonlySet<SessionId>,
  readings: Iterable<GpuSample>,
  nowMs: number,
): UsedGpu[] {
  const used = new Map<string, UsedGpu>()
  for (const event of events) {
    if (event.kind !== 'gpu.process.started' && event.kind !== 'gpu.process.reported') continue
    if (event.host === undefined || event.session === undefined) continue
    const { gpu } = event.data
    const index = event.kind === 'gpu.process.reported' ? event.data.index : undefined
    used.set(`${event.host}/${gpu}`, { host: event.host, gpu, index, offTaskMs: 0 })
  }
  for (const [key, gpu] of state.gpus) {
    const known = used.get(key)
    const offTaskMs = offTaskOfThese(state, gpu, sessions, nowMs)
    const isUsed = [...gpu.users.values()].some(({ session }) => session !== undefined && sessions.has(session))
    if (known || isUsed || offTaskMs > 0) used.set(key, { host: gpu.host, gpu: gpu.gpu, index: gpu.index, offTaskMs })
  }
  // An exporter names who it gave the card to, where a scheduler told it: `namespace/pod`.
  for (const { host, gpu, index, user } of readings) {
    const named = user?.slice(user.lastIndexOf('/') + 1) as SessionId | undefined
    if (named === undefined || !sessions.has(named) || used.has(`${host}/${gpu}`)) continue
    used.set(`${host}/${gpu}`, { host, gpu, index, offTaskMs: 0 })
  }
  return [...used.values()].sort(
    (a, b) => b.offTaskMs - a.offTaskMs || a.host.localeCompare(b.host) || a.gpu.localeCompare(b.gpu),
  )
}

function offTaskOfThese(state: ConsoleState, gpu: GpuState, sessions: ReadonlySet<SessionId>, nowMs: number): number {
  const { totalMs, bySession } = offTaskOf(state, gpu, nowMs)
  let ms = 0
  for (const [session, spent] of bySession) if (session !== '' && sessions.has(session)) ms += spent
  return Math.min(ms, totalMs)
}

/** The same course in words: each time it was busy with mean and peak, and each time it was not measured. */
export function itemsOfCourse(course: GpuCourse): TimelineItem[] {
  const name = nameOf(course)
  const item = (fromMs: number, toMs: number, part: Pick<TimelineItem, 'label' | 'detail' | 'tone'>): TimelineItem => ({
    id: `gpu ${course.host}/${course.gpu} ${part.tone} ${fromMs}`,
    lane: 'gpu',
    form: 'span',
    atMs: fromMs,
    endAtMs: toMs,
    seenAtMs: fromMs,
    endSeenAtMs: toMs,
    trust: 'gpu',
    kind: 'gpu.sample',
    ...part,
  })
  const busy = busySpans(course).map(({ fromMs, toMs, steps }) => {
    const peak = Math.max(...steps.map(({ utilPercent = 0, utilPercentMost }) => utilPercentMost ?? utilPercent))
    const memory = meanOf(steps.map(({ memoryBandwidthPercent }) => memoryBandwidthPercent))
    const mean = meanOf(steps.map(({ utilPercent }) => utilPercent))
    return item(fromMs, toMs, {
      label: `busy ${percent(mean)}: ${name}`,
      detail: [
        `SM ${percent(mean)} on average, ${percent(peak)} at most`,
        `memory bandwidth ${percent(memory)} on average`,
      ].join('\n'),
      tone: 'warn',
    })
  })
  const unread = unreadSpans(course).map(({ fromMs, toMs }) =>
    item(fromMs, toMs, {
      label: `not measured: ${name}`,
      detail: 'No reading of it came in this time: whether it was busy is not known.',
      tone: 'plain',
    }),
  )
  return [...busy, ...unread].sort((a, b) => a.atMs - b.atMs)
}

export function nameOf({ index, gpu, host }: Pick<GpuCourse, 'index' | 'gpu' | 'host'>): string {
  return cutText(`GPU ${index ?? gpu} of ${host}`, 100)
}

type Span = { fromMs: number; toMs: number }

const farApartMs = ({ stepMs, cadenceMs = 0 }: GpuCourse) => gapFactor * Math.max(stepMs, cadenceMs)

function busySpans(course: GpuCourse): (Span & { steps: GpuStep[] })[] {
  const spans: (Span & { steps: GpuStep[] })[] = []
  let open: (Span & { steps: GpuStep[] }) | undefined
  for (const step of course.steps) {
    const isBusy = step.utilPercent !== undefined && step.utilPercent >= busyFromPercent
    if (!isBusy || (open && step.atMs - open.toMs > farApartMs(course))) open = undefined
    if (!isBusy) continue
    if (!open) {
      open = { fromMs: step.atMs, toMs: step.atMs, steps: [] }
      spans.push(open)
    }
    open.steps.push(step)
    open.toMs = step.atMs + course.stepMs
  }
  return spans.slice(0, spansMax)
}

/** Before the first reading, between readings, after the last. */
export function unreadSpans(course: GpuCourse): Span[] {
  const most = farApartMs(course)
  const read = course.steps.filter((step) => step.utilPercent !== undefined)
  const spans: Span[] = []
  let sinceMs = course.fromMs
  for (const { atMs } of read) {
    if (atMs - sinceMs > most) spans.push({ fromMs: sinceMs, toMs: atMs })
    sinceMs = atMs + course.stepMs
  }
  if (course.toMs - sinceMs > most || read.length === 0) spans.push({ fromMs: sinceMs, toMs: course.toMs })
  return spans.slice(0, spansMax)
}

function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const read = values.filter((value) => value !== undefined)
  return read.length === 0 ? undefined : read.reduce((sum, value) => sum + value, 0) / read.length
}

function percent(value: number | undefined): string {
  return value === undefined ? 'not measured' : `${Math.round(value)}%`
}

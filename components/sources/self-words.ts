// What the server's own figures say in words: what is wrong now, and what each chart shows. Pure.
import type { SelfStep, SelfView } from '../../server/protocol/self-view.ts'
import { bytesText, countText, plural } from '../ui/format-quantity.ts'
import { agoText, spanText } from '../ui/format-time.ts'

/** Of the newest steps: a lone bad one is no trouble. */
const newestSteps = 6
const lateMsMax = 100
const commitMsMax = 250
const queuedMax = 10_000
const errorsWithinMs = 10 * 60_000

/** What somebody should look at, worst first, each with what to do. Empty: nothing that this server can see of itself. */
export function selfTroubles({ steps, errors }: SelfView, nowMs: number): string[] {
  const newest = steps.slice(-newestSteps)
  const last = steps.at(-1)
  if (!last) return []
  const most = (read: (step: SelfStep) => number | undefined) => Math.max(0, ...newest.map((step) => read(step) ?? 0))
  const shed = last.samplesShed - (newest[0]?.samplesShed ?? 0)
  const recent = errors.filter(({ lastAtMs }) => nowMs - lastAtMs < errorsWithinMs)
  const late = most(({ loopLateMsP99 }) => loopLateMsP99)
  const commit = most(({ commitMsP99 }) => commitMsP99)
  return [
    !last.databaseConnected &&
      'PostgreSQL does not answer: nothing is taken until it does, and sources keep their data.',
    last.queuedRows > queuedMax &&
      `${countText(last.queuedRows)} events wait for the database: it is slower than what comes in. Sources are told to wait.`,
    commit > commitMsMax &&
      `A commit took up to ${spanText(commit)} in the last minute: look at the database's disk and what else uses it.`,
    late > lateMsMax &&
      `The server was late by up to ${spanText(late)} in the last minute: it has more to do than one core can.`,
    shed > 0 &&
      `${plural(shed, 'sample')} ${shed === 1 ? 'was' : 'were'} dropped in the last minute; each gap is told where it is.`,
    recent.length > 0 &&
      `${plural(recent.length, 'kind')} of error within 10 min, the newest ${agoText(Math.max(0, nowMs - (recent[0]?.lastAtMs ?? nowMs)))}: the server's log has them.`,
  ].filter((each): each is string => each !== false)
}

export type SelfChart = {
  id: string
  name: string
  /** A figure that was not measured is absent. */
  read(step: SelfStep): number | undefined
  text(value: number): string
  /** The axis reaches at least so far: noise of nothing must not look like a mountain. */
  floorMax: number
}

export const selfCharts: readonly SelfChart[] = [
  {
    id: 'events',
    name: 'Events made durable, a second',
    read: ({ events }) => events / 10,
    text: (value) => (value < 10 ? value.toFixed(1) : countText(value)),
    floorMax: 10,
  },
  {
    id: 'commit',
    name: 'Commit, 99 of 100 within',
    read: ({ commitMsP99 }) => commitMsP99,
    text: millis,
    floorMax: 10,
  },
  {
    id: 'late',
    name: 'Event loop late by, 99 of 100 within',
    read: ({ loopLateMsP99 }) => loopLateMsP99,
    text: millis,
    floorMax: 20,
  },
  { id: 'queued', name: 'Events that wait', read: ({ queuedRows }) => queuedRows, text: countText, floorMax: 100 },
  {
    id: 'cpu',
    name: 'Processor, of one core',
    read: ({ cpuPercent }) => cpuPercent,
    text: (value) => `${Math.round(value)}%`,
    floorMax: 100,
  },
  {
    id: 'memory',
    name: 'Memory of the process',
    read: ({ rssBytes }) => rssBytes,
    text: bytesText,
    floorMax: 256e6,
  },
  { id: 'heap', name: 'Heap in use', read: ({ heapBytes }) => heapBytes, text: bytesText, floorMax: 128e6 },
  { id: 'handles', name: 'Open file handles', read: ({ handles }) => handles, text: countText, floorMax: 100 },
]

function millis(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`
}

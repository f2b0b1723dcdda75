// What stands around an incident's own facts: what was not seen of its hosts, and what its GPUs did. Bounded, whatever the incident holds.
import { gapKinds, gapSpansOf, type SilentSource } from '../model/gap-spans.ts'
import { gpusOfIncident, itemsOfCourse } from '../model/gpu-course.ts'
import { timelineItemOfGap } from '../model/project-timeline.ts'
import type { ConsoleState } from '../model/state.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { GpuCourse, TimelineItem } from '../protocol/incident-timeline.ts'
import { gapFactsMax, type ReadGapFacts } from './gap-routes.ts'
import type { ReadGpuSeries } from './gpu-series-routes.ts'
import type { SamplesPort } from './ports.ts'

const hostsMax = 50
const gpusMax = 4
const gapsMax = 400
const stepsMax = 240
/** A longer one reads more rows than anybody should wait for. */
const courseMaxMs = 48 * 3_600_000
/** A loss is told when its probe is back: so long after the end it is still looked for. */
const toldWithinMs = 6 * 3_600_000
/** Why the first fact came so late: what was not seen just before it is looked at too. */
const beforeFirstMs = 5 * 60_000

export type AroundIncident = (given: {
  events: readonly StoredEvent[]
  sessions: readonly SessionId[]
  fromMs: number
  toMs: number
}) => Promise<{ items: TimelineItem[]; gpus: GpuCourse[]; gpusLeftOut: number }>

export function aroundIncident(ports: {
  state: ConsoleState
  readGapFacts: ReadGapFacts
  sources: { list(): SilentSource[] }
  samples: Pick<SamplesPort, 'history'>
  readSeries: ReadGpuSeries
  nowMs(): number
}): AroundIncident {
  const { state, readGapFacts, sources, samples, readSeries, nowMs } = ports

  async function gaps(hosts: readonly HostId[], fromMs: number, toMs: number): Promise<TimelineItem[]> {
    const untilMs = Math.min(nowMs(), toMs + toldWithinMs)
    const { facts } = await readGapFacts({ hosts, sessions: [], fromMs, toMs: untilMs, limit: gapFactsMax })
    return gapSpansOf({ facts, sources: sources.list(), fromMs, toMs })
      .slice(0, gapsMax)
      .map((span) => timelineItemOfGap(span, kindOf(span.stream)))
  }

  return async ({ events, sessions, fromMs: askedFromMs, toMs }) => {
    const fromMs = beginOf(events, askedFromMs)
    const hosts = new Set<HostId>()
    for (const session of sessions) {
      const host = state.sessions.get(session)?.host
      if (host !== undefined) hosts.add(host)
    }
    for (const { host } of events) if (host !== undefined) hosts.add(host)
    const used = gpusOfIncident(state, events, new Set(sessions), samples.history.gpus.values(), nowMs())
    const courseToMs = Math.min(toMs, fromMs + courseMaxMs)
    const stepMs = Math.max(1_000, Math.ceil((courseToMs - fromMs) / stepsMax / 1_000) * 1_000)
    const gpus: GpuCourse[] = []
    for (const { host, gpu, index, offTaskMs } of used.slice(0, gpusMax)) {
      const names = index === undefined ? [gpu] : [gpu, `index-${index}`]
      const span = { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: Math.max(fromMs + 1, courseToMs), stepMs }
      const series = await readSeries({ host, names, ...span })
      gpus.push({ host, gpu, ...(index !== undefined && { index }), ...span, ...series, offTaskMs })
    }
    return {
      items: [...(await gaps([...hosts].slice(0, hostsMax), fromMs, toMs)), ...gpus.flatMap(itemsOfCourse)],
      gpus,
      gpusLeftOut: used.length - gpus.length,
    }
  }
}

/** By our clock: an agent that writes the year 2000 into a fact must not choose the days that are read. */
function beginOf(events: readonly StoredEvent[], fromMs: number): number {
  const first = events.reduce((least, { seenAtMs }) => Math.min(least, seenAtMs), Number.POSITIVE_INFINITY)
  return Number.isFinite(first) ? Math.max(fromMs, first - beforeFirstMs) : fromMs
}

function kindOf(stream: 'events' | 'samples' | 'probe' | 'source'): string {
  return stream === 'probe' ? 'probe.disconnected' : stream === 'source' ? 'source.silent' : gapKinds[0]
}

// What stands around an incident's own facts: what was not seen of its hosts, and what its GPUs did. Bounded, whatever the incident holds.
import { gapKinds, gapSpansOf, type SilentSource } from '../model/gap-spans.ts'
import { itemsOfCourse, type UsedGpu } from '../model/gpu-course.ts'
import { timelineItemOfGap } from '../model/project-timeline.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import type { GpuCourse, TimelineItem } from '../protocol/incident-timeline.ts'
import { gapFactsMax, type ReadGapFacts } from './gap-routes.ts'
import type { ReadGpuSeries } from './gpu-series-routes.ts'

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
  hosts: readonly HostId[]
  used: readonly UsedGpu[]
  /** Of whoever looks: a moment of the past knows of nothing after it. */
  nowMs: number
  fromMs: number
  toMs: number
}) => Promise<{ items: TimelineItem[]; gpus: GpuCourse[]; gpusLeftOut: number }>

export function aroundIncident(ports: {
  readGapFacts: ReadGapFacts
  sources: { list(): SilentSource[] }
  readSeries: ReadGpuSeries
}): AroundIncident {
  const { readGapFacts, sources, readSeries } = ports

  async function gaps(
    hosts: readonly HostId[],
    { fromMs, toMs, nowMs }: { fromMs: number; toMs: number; nowMs: number },
  ): Promise<TimelineItem[]> {
    const untilMs = Math.min(nowMs, toMs + toldWithinMs)
    const { facts } = await readGapFacts({ hosts, sessions: [], fromMs, toMs: untilMs, limit: gapFactsMax })
    return gapSpansOf({ facts, sources: sources.list(), fromMs, toMs })
      .slice(0, gapsMax)
      .map((span) => timelineItemOfGap(span, kindOf(span.stream)))
  }

  return async ({ events, hosts: ofSessions, used, nowMs, fromMs: askedFromMs, toMs }) => {
    const fromMs = beginOf(events, askedFromMs)
    const hosts = new Set<HostId>(ofSessions)
    for (const { host } of events) if (host !== undefined) hosts.add(host)
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
      items: [...(await gaps([...hosts].slice(0, hostsMax), { fromMs, toMs, nowMs })), ...gpus.flatMap(itemsOfCourse)],
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

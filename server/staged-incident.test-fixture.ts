// Reads the staged incidents (one folder, any number of captures `X_*`) through the real readers, as the server would append them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { trafficOf } from './attribution/read-evidence.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import { auditd } from './sources/auditd.ts'
import { fixtureFiles, fixturesFolder } from './sources/fixtures-for-test.ts'
import { otlpFile } from './sources/otlp-file.ts'
import { readAll } from './sources/read-all-for-test.ts'
import { suricataEve } from './sources/suricata-eve.ts'

export type Truth = {
  episodes: { id: string; ip: string }[]
  steps: { episode: string; command: string; started: string; ended: string; label: string }[]
  clock_skew_s?: number
}

export type Incident = {
  name: string
  truth: Truth
  firewall: StoredEvent[]
  audit: StoredEvent[]
  traces: StoredEvent[]
}

/** Names of the captures, by their truth files. */
export function incidentNames(): string[] {
  return fixtureFiles('staged-incident')
    .map((path) => /([^/]+)_truth\.json$/.exec(path)?.[1])
    .filter((name) => name !== undefined)
}

export function readIncident(name: string): Incident {
  const text = (suffix: string) => {
    const found = fixtureFiles('staged-incident').find((path) => path.includes(`/${name}_`) && path.endsWith(suffix))
    return found === undefined ? '' : readFileSync(join(fixturesFolder, found), 'utf8')
  }
  return {
    name,
    truth: JSON.parse(text('_truth.json')) as Truth,
    firewall: stored(readAll(suricataEve, text('eve.jsonl')).made, 'suricata-eve/edge', 'firewall'),
    audit: stored(readAll(auditd, text('auditd.log'), { host: 'gpu-node-07' as never }).made, 'auditd/hosts', 'kernel'),
    traces: stored(readAll(otlpFile, text('traces.jsonl')).made, 'otlp-json/trainer', 'trainer'),
  }
}

let count = 0
function stored(events: readonly EventInput[], source: string, trust: StoredEvent['trust']): StoredEvent[] {
  return events.map((event) => {
    count += 1
    return {
      ...event,
      id: event.id as EventId,
      partition: 0,
      seq: count,
      seenAtMs: event.atMs,
      trust,
      source,
    } as StoredEvent
  })
}

/** The same facts by a clock that is off. */
export function shifted(events: readonly StoredEvent[], byMs: number): StoredEvent[] {
  return events.map((event) => {
    const traffic = trafficOf(event)
    const data =
      traffic?.flowStartedAtMs === undefined
        ? event.data
        : { ...event.data, traffic: { ...traffic, flowStartedAtMs: traffic.flowStartedAtMs + byMs } }
    return { ...event, atMs: event.atMs + byMs, data } as StoredEvent
  })
}

/**
 * What really caused each firewall fact, by the truth file: the episode is told by its address, the step by the time of the flow's first
 * packet (by the clocks as they were recorded). Flows of an address that no step explains are not counted.
 */
export function truthOfFirewall(incident: Incident): Map<EventId, { session: string; call: string; label: string }> {
  const { truth, firewall, traces } = incident
  const skewMs = (truth.clock_skew_s ?? 0) * 1_000
  const steps = truth.steps.map((step) => {
    const fromMs = Date.parse(step.started)
    // Frameworks name their calls as they like: found by the time at which it began.
    const told = traces.find(
      (event) =>
        event.kind === 'action.started' &&
        event.session === step.episode &&
        Math.abs(event.atMs - fromMs - skewMs) < 100,
    )
    const call = told?.kind === 'action.started' ? told.data.call : `not told: ${step.command}`
    return { ...step, call, fromMs, toMs: Date.parse(step.ended) }
  })
  const startOf = new Map<string, number>()
  for (const event of firewall) {
    const traffic = trafficOf(event)
    if (!traffic) continue
    const key = traffic.flow ?? ''
    startOf.set(
      key,
      Math.min(startOf.get(key) ?? Number.POSITIVE_INFINITY, traffic.flowStartedAtMs ?? event.atMs, event.atMs),
    )
  }
  const found = new Map<EventId, { session: string; call: string; label: string }>()
  for (const event of firewall) {
    const traffic = trafficOf(event)
    if (!traffic) continue
    const atMs = (startOf.get(traffic.flow ?? '') ?? event.atMs) - skewMs
    const episode = truth.episodes.find(({ ip }) => ip === traffic.source.address || ip === traffic.destination.address)
    const step = steps.find((each) => each.episode === episode?.id && atMs >= each.fromMs - 5 && atMs <= each.toMs + 5)
    if (step) found.set(event.id, { session: step.episode, call: step.call, label: step.label })
  }
  return found
}

// Many destinations in a short time: probing of the inside, scans of the outside, sweeps over ports, bursts of refusals. Distinct ends are
// counted in two windows, a fast one and a slow one, because who reads this will scan slowly.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, isInside, isOutside, numberAt, type StatefulDetector, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Subjects } from './subjects.ts'
import { DistinctWindow, hashOf, Once } from './window.ts'

const minutes = (n: number) => n * 60_000

const common = {
  behaviour: 'probing',
  sources: ['connection'],
  tactics: ['discovery'],
  spansMany: true,
} as const

export const internalProbing: DetectorRule = {
  ...common,
  id: 'vigil-internal-probing',
  title: 'Tries many internal addresses and ports that do not answer',
  severity: 'high',
  why: 'The session is mapping the internal network: what it finds is where it goes next.',
  response: 'Revoke the network, then look which of the tried addresses answered.',
  techniques: ['T1046', 'T1018'],
  falsePositives: [
    'A worker that looks for its peers after a restart of the cluster',
    'A task whose subject is a network scan',
  ],
  measures: 'at least 12 internal ends in 1 to 2 minutes that refuse or do not answer, or 40 in 1 to 2 hours',
}

export const internalFanOut: DetectorRule = {
  ...common,
  id: 'vigil-internal-fan-out',
  title: 'Talks to unusually many internal addresses at once',
  severity: 'medium',
  why: 'A scan of services that do answer looks like this.',
  response: 'Compare the addresses with the session’s task; allow the training network in the context if it is that.',
  techniques: ['T1046'],
  falsePositives: ['Distributed training: workers that talk to all others', 'Clients of a sharded database'],
  measures: 'at least 40 internal ends in 1 to 2 minutes, whether they answer or not',
}

export const externalScan: DetectorRule = {
  ...common,
  id: 'vigil-external-scan',
  title: 'Tries many outside addresses that do not answer',
  severity: 'high',
  why: 'Your addresses attack somebody else, and answer for it.',
  response: 'Revoke the network.',
  tactics: ['discovery', 'reconnaissance'],
  techniques: ['T1595.001', 'T1046'],
  falsePositives: ['Peer-to-peer downloads', 'A crawler over a list of dead sites', 'No route to the outside at all'],
  measures: 'at least 20 outside addresses in 1 to 2 minutes that refuse or do not answer, or 80 in 1 to 2 hours',
}

export const portSweep: DetectorRule = {
  ...common,
  id: 'vigil-port-sweep',
  title: 'Tries one port after the other on a machine',
  severity: 'high',
  why: 'It looks for a service to attack or to hide behind.',
  response: 'Revoke the network, then look which port answered.',
  techniques: ['T1046'],
  falsePositives: ['A test that waits for a service on a changing port of another machine'],
  measures: 'at least 15 ports of one machine other than itself that refuse or do not answer, in 1 to 2 hours',
}

export const refusalBurst: DetectorRule = {
  ...common,
  id: 'vigil-refusal-burst',
  title: 'Is refused by several destinations in a short time',
  severity: 'medium',
  why: 'A burst of policy violations at the firewall is how a tunnel or a scan shows first.',
  response: 'Open the session at that minute: which tool call was running?',
  techniques: ['T1046'],
  falsePositives: [
    'Package managers trying all mirrors behind a closed firewall',
    'Telemetry of libraries that is blocked',
  ],
  measures: 'at least 8 different ends that refuse or are denied, in 1 to 2 minutes',
}

export const fanOutRules = [internalProbing, internalFanOut, externalScan, portSweep, refusalBurst] as const

const thresholds = {
  internalFast: 12,
  internalSlow: 40,
  internalAny: 40,
  externalFast: 20,
  externalSlow: 80,
  ports: 15,
  refused: 8,
} as const
/** Machines whose ports are told apart, a session. */
const machinesMax = 32
/** The same finding again. */
const againMs = minutes(10)

type Counted = {
  insideFast: DistinctWindow
  insideSlow: DistinctWindow
  insideAny: DistinctWindow
  outsideFast: DistinctWindow
  outsideSlow: DistinctWindow
  refused: DistinctWindow
  /** Ports by machine. */
  ports: RecencyMap<DistinctWindow>
  said: { inside: Once; any: Once; outside: Once; ports: Once; refused: Once }
}

function nothingCounted(): Counted {
  return {
    insideFast: new DistinctWindow(minutes(1), thresholds.internalFast),
    insideSlow: new DistinctWindow(minutes(60), thresholds.internalSlow),
    insideAny: new DistinctWindow(minutes(1), thresholds.internalAny),
    outsideFast: new DistinctWindow(minutes(1), thresholds.externalFast),
    outsideSlow: new DistinctWindow(minutes(60), thresholds.externalSlow),
    refused: new DistinctWindow(minutes(1), thresholds.refused),
    ports: new RecencyMap(machinesMax),
    said: {
      inside: new Once(againMs),
      any: new Once(againMs),
      outside: new Once(againMs),
      ports: new Once(againMs),
      refused: new Once(againMs),
    },
  }
}

export function createFanOut(seed: number): StatefulDetector {
  const subjects = new Subjects(nothingCounted)
  return {
    sources: ['connection'],
    observe(event, tell) {
      const { fields, atMs } = event
      if (fields.Direction === 'in') return
      const inside = isInside(event)
      if (!inside && !isOutside(event)) return
      const address = textAt(event, 'DestinationIp')
      if (address === undefined) return
      const counted = subjects.of(event)
      if (counted === undefined) return
      const port = numberAt(event, 'DestinationPort') ?? 0
      const machine = hashOf(address, seed)
      const end = hashOf(address, seed, port + 1)
      const { said } = counted
      if (inside) {
        counted.insideAny.add(end, atMs)
        if (counted.insideAny.size >= thresholds.internalAny && said.any.now(atMs))
          tell(flagOf(internalFanOut, event, { what: '', matched: matchedOf(event, counted.insideAny.size) }))
      }
      const isRefused = fields.Refused === true
      if (!isRefused && fields.Unanswered !== true) return

      if (inside) {
        counted.insideFast.add(end, atMs)
        counted.insideSlow.add(end, atMs)
        const isMany =
          counted.insideFast.size >= thresholds.internalFast || counted.insideSlow.size >= thresholds.internalSlow
        if (isMany && said.inside.now(atMs))
          tell(flagOf(internalProbing, event, { what: '', matched: matchedOf(event, counted.insideSlow.size) }))
      } else {
        counted.outsideFast.add(machine, atMs)
        counted.outsideSlow.add(machine, atMs)
        const isMany =
          counted.outsideFast.size >= thresholds.externalFast || counted.outsideSlow.size >= thresholds.externalSlow
        if (isMany && said.outside.now(atMs))
          tell(flagOf(externalScan, event, { what: '', matched: matchedOf(event, counted.outsideSlow.size) }))
      }
      let ports = counted.ports.get(address)
      if (ports === undefined) {
        ports = new DistinctWindow(minutes(60), thresholds.ports)
        counted.ports.set(address, ports)
      }
      ports.add(port, atMs)
      if (ports.size >= thresholds.ports && said.ports.now(atMs))
        tell(flagOf(portSweep, event, { what: '', matched: matchedOf(event, ports.size) }))
      // Machines without an answer may be gone; a refusal was somebody's decision.
      if (!isRefused) return
      counted.refused.add(end, atMs)
      if (counted.refused.size >= thresholds.refused && said.refused.now(atMs))
        tell(flagOf(refusalBurst, event, { what: '', matched: matchedOf(event, counted.refused.size) }))
    },
  }
}

function matchedOf(event: DetectionEvent, count: number) {
  return [
    ['DestinationIp', event.fields.DestinationIp ?? ''],
    ['DestinationPort', event.fields.DestinationPort ?? ''],
    ['distinct ends', count],
  ] as const
}

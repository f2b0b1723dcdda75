// All stateful detectors as one, and the rows that a page of rules shows of them.
import type { DetectionEvent, LogSource } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { beaconing, createBeaconing } from './beaconing.ts'
import type { Detector, DetectorRule, StatefulDetector } from './detector.ts'
import { createDnsExfiltration, dnsRules } from './dns-exfiltration.ts'
import { createFanOut, fanOutRules } from './fan-out.ts'
import { createGateBypass, gateRules } from './gate-bypass.ts'
import { createGpuMiningShape, miningShape } from './gpu-mining-shape.ts'
import { createGpuOffTask, gpuTaskRules } from './gpu-off-task.ts'
import { createIcmpTunnel, icmpTunnel } from './icmp-tunnel.ts'
import { createLongFlow, longFlow } from './long-flow.ts'
import { createOutboundVolume, outboundVolume } from './outbound-volume.ts'
import { telemetryRules } from './telemetry-rules.ts'
import { createTelemetrySilence } from './telemetry-silence.ts'
import { unreadCommand } from './unread-command.ts'

export const detectorCatalog: readonly DetectorRule[] = [
  ...fanOutRules,
  beaconing,
  longFlow,
  outboundVolume,
  ...dnsRules,
  icmpTunnel,
  miningShape,
  ...gpuTaskRules,
  ...telemetryRules,
  ...gateRules,
  unreadCommand,
]

export type StatefulOptions = {
  /** Any 32-bit number that attackers cannot know: names are counted by hashes of it. The same seed gives the same flags. */
  seed?: number | undefined
  /**
   * True for events that the operator's context expects (see `../context/`). They are not counted at all: else what is allowed would use up
   * the one flag that what is not allowed would have raised.
   */
  isExpected?: ((event: DetectionEvent) => boolean) | undefined
}

export type StatefulDetectors = Detector & {
  /** Tells what shows by silence alone; call it now and then with the time of the log. */
  elapse(nowMs: number): Flag[]
}

const none: Flag[] = Object.freeze([]) as never

export function createStatefulDetectors({ seed = 0, isExpected }: StatefulOptions = {}): StatefulDetectors {
  const detectors: readonly StatefulDetector[] = [
    createFanOut(seed),
    createBeaconing(),
    createLongFlow(),
    createOutboundVolume(),
    createDnsExfiltration(seed),
    createIcmpTunnel(),
    createGpuMiningShape(),
    createGpuOffTask(),
    createTelemetrySilence(),
    createGateBypass(),
  ]
  const bySource = new Map<LogSource, StatefulDetector[]>()
  for (const detector of detectors)
    for (const source of detector.sources) bySource.set(source, [...(bySource.get(source) ?? []), detector])
  let told: Flag[] = none
  const tell = (flag: Flag) => {
    if (told === none) told = []
    told.push(flag)
  }
  return {
    observe(event) {
      const interested = bySource.get(event.source)
      if (interested === undefined) return none
      const isAllowed = isExpected?.(event) === true
      told = none
      for (const detector of interested) if (!isAllowed || detector.seesExpected) detector.observe(event, tell)
      return told
    },
    elapse(nowMs) {
      told = none
      for (const detector of detectors) detector.elapse?.(nowMs, tell)
      return told
    },
  }
}

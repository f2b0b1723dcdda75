// How long Vigil's own tests of its pipe took, in words. Pure.
import type { CanaryView, Latency } from '../../server/protocol/canary-view.ts'
import { countText } from '../ui/format-quantity.ts'
import { spanText } from '../ui/format-time.ts'

export function latencyText(latency: Latency | undefined): string {
  if (latency === undefined) return 'none came yet'
  return `last ${spanText(latency.lastMs)}, median ${spanText(latency.p50Ms)}, longest ${spanText(latency.maxMs)}`
}

export function serverCanaryText(canary: CanaryView): string {
  if (canary.everyMs === undefined) return 'turned off (VIGIL_CANARY=off)'
  const missed = canary.missed > 0 ? `; ${countText(canary.missed)} of ${countText(canary.sent)} missed` : ''
  const problem = canary.problem === undefined ? '' : `; now: ${canary.problem}`
  return `${latencyText(canary.pipeline)}${missed}${problem}`
}

// What holding a session costs, in words beside the hold. Pure; no GPU, no word of GPUs.
import type { CostView } from '../../server/protocol/control-views.ts'
import { plural } from '../ui/format-quantity.ts'

const hourMs = 3_600_000

/** GPU-hours up to now: what was counted, and what the GPUs it keeps have added since. */
export function gpuHours(cost: CostView, nowMs: number): number {
  return (cost.gpuMs + cost.gpus * Math.max(0, nowMs - cost.atMs)) / hourMs
}

/** `0.42`, `12.3`, `128`: three digits are enough to decide on. */
export function gpuHoursText(hours: number): string {
  if (hours > 0 && hours < 0.005) return '<0.01'
  return hours < 10 ? hours.toFixed(2) : hours < 100 ? hours.toFixed(1) : String(Math.round(hours))
}

/** `gpus`, `spent` and `stalls` are ours; `group` may have been written by the agent. */
export type CostWords = { gpus: string; spent: string; group: string; stalls: string }

/** Undefined when holding costs nobody anything that is known. */
export function costWords(cost: CostView | undefined, nowMs: number): CostWords | undefined {
  if (!cost) return undefined
  const hours = gpuHours(cost, nowMs)
  const gpus = cost.gpus > 0 ? plural(cost.gpus, 'GPU') : ''
  const spent = hours > 0 ? `${gpuHoursText(hours)} GPU-h so far` : ''
  const waits = cost.group !== undefined && (cost.siblings ?? 0) > 0
  const stalls = waits ? plural(cost.siblings ?? 0, 'sibling') : ''
  if (gpus === '' && spent === '' && !waits) return undefined
  return { gpus, spent, group: waits ? (cost.group ?? '') : '', stalls }
}

// Every word of the GPUs page. A verdict is never told by colour alone, and an old reading says how old it is. Pure.
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { bytesText } from '../ui/format-quantity.ts'
import { agoText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'

export type Tone = 'muted' | 'ok' | 'warn' | 'critical'

/** A reading older than this is not what the card does now. */
const staleMs = 60_000
const hourMs = 3_600_000

export function verdictWords({ verdict, heard, expected }: GpuTruthView): { words: string; tone: Tone; why: string } {
  if (!heard) return { words: 'not heard', tone: 'warn', why: 'its host is silent: who uses it is not known now' }
  switch (verdict) {
    case 'idle':
      return { words: 'idle', tone: 'muted', why: 'no compute process is known on it' }
    case 'expected':
      return { words: 'as planned', tone: 'ok', why: 'only those use it who should' }
    case 'off-task':
      return {
        words: 'off task',
        tone: 'critical',
        why: `somebody else computes on it than ${expected?.worker ?? 'the sessions that are planned here'}`,
      }
    case 'unplanned':
      return { words: 'no plan', tone: 'warn', why: 'a session computes on it, and nothing says who should' }
    case 'unknown user':
      return { words: 'unknown user', tone: 'warn', why: 'it computes, for nobody that is known as a session' }
    case 'not known':
      return { words: 'not known', tone: 'muted', why: 'nothing new enough says whether anybody uses it' }
  }
}

export function percentText(value: number | undefined): string {
  return value === undefined ? '–' : `${Math.round(value)}%`
}

export function memoryText({ memoryUsedBytes, memoryTotalBytes }: NonNullable<GpuTruthView['reading']>): string {
  if (memoryUsedBytes === undefined) return '–'
  return memoryTotalBytes === undefined
    ? bytesText(memoryUsedBytes)
    : `${bytesText(memoryUsedBytes)} of ${bytesText(memoryTotalBytes)}`
}

export function powerText({ powerWatts, powerLimitWatts }: NonNullable<GpuTruthView['reading']>): string {
  if (powerWatts === undefined) return '–'
  return powerLimitWatts === undefined
    ? `${Math.round(powerWatts)} W`
    : `${Math.round(powerWatts)} of ${Math.round(powerLimitWatts)} W`
}

/** `1,980 / 3,201 MHz`: SM and memory. */
export function clocksText({ smClockMhz, memoryClockMhz }: NonNullable<GpuTruthView['reading']>): string {
  const parts = [smClockMhz, memoryClockMhz].map((clock) => (clock === undefined ? '–' : String(Math.round(clock))))
  return smClockMhz === undefined && memoryClockMhz === undefined ? '–' : `${parts.join(' / ')} MHz`
}

/** Idle is no throttling. */
export function throttlingText({ throttling }: NonNullable<GpuTruthView['reading']>): string {
  if (throttling === undefined) return ''
  return throttling
    .filter((reason) => reason !== 'gpu_idle')
    .map((reason) => reason.replace(/^sw_/, 'software ').replace(/^hw_/, 'hardware ').replaceAll('_', ' '))
    .join(', ')
}

export function readAgeText(gpu: GpuTruthView, nowMs: number): { words: string; stale: boolean } {
  if (!gpu.reading) return { words: 'never read', stale: true }
  const ageMs = nowMs - gpu.reading.atMs
  return { words: ageMs < 1_000 ? 'read now' : `read ${agoText(ageMs)}`, stale: ageMs > staleMs }
}

/** `0.42 GPU-h`; small amounts keep two digits that say something. */
export function gpuHoursText(ms: number): string {
  const hours = ms / hourMs
  if (ms === 0) return '0 GPU-h'
  return `${hours < 0.01 ? hours.toPrecision(2) : hours.toFixed(2)} GPU-h`
}

export function costText(usd: number | undefined): string {
  if (usd === undefined) return 'no price known'
  return usd > 0 && usd < 0.01 ? 'under $0.01' : `$${usd.toFixed(2)}`
}

export function faultText({ xid, message }: GpuTruthView['faults'][number]): string {
  return [xid === undefined ? 'fault' : `XID ${xid}`, message].filter(Boolean).join(' · ')
}

/** Those whose user is another than planned, or not known, on hosts that are heard: the worst first. */
export function needsALook(gpus: readonly GpuTruthView[]): GpuTruthView[] {
  const order: readonly GpuTruthView['verdict'][] = ['off-task', 'unknown user', 'unplanned']
  return gpus
    .filter(({ heard, verdict }) => heard && order.includes(verdict))
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
}

/** `node-17 · GPU 0 · 99% SM, 4% memory bandwidth · planned: actor-3`, of the first that is off task; undefined where none is. */
export function worstText(gpus: readonly GpuTruthView[]): string | undefined {
  const off = gpus.filter(({ heard, verdict }) => heard && verdict === 'off-task')
  const [first] = off
  if (!first) return undefined
  const { reading, expected } = first
  const planned = expected?.worker ?? expected?.sessions[0]
  return visibleText(
    [
      `${first.host} · GPU ${first.index ?? '?'}`,
      `off task · ${percentText(reading?.utilPercent)} SM, ${percentText(reading?.memoryBandwidthPercent)} memory bandwidth`,
      ...(planned === undefined ? [] : [`planned: ${planned}`]),
      ...(off.length > 1 ? [`and ${off.length - 1} more`] : []),
    ].join(' · '),
    { max: 300 },
  )
}

/** What one user is, said plainly: planned, a stranger, or no more than not known. */
export function userWords(gpu: GpuTruthView, user: GpuTruthView['users'][number]): { words: string; tone: Tone } {
  if (!gpu.heard) return { words: 'as last known: its host is silent', tone: 'warn' }
  if (user.expected) return { words: user.paused ? 'planned here · paused' : 'planned here', tone: 'ok' }
  if (gpu.expected === undefined)
    return user.session === undefined
      ? { words: 'belongs to no session, and nothing says who should be here', tone: 'warn' }
      : { words: 'nothing says who should be here', tone: 'warn' }
  if (user.session !== undefined) return { words: 'a stranger: not planned here', tone: 'critical' }
  return gpu.verdict === 'off-task' && gpu.expected.sessions.length > 0
    ? { words: 'a stranger: belongs to no session, beside the one that is planned', tone: 'critical' }
    : { words: 'belongs to no session: may be the planned worker’s own', tone: 'warn' }
}

/** Hosts in order, each with its GPUs in theirs. */
export function byHost(gpus: readonly GpuTruthView[]): { host: string; gpus: GpuTruthView[] }[] {
  const hosts = new Map<string, GpuTruthView[]>()
  for (const gpu of gpus) hosts.set(gpu.host, [...(hosts.get(gpu.host) ?? []), gpu])
  return [...hosts].map(([host, list]) => ({ host, gpus: list }))
}

// What the server's process holds: resident memory as the kernel counts it, and the JavaScript heap as the process counts it.
import { readFileSync } from 'node:fs'
import type { Figure } from './figure.ts'

export type ServerMemory = { rssMib: number; peakRssMib: number; heapUsedMib: number }

export async function readServerMemory(product: {
  pid(): number
  api(pathname: string): Promise<Response>
}): Promise<ServerMemory> {
  const status = readFileSync(`/proc/${product.pid()}/status`, 'utf8')
  const metrics = await (await product.api('/metrics')).text()
  return {
    rssMib: kibOf(status, 'VmRSS') / 1_024,
    peakRssMib: kibOf(status, 'VmHWM') / 1_024,
    heapUsedMib: metricOf(metrics, 'nodejs_heap_size_used_bytes') / 2 ** 20,
  }
}

const figure = (name: string, value: number, note: string): Figure => ({
  group: 'memory',
  name,
  value,
  unit: 'MiB',
  note,
})

export function pageMemoryFigures(idleMib: number, afterMib: number): Figure[] {
  return [
    figure('page_heap_idle_mib', idleMib, '/live in Chromium, JavaScript heap after a collection'),
    figure('page_heap_after_busy_mib', afterMib, 'the same after 206 sessions and the busy stretch'),
  ]
}

export function memoryFigures(idle: ServerMemory, after: ServerMemory, events: number): Figure[] {
  const run = `${events.toLocaleString('en')} events`
  return [
    figure('server_rss_idle_mib', idle.rssMib, 'just started, empty log'),
    figure('server_heap_idle_mib', idle.heapUsedMib, 'used heap'),
    figure('server_rss_peak_mib', after.peakRssMib, `highest while taking in ${run}`),
    figure('server_rss_after_ingest_mib', after.rssMib, `5 s after ${run}`),
    figure('server_heap_after_ingest_mib', after.heapUsedMib, 'used heap, garbage included'),
  ]
}

function kibOf(status: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)
  if (!match) throw new Error(`/proc/PID/status has no ${name}`)
  return Number(match[1])
}

function metricOf(metrics: string, name: string): number {
  const match = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)
  if (!match) throw new Error(`/metrics has no ${name}`)
  return Number(match[1])
}

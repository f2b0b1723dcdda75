// URLs of GPUs, and what the pages ask the server for. Hosts and names are free text, so they are parameters or encoded whole. Pure.

export type GpuName = { host: string; gpu: string }

/** A range or a moment of it goes along: a link shows the same charts. */
export function gpuPath({ host, gpu }: GpuName): string {
  return `/gpus/gpu?${new URLSearchParams({ host, gpu })}`
}

export function oneGpuPath({ host, gpu }: GpuName): string {
  return `/api/gpus?${new URLSearchParams({ host, gpu, points: '0' })}`
}

export const ranges = ['15m', '1h', '6h', '24h'] as const
export type Range = (typeof ranges)[number]
export const rangeWords: Readonly<Record<Range, string>> = { '15m': '15 min', '1h': '1 h', '6h': '6 h', '24h': '24 h' }
export const rangeSeconds: Readonly<Record<Range, number>> = { '15m': 900, '1h': 3_600, '6h': 21_600, '24h': 86_400 }

/** Either the last so long, which moves on, or a window that stands; times in epoch milliseconds. */
export type Window = { range: Range } | { fromMs: number; toMs: number }

/** `from` and `to` count only together and in order: half a window is none. */
export function windowOf(url: { range: Range; from: number | null; to: number | null }): Window {
  const { range, from, to } = url
  return from !== null && to !== null && from < to ? { fromMs: from, toMs: to } : { range }
}

export function seriesPath({ host, gpu }: GpuName, window: Window): string {
  const query =
    'range' in window
      ? { last: String(rangeSeconds[window.range]) }
      : { from: String(window.fromMs), to: String(window.toMs) }
  return `/api/gpus/${encodeURIComponent(host)}/${encodeURIComponent(gpu)}/samples?${new URLSearchParams(query)}`
}

/** How often a window is worth asking for again: a step of it takes longer. */
export function seriesAgainMs(window: Window): number {
  if (!('range' in window)) return 60_000
  return rangeSeconds[window.range] <= 3_600 ? 5_000 : 30_000
}

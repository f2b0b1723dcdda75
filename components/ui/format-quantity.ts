// Numbers with their units, short enough for a 38 px row.

const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Decimal bytes: `612 B`, `1.2 MB`. */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes)
  let step = 0
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1_000
    step += 1
  }
  return `${step > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${steps[step] ?? 'B'}`
}

export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`
}

/** `1,284` whatever the browser's language. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** 100 is one whole core. */
export function cpuText(percent: number): string {
  return percent >= 9.95 || percent === 0 ? `${Math.round(percent)}%` : `${percent.toFixed(1)}%`
}

/** `203.0.113.40:22`, `[2001:db8::1]:443` */
export function endpointText(endpoint: { address: string; port: number }): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

// A measured number with its unit, and the aim it is held against. Pure.
export const groups = [
  'ingest',
  'parse',
  'detection',
  'dom',
  'click',
  'contain',
  'gate',
  'flood',
  'many',
  'ui',
  'memory',
  'replay',
] as const
export type Group = (typeof groups)[number]

export type Unit = 'events/s' | 'records/s' | 'MB/s' | 'ratio' | 'ms' | 'µs' | 'MiB' | 'count' | 'frames/s'

export type Figure = {
  group: Group
  /** The unit stands in the name, for example `click_to_frozen_p50_ms`. */
  name: string
  value: number
  unit: Unit
  aim?: { atLeast: number } | { atMost: number }
  /** How it was measured, or what it must not be taken for. */
  note?: string
}

/** A figure that could not be measured here, and why. It is never a missed aim, and never silence. */
export type Unmeasured = { group: Group; reason: string }

/** undefined: no aim is set for it. */
export function meets(figure: Figure): boolean | undefined {
  if (!figure.aim) return undefined
  return 'atLeast' in figure.aim ? figure.value >= figure.aim.atLeast : figure.value <= figure.aim.atMost
}

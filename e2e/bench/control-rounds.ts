// Rounds of one control, each really done and really checked, as two figures: the middle and the slow end, with the slowest round's steps.
import { type Control, enforcedAtMs, stepsSince } from './asked-control.ts'
import type { Figure, Group } from './figure.ts'
import { percentile } from './percentile.ts'
import type { Click } from './real-click.ts'

/** Under what the rounds are measured. `prefix` stands before the names of its figures. */
export type Setting = { group: Group; prefix: string; rounds: number; aimP50Ms?: number; aimP99Ms: number }

export type Round = { enforcedMs: number; steps: string }

/** From `askedMs` until the host had read that it is in force. */
export function roundOf(control: Control, askedMs: number): Round {
  return { enforcedMs: enforcedAtMs(control) - askedMs, steps: stepsSince(control, askedMs) }
}

/** The same since a click; its steps begin with when the page's thread heard of it. */
export function clickedRound(control: Control, { atMs, heardMs }: Click): Round {
  const round = roundOf(control, atMs)
  return { ...round, steps: `heard by the page +${Math.round(heardMs - atMs)}, ${round.steps}` }
}

export function roundFigures(setting: Setting, name: string, rounds: readonly Round[], how: string): Figure[] {
  const valuesMs = rounds.map((each) => each.enforcedMs)
  const worst = rounds.reduce((a, b) => (b.enforcedMs > a.enforcedMs ? b : a))
  return [
    timeFigure(setting, name, valuesMs, 50, setting.aimP50Ms, `${rounds.length} ${how}`),
    timeFigure(setting, name, valuesMs, 99, setting.aimP99Ms, `slowest: ${worst.steps}`),
  ]
}

export function timeFigure(
  { group, prefix }: Pick<Setting, 'group' | 'prefix'>,
  name: string,
  valuesMs: readonly number[],
  p: number,
  aimMs: number | undefined,
  note: string,
): Figure {
  return {
    group,
    name: `${prefix}${name}_p${p}_ms`,
    value: percentile(valuesMs, p),
    unit: 'ms',
    ...(aimMs !== undefined && { aim: { atMost: aimMs } }),
    note,
  }
}

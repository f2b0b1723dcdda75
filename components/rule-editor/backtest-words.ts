// What a backtest found, in words. Pure.
import type { BacktestFlag, BacktestView } from '../../server/protocol/rule-view.ts'
import { countText, plural } from '../ui/format-quantity.ts'

export const hoursChoices: readonly { hours: number; word: string }[] = [
  { hours: 1, word: '1 hour' },
  { hours: 24, word: '24 hours' },
  { hours: 168, word: '7 days' },
]

export function hoursText(hours: number): string {
  return hoursChoices.find((each) => each.hours === hours)?.word ?? plural(hours, 'hour')
}

/** `1,200 of about 45,000 events` */
export function progressText({ events, ofEvents }: Pick<BacktestView, 'events' | 'ofEvents'>): string {
  return `${countText(events)} of about ${countText(Math.max(events, ofEvents))} events`
}

/** 0 to 1; the end is only an estimate. */
export function progressShare({ events, ofEvents }: Pick<BacktestView, 'events' | 'ofEvents'>): number {
  return ofEvents <= 0 ? 0 : Math.min(1, events / ofEvents)
}

export const sides = ['flags', 'sessions', 'pages'] as const

/** `+3`, `−2`, `same` */
export function changeText(current: number, edited: number): string {
  if (current === edited) return 'same'
  return edited > current ? `+${countText(edited - current)}` : `−${countText(current - edited)}`
}

/** The same flag before and after, of another severity. */
export type Shifted = { from: BacktestFlag; to: BacktestFlag }
export type Difference = { shifted: Shifted[]; appeared: BacktestFlag[]; disappeared: BacktestFlag[] }

/** Of the flags that are kept: one that is gone and comes back at the same moment, of the same rule, is only of another severity. */
export function differenceOf({ appeared, disappeared }: Pick<BacktestView, 'appeared' | 'disappeared'>): Difference {
  const keyOf = ({ atMs, session, call, rule }: BacktestFlag) => JSON.stringify([atMs, session, call, rule])
  const gone = new Map(disappeared.map((flag) => [keyOf(flag), flag]))
  const shifted: Shifted[] = []
  const rest: BacktestFlag[] = []
  for (const to of appeared) {
    const from = gone.get(keyOf(to))
    if (!from) rest.push(to)
    else {
      gone.delete(keyOf(to))
      shifted.push({ from, to })
    }
  }
  return { shifted, appeared: rest, disappeared: disappeared.filter((flag) => gone.get(keyOf(flag)) === flag) }
}

/** The outcome in one sentence, zeros included. */
export function outcomeText(test: BacktestView, subject = 'this text'): string {
  const span = `the last ${hoursText(test.hours)}`
  if (test.events === 0) return `The log holds no event of ${span}.`
  const read = `${plural(test.events, 'event')} of ${span} read`
  const { current, edited } = test
  if (current.flags === 0 && edited.flags === 0)
    return `${read}: no flag, neither with what runs now nor with ${subject}.`
  const shifted = differenceOf(test).shifted.length
  const parts = [
    [test.appearedCount - shifted, 'more'],
    [test.disappearedCount - shifted, 'gone'],
    [shifted, 'of another severity'],
  ] as const
  const said = parts.filter(([count]) => count > 0).map(([count, how]) => `${plural(count, 'flag')} ${how}`)
  return said.length === 0
    ? `${read}: the same ${plural(edited.flags, 'flag')}, nothing new and nothing gone.`
    : `${read}: ${said.join(', ')}.`
}

/** What is lost when flags go that people said are true. */
export function lostText(test: Pick<BacktestView, 'appeared' | 'disappeared'>): string | undefined {
  const lost = differenceOf(test).disappeared.filter(({ verdict }) => verdict === 'true').length
  return lost === 0
    ? undefined
    : `${countText(lost)} of those that would be gone ${lost === 1 ? 'was' : 'were'} judged: it is so.`
}

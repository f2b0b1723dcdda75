// What must be said to whom. Pure: occasions, routes, what was said already and the time in; what to add and what to drop out. A route is told of
// an occasion once, hears that it was taken and that it is over only if it was told (or may have been), and never hears anything after that.
import type { FlagSeverity } from '../protocol/flag.ts'
import type { NotificationKind, OccasionAbout } from '../protocol/notification-view.ts'
import { type Occasion, rankOf } from './occasion.ts'

export type Step = 'trigger' | 'acknowledge' | 'resolve'

export type PlannedRoute = {
  id: string
  kind: NotificationKind
  isEnabled: boolean
  minSeverity: FlagSeverity
  abouts: readonly OccasionAbout[]
  /** 0: at once. Otherwise only what nobody has taken for so long. */
  afterMinutes: number
  /** What was open when the route was added or turned on, as `knownMark` names it: it is not news. */
  known: ReadonlySet<string>
}

/** `round`: when this opening of the occasion was first planned; a key that opens again is another round. */
export type PlannedDelivery = {
  id: string
  key: string
  round: number
  route: string
  step: Step
  state: 'waiting' | 'delivered' | 'failed' | 'dropped'
  /** That were begun. */
  attempts: number
  createdAtMs: number
  nextAtMs: number
}

export type Said = { route: string; key: string; round: number; step: Step; occasion: Occasion }
export type Plan = { add: Said[]; drop: { id: string; why: string }[] }

/** Of first words to one route: a flood must not bury its reader. What is beyond them is said later, the worst first. */
export const triggersMax = 30
export const triggersWindowMs = 10 * 60_000
/** Then it is given up. */
export const maxAgeMs = 24 * 3_600_000
const firstRetryMs = 5_000
const lastRetryMs = 15 * 60_000
/** Nobody needs to hear by e-mail or in a channel that somebody is looking; an on-call system does. */
const hearsOfAcknowledged: ReadonlySet<NotificationKind> = new Set(['pagerduty', 'webhook'])

export function knownMark({ key, mark }: Pick<Occasion, 'key' | 'mark'>): string {
  return `${key} ${mark}`
}

export function plan(given: {
  occasions: readonly Occasion[]
  routes: readonly PlannedRoute[]
  /** Of every round that is not over. */
  deliveries: readonly PlannedDelivery[]
  /** When an occasion was first seen open here, by our clock. */
  firstSeenMs: (key: string) => number | undefined
  nowMs: number
}): Plan {
  const { occasions, routes, deliveries, nowMs } = given
  const byKey = new Map(occasions.map((each) => [each.key, each]))
  const result: Plan = { add: [], drop: [] }
  const toldMs = new Map<string, number>()
  for (const { key, step, createdAtMs } of deliveries)
    if (step === 'trigger') toldMs.set(key, Math.min(createdAtMs, toldMs.get(key) ?? createdAtMs))
  const routeById = new Map(routes.map((each) => [each.id, each]))
  const gone = deliveries.filter(({ route, state }) => state === 'waiting' && !routeById.get(route)?.isEnabled)
  for (const { id, route } of gone)
    result.drop.push({ id, why: routeById.has(route) ? 'the route is turned off' : 'the route was removed' })

  for (const route of routes) {
    if (!route.isEnabled) continue
    const own = new Map<string, PlannedDelivery[]>()
    for (const each of deliveries) {
      if (each.route !== route.id) continue
      own.set(each.key, [...(own.get(each.key) ?? []), each])
    }
    for (const [key, history] of own) follow(route, history, byKey.get(key), key, result)
    const recent = deliveries.filter(
      (each) => each.route === route.id && each.step === 'trigger' && each.createdAtMs > nowMs - triggersWindowMs,
    )
    const news = occasions
      .filter((each) => isNews(route, each, own.get(each.key) ?? [], openSinceMs(each), nowMs))
      .sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || a.sinceMs - b.sinceMs)
      .slice(0, Math.max(0, triggersMax - recent.length))
    for (const occasion of news) {
      const last = lastRoundOf(own.get(occasion.key) ?? [])
      const round = Math.max(nowMs, (last ?? 0) + 1)
      result.add.push({ route: route.id, key: occasion.key, round, step: 'trigger', occasion })
    }
  }
  return result

  /** The source's clock may be wrong or lie; whoever was told of it first was told by ours. */
  function openSinceMs({ key, sinceMs }: Occasion): number {
    return Math.min(sinceMs, given.firstSeenMs(key) ?? nowMs, toldMs.get(key) ?? nowMs)
  }
}

function isNews(
  route: PlannedRoute,
  occasion: Occasion,
  history: readonly PlannedDelivery[],
  sinceMs: number,
  nowMs: number,
): boolean {
  if (occasion.state !== 'open' || !isCovered(route, occasion)) return false
  if (nowMs - sinceMs < route.afterMinutes * 60_000) return false
  if (history.length > 0) return isOver(ofLastRound(history))
  return !route.known.has(knownMark(occasion))
}

export function isCovered(
  route: Pick<PlannedRoute, 'abouts' | 'minSeverity'>,
  { about, severity }: Pick<Occasion, 'about' | 'severity'>,
): boolean {
  return route.abouts.includes(about) && rankOf(severity) >= rankOf(route.minSeverity)
}

/** What becomes of a round that was begun. */
function follow(
  route: PlannedRoute,
  history: readonly PlannedDelivery[],
  occasion: Occasion | undefined,
  key: string,
  { add, drop }: Plan,
): void {
  const current = ofLastRound(history)
  const trigger = current.find((each) => each.step === 'trigger')
  if (!trigger || isOver(current) || occasion?.state === 'open') return
  const now = occasion ?? forgotten(key)
  const said = (step: Step) => add.push({ route: route.id, key, round: trigger.round, step, occasion: now })
  const dropWaiting = (why: string) => {
    for (const each of current) if (each.state === 'waiting') drop.push({ id: each.id, why })
  }
  const mayBeKnown = trigger.state === 'delivered' || trigger.attempts > 0
  if (now.state === 'resolved') {
    dropWaiting('it was over before this was said')
    if (mayBeKnown) said('resolve')
    return
  }
  if (trigger.state === 'waiting') drop.push({ id: trigger.id, why: 'somebody took it before this was said' })
  const isSaid = current.some((each) => each.step === 'acknowledge')
  if (mayBeKnown && !isSaid && hearsOfAcknowledged.has(route.kind)) said('acknowledge')
}

/** Nothing follows in this round. */
export function isOver(round: readonly PlannedDelivery[]): boolean {
  return round.some(
    ({ step, state, attempts }) => step === 'resolve' || (step === 'trigger' && state === 'dropped' && attempts === 0),
  )
}

export function lastRoundOf(history: readonly PlannedDelivery[]): number | undefined {
  return history.length === 0 ? undefined : Math.max(...history.map((each) => each.round))
}

function ofLastRound(history: readonly PlannedDelivery[]): PlannedDelivery[] {
  const last = lastRoundOf(history)
  return history.filter((each) => each.round === last)
}

/** What left memory: nothing is claimed of it. */
function forgotten(key: string): Occasion {
  return {
    key,
    about: 'session',
    state: 'resolved',
    severity: 'informational',
    sinceMs: 0,
    mark: '',
    title: 'Closed without a resolution: it is too old to be kept at hand',
    said: [],
    path: '/live',
    because: 'it is too old to be kept at hand; nobody said that it is resolved',
  }
}

/** Those whose time has come, oldest first. */
export function dueOf<D extends PlannedDelivery>(deliveries: readonly D[], nowMs: number): D[] {
  return deliveries
    .filter((each) => each.state === 'waiting' && each.nextAtMs <= nowMs)
    .sort((a, b) => a.createdAtMs - b.createdAtMs)
}

/** Until the next attempt, after so many failed ones. `chance`: 0 to 1, so that many do not come back at once. */
export function backoffMs(attempts: number, chance: number): number {
  const whole = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(20, attempts - 1))
  return Math.round(whole * (0.5 + chance / 2))
}

/** What becomes of a delivery whose attempt failed. */
export function afterFailure(
  { attempts, createdAtMs }: Pick<PlannedDelivery, 'attempts' | 'createdAtMs'>,
  given: { nowMs: number; chance: number; retryAfterMs?: number | undefined },
): { state: 'waiting' | 'failed'; nextAtMs: number } {
  const { nowMs, chance, retryAfterMs = 0 } = given
  const waitMs = Math.max(backoffMs(attempts, chance), Math.min(retryAfterMs, 3_600_000))
  const nextAtMs = nowMs + waitMs
  return { state: nextAtMs - createdAtMs > maxAgeMs ? 'failed' : 'waiting', nextAtMs }
}

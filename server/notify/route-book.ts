// The routes: kept in rows, with a copy in memory. What is open when a route is added, turned on or widened is not news to it.
import type {
  NotificationRouteChange,
  NotificationRouteRequest,
  NotificationRouteView,
  NotificationTarget,
} from '../protocol/notification-view.ts'
import type { Target } from './channel.ts'
import type { Occasion } from './occasion.ts'
import { pagerdutyUrl } from './pagerduty.ts'
import { isCovered, knownMark } from './plan.ts'
import { type Route, routeOf } from './route.ts'

type RouteRow = Parameters<typeof routeOf>[0]

export type RouteRows = {
  /** Oldest first. */
  routes(): Promise<RouteRow[]>
  addRoute(row: RouteRow): Promise<void>
  changeRoute(id: string, change: Partial<Omit<RouteRow, 'id' | 'target' | 'createdAtMs'>>): Promise<void>
  removeRoute(id: string): Promise<void>
}

export type RouteBook = {
  list(): Route[]
  get(id: string): Route | undefined
  /** `secret` where it is one of ours that the receiver needs: shown once. */
  add(request: NotificationRouteRequest): Promise<{ route: Route; secret?: string }>
  change(id: string, change: NotificationRouteChange): Promise<Route | undefined>
  remove(id: string): Promise<void>
}

export async function openRouteBook(given: {
  rows: RouteRows
  newId: () => string
  /** Of a signed webhook. */
  newSecret: () => string
  nowMs: () => number
  openNow: () => readonly Occasion[]
}): Promise<RouteBook> {
  const { rows, newId, newSecret, nowMs, openNow } = given
  const byId = new Map((await rows.routes()).map((row) => [row.id, routeOf(row)]))

  return {
    list: () => [...byId.values()],
    get: (id) => byId.get(id),
    async add({ target, ...request }) {
      const kept = keptOf(target, newSecret)
      const row: RouteRow = {
        ...request,
        id: newId(),
        ...kept,
        isEnabled: true,
        known: openNow().map(knownMark),
        createdAtMs: nowMs(),
      }
      const route = routeOf(row)
      await rows.addRoute(row)
      byId.set(route.id, route)
      return { route, ...(target.kind === 'webhook' && { secret: kept.secret }) }
    },
    async change(id, change) {
      const old = byId.get(id)
      if (!old) return undefined
      const wanted = definedOf(change)
      const next: Route = { ...old, ...wanted }
      const isTurnedOn = next.isEnabled && !old.isEnabled
      const notNews = openNow().filter((each) => isTurnedOn || !isCovered(old, each))
      const known = new Set([...(isTurnedOn ? [] : old.known), ...notNews.map(knownMark)])
      await rows.changeRoute(id, { ...wanted, known: [...known] })
      byId.set(id, { ...next, known })
      return byId.get(id)
    },
    async remove(id) {
      await rows.removeRoute(id)
      byId.delete(id)
    },
  }
}

/** What of a route may be shown. */
export function shownRoute(route: Route): NotificationRouteView {
  const { id, name, kind, isEnabled, minSeverity, abouts, afterMinutes, createdAtMs, target } = route
  return {
    id,
    name,
    kind,
    isEnabled,
    minSeverity,
    abouts: [...abouts],
    afterMinutes,
    createdAtMs,
    leadsTo: leadsTo(target),
  }
}

function leadsTo(target: Target): string {
  switch (target.kind) {
    case 'slack':
      return `${target.origin}/…`
    case 'email':
      return `${target.to.join(', ')} by ${target.host}:${target.port}`
    default:
      return target.url
  }
}

function keptOf(target: NotificationTarget, newSecret: () => string): { target: Target; secret: string } {
  switch (target.kind) {
    case 'slack':
      return { target: { kind: 'slack', origin: new URL(target.url).origin }, secret: target.url }
    case 'pagerduty':
      return { target: { kind: 'pagerduty', url: target.url ?? pagerdutyUrl }, secret: target.routingKey }
    case 'email': {
      const { password = '', ...rest } = target
      return { target: rest, secret: password }
    }
    case 'webhook':
      return { target: { kind: 'webhook', url: target.url }, secret: newSecret() }
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function definedOf(change: NotificationRouteChange): Defined<NotificationRouteChange> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

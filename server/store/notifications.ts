// Routes to people, and the outbox of what is to be said to them: ordinary rows. A secret leaves this file only to be sent.
import { z } from 'zod'
import type { PrismaClient } from './generated/client.ts'

export type RouteRow = {
  id: string
  name: string
  target: unknown
  secret: string
  isEnabled: boolean
  minSeverity: string
  abouts: string[]
  afterMinutes: number
  known: string[]
  createdAtMs: number
}

export type DeliveryRow = {
  id: string
  key: string
  round: number
  route: string
  routeName: string
  step: 'trigger' | 'acknowledge' | 'resolve' | 'test'
  state: 'waiting' | 'delivered' | 'failed' | 'dropped'
  attempts: number
  createdAtMs: number
  nextAtMs: number
  endedAtMs?: number | undefined
  status?: number | undefined
  detail?: string | undefined
  message: unknown
}

export type DeliveryQuery = {
  state?: DeliveryRow['state'] | undefined
  route?: string | undefined
  beforeMs?: number | undefined
  limit: number
}

export type NotificationStore = {
  /** Oldest first. */
  routes(): Promise<RouteRow[]>
  addRoute(row: RouteRow): Promise<void>
  changeRoute(id: string, change: Partial<Omit<RouteRow, 'id' | 'target' | 'createdAtMs'>>): Promise<void>
  removeRoute(id: string): Promise<void>
  /** Of every round that is not over, oldest first. */
  openDeliveries(): Promise<DeliveryRow[]>
  /** What is there already stays as it is. */
  addDeliveries(rows: readonly DeliveryRow[]): Promise<void>
  changeDelivery(
    id: string,
    change: Partial<Pick<DeliveryRow, 'state' | 'attempts' | 'nextAtMs' | 'endedAtMs' | 'status' | 'detail'>>,
  ): Promise<void>
  markOver(ids: readonly string[]): Promise<void>
  delivery(id: string): Promise<DeliveryRow | undefined>
  /** Newest first. */
  list(query: DeliveryQuery): Promise<DeliveryRow[]>
  /** Those that are over. */
  forgetBefore(beforeMs: number): Promise<void>
}

const StepName = z.enum(['trigger', 'acknowledge', 'resolve', 'test'])
const StateName = z.enum(['waiting', 'delivered', 'failed', 'dropped'])

export function openNotifications(prisma: PrismaClient): NotificationStore {
  return {
    async routes() {
      const rows = await prisma.notificationRoute.findMany({ orderBy: { createdAt: 'asc' } })
      return rows.map(({ createdAt, ...row }) => ({ ...row, createdAtMs: createdAt.getTime() }))
    },
    async addRoute({ createdAtMs, target, ...row }) {
      const data = { ...row, target: target as object, createdAt: new Date(createdAtMs) }
      await prisma.notificationRoute.create({ data })
    },
    async changeRoute(id, change) {
      await prisma.notificationRoute.updateMany({ where: { id }, data: change })
    },
    async removeRoute(id) {
      await prisma.notificationRoute.deleteMany({ where: { id } })
    },
    async openDeliveries() {
      const rows = await prisma.notificationDelivery.findMany({
        where: { isOver: false },
        orderBy: { createdAt: 'asc' },
      })
      return rows.map(deliveryOf)
    },
    async addDeliveries(rows) {
      const data = rows.map(({ createdAtMs, nextAtMs, endedAtMs, round, message, status, detail, ...row }) => ({
        ...row,
        round: BigInt(round),
        createdAt: new Date(createdAtMs),
        nextAt: new Date(nextAtMs),
        endedAt: endedAtMs === undefined ? null : new Date(endedAtMs),
        status: status ?? null,
        detail: detail ?? null,
        message: message as object,
        // A test is nobody's round.
        isOver: row.step === 'test',
      }))
      await prisma.notificationDelivery.createMany({ data, skipDuplicates: true })
    },
    async changeDelivery(id, change) {
      const { state, attempts, nextAtMs, endedAtMs } = change
      await prisma.notificationDelivery.updateMany({
        where: { id },
        data: {
          ...(state !== undefined && { state }),
          ...(attempts !== undefined && { attempts }),
          ...('status' in change && { status: change.status ?? null }),
          ...('detail' in change && { detail: change.detail ?? null }),
          ...(nextAtMs !== undefined && { nextAt: new Date(nextAtMs) }),
          ...(endedAtMs !== undefined && { endedAt: new Date(endedAtMs) }),
        },
      })
    },
    async markOver(ids) {
      await prisma.notificationDelivery.updateMany({ where: { id: { in: [...ids] } }, data: { isOver: true } })
    },
    async delivery(id) {
      const row = await prisma.notificationDelivery.findUnique({ where: { id } })
      return row ? deliveryOf(row) : undefined
    },
    async list({ state, route, beforeMs, limit }) {
      const rows = await prisma.notificationDelivery.findMany({
        where: {
          ...(state && { state }),
          ...(route !== undefined && { route }),
          ...(beforeMs !== undefined && { createdAt: { lt: new Date(beforeMs) } }),
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
      })
      return rows.map(deliveryOf)
    },
    async forgetBefore(beforeMs) {
      await prisma.notificationDelivery.deleteMany({ where: { isOver: true, createdAt: { lt: new Date(beforeMs) } } })
    },
  }
}

type Row = Awaited<ReturnType<PrismaClient['notificationDelivery']['findMany']>>[number]

function deliveryOf(row: Row): DeliveryRow {
  const { round, step, state, createdAt, nextAt, endedAt, status, detail, isOver: _isOver, ...rest } = row
  return {
    ...rest,
    round: Number(round),
    step: StepName.parse(step),
    state: StateName.parse(state),
    createdAtMs: createdAt.getTime(),
    nextAtMs: nextAt.getTime(),
    ...(endedAt && { endedAtMs: endedAt.getTime() }),
    ...(status !== null && { status }),
    ...(detail !== null && { detail }),
  }
}

// Puts the parts that reach people together: routes, outbox, the console's address.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Reach } from './enforce/reach.ts'
import { Message } from './notify/message.ts'
import { type Notifier, type NotifierOptions, startNotifier } from './notify/notifier.ts'
import type { Occasion } from './notify/occasion.ts'
import { rankOf } from './notify/occasion.ts'
import { channelOf } from './notify/route.ts'
import { openRouteBook, shownRoute } from './notify/route-book.ts'
import type { ConsoleAddress, DeliveryView, OccasionView } from './protocol/notification-view.ts'
import type { DeliveryRow, NotificationStore } from './store/notifications.ts'
import type { NotificationsPort } from './web/notification-routes.ts'

const occasionsShownMax = 50

export type Notifications = {
  port: NotificationsPort
  alsoSay: Notifier['alsoSay']
  close(): Promise<void>
}

export async function wireNotify(given: {
  pipeline: NotifierOptions['pipeline']
  store: NotificationStore
  consoleAddress: { read(): ConsoleAddress | undefined; write(next: ConsoleAddress): Promise<void> }
  /** Where messages may be sent. */
  reach: Reach
  nowMs: () => number
  onError: NotifierOptions['onError']
}): Promise<Notifications> {
  const { pipeline, store, consoleAddress, reach, nowMs, onError } = given
  const book = await openRouteBook({
    rows: store,
    newId: () => `rte-${randomUUID().slice(0, 13)}`,
    newSecret: () => `whsec_${randomBytes(32).toString('base64')}`,
    nowMs,
    openNow: () => notifier.occasions(),
  })
  const notifier = await startNotifier({
    pipeline,
    rows: store,
    routes: book.list,
    consoleUrl: () => consoleAddress.read()?.consoleUrl,
    newId: () => `ntf-${randomUUID()}`,
    nowMs,
    chance: Math.random,
    channel: (route) => channelOf(route, reach),
    onError,
  })

  const port: NotificationsPort = {
    occasions() {
      const open = notifier.occasions()
      const worst = open.sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || b.sinceMs - a.sinceMs)
      return { open: open.length, occasions: worst.slice(0, occasionsShownMax).map(shownOccasion) }
    },
    routes: () => book.list().map(shownRoute),
    async add(request) {
      const { route, secret } = await book.add(request)
      notifier.look()
      return { route: shownRoute(route), ...(secret !== undefined && { secret }) }
    },
    async change(id, change) {
      const route = await book.change(id, change)
      notifier.look()
      return route && shownRoute(route)
    },
    async remove(id) {
      await book.remove(id)
      notifier.look()
    },
    async test(id, by) {
      const route = book.get(id)
      return route && (await notifier.test(route, by))
    },
    async deliveries(query) {
      return (await store.list(query)).map(shownDelivery)
    },
    retry: notifier.retry,
    address: () => consoleAddress.read() ?? {},
    setAddress: consoleAddress.write,
  }
  return { port, alsoSay: notifier.alsoSay, close: notifier.close }
}

function shownOccasion({ key, about, severity, sinceMs, title, said, session, path }: Occasion): OccasionView {
  return { key, about, severity, sinceMs, title, said, ...(session !== undefined && { session }), path }
}

function shownDelivery({ message, round: _round, ...row }: DeliveryRow): DeliveryView {
  const { title, path, session } = Message.parse(message)
  return { ...row, title, path, ...(session !== undefined && { session }) }
}

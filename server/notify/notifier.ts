// The outbox: looks at what is worth saying, writes down what is to be said, says it, and writes down what came of it. An attempt is written before
// it is made: after a crash it is made again under the same id, and receivers that know ids (PagerDuty, signed webhooks) tell it from a new one.
import type { ConsoleState } from '../model/state.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { Channel, Outcome } from './channel.ts'
import { Message, messageOf, testMessage } from './message.ts'
import { type Occasion, occasionsOf } from './occasion.ts'
import { afterFailure, dueOf, isOver, type PlannedDelivery, plan, type Said } from './plan.ts'
import type { Route } from './route.ts'

/** A row of the outbox; `test` is said once and by nobody's plan. */
export type Delivery = Omit<PlannedDelivery, 'step'> & {
  step: PlannedDelivery['step'] | 'test'
  routeName: string
  message: unknown
  endedAtMs?: number | undefined
  /** Of the last attempt. */
  status?: number | undefined
  detail?: string | undefined
}
type Open = Delivery & { step: PlannedDelivery['step'] }

export type DeliveryRows = {
  /** Of every round that is not over. */
  openDeliveries(): Promise<Delivery[]>
  addDeliveries(rows: readonly Delivery[]): Promise<void>
  changeDelivery(
    id: string,
    change: Partial<Pick<Delivery, 'state' | 'attempts' | 'nextAtMs' | 'endedAtMs' | 'status' | 'detail'>>,
  ): Promise<void>
  markOver(ids: readonly string[]): Promise<void>
  forgetBefore(beforeMs: number): Promise<void>
}

export type NotifierOptions = {
  pipeline: {
    readonly state: ConsoleState
    onCommit(listener: (announcement: { events: StoredEvent[] }) => void): void
  }
  rows: DeliveryRows
  routes: () => readonly Route[]
  /** Where people reach the console; undefined where nobody said so. */
  consoleUrl: () => string | undefined
  newId: () => string
  nowMs: () => number
  /** 0 to 1. */
  chance: () => number
  onError: (context: string, error: unknown) => void
  channel: (route: Route) => Channel
}

export type Notifier = {
  /** What is open now. */
  occasions(): Occasion[]
  /** What is worth saying and is not of the log's state; it must answer it resolved, too, when it is over. */
  alsoSay(more: () => Occasion[]): void
  /** Routes changed: looks again. */
  look(): void
  /** False where there is nothing to try again. */
  retry(id: string): Promise<boolean>
  test(route: Route, by: string): Promise<Outcome & { tookMs: number }>
  close(): Promise<void>
}

/** After a commit that may matter: what comes together is said together. */
const gatherMs = 250
const lookEveryMs = 5_000
const keptMs = 30 * 24 * 3_600_000
const forgetEveryMs = 3_600_000
const closeWithinMs = 3_000
const matters = /^(approval|flag|control|hold|probe)\.|^session\.(ended|started)$/

export async function startNotifier(options: NotifierOptions): Promise<Notifier> {
  const { pipeline, rows, routes, consoleUrl, newId, nowMs, chance, onError, channel } = options
  let open = (await rows.openDeliveries()).filter((each): each is Open => each.step !== 'test')
  /** By our clock, of what is open. */
  let firstSeenMs = new Map<string, number>()
  const busy = new Map<string, Promise<void>>()
  let looking: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let timerAtMs = Number.POSITIVE_INFINITY
  let forgotAtMs = 0
  let closed = false
  /** Many browsers ask: it is worked out once for all of them. */
  let seen: { occasions: Occasion[]; atMs: number; isOld: boolean } | undefined

  const others: (() => Occasion[])[] = []
  const occasionsAt = (now: number): Occasion[] => [
    ...occasionsOf(pipeline.state, now),
    ...others.flatMap((more) => more()),
  ]

  pipeline.onCommit(({ events }) => {
    if (!events.some((event) => matters.test(event.kind))) return
    if (seen) seen.isOld = true
    wakeIn(gatherMs)
  })
  wakeIn(0)

  function wakeIn(ms: number): void {
    if (closed || nowMs() + ms >= timerAtMs) return
    clearTimeout(timer)
    timerAtMs = nowMs() + ms
    timer = setTimeout(() => {
      timerAtMs = Number.POSITIVE_INFINITY
      looking = looking
        .then(look)
        .catch((error) => onError('notify', error))
        .finally(() => wakeIn(nextLookMs()))
    }, ms)
    timer.unref()
  }

  function nextLookMs(): number {
    const next = Math.min(
      ...open.filter((each) => each.state === 'waiting' && !busy.has(each.route)).map((each) => each.nextAtMs),
    )
    return Math.min(lookEveryMs, Math.max(gatherMs, next - nowMs()))
  }

  async function look(): Promise<void> {
    if (closed) return
    const now = nowMs()
    const occasions = occasionsAt(now)
    firstSeenMs = new Map(
      occasions.flatMap(({ key, state }) => (state === 'open' ? [[key, firstSeenMs.get(key) ?? now]] : [])),
    )
    const given = { occasions, routes: routes(), deliveries: open, nowMs: now }
    const { add, drop } = plan({ ...given, firstSeenMs: (key) => firstSeenMs.get(key) })
    for (const { id, why } of drop) await dropOne(id, why, now)
    if (add.length > 0) {
      const added = add.map((said) => deliveryOf(said, now))
      await rows.addDeliveries(added)
      open.push(...added)
    }
    await closeRounds()
    send()
    if (now - forgotAtMs > forgetEveryMs) {
      forgotAtMs = now
      await rows.forgetBefore(now - keptMs)
    }
  }

  function deliveryOf({ route, key, round, step, occasion }: Said, now: number): Open {
    const message = messageOf(occasion, step)
    const routeName = routes().find((each) => each.id === route)?.name ?? route
    const times = { createdAtMs: now, nextAtMs: now }
    return { id: newId(), key, round, route, routeName, step, state: 'waiting', attempts: 0, ...times, message }
  }

  async function dropOne(id: string, why: string, now: number): Promise<void> {
    const found = open.find((each) => each.id === id)
    if (!found) return
    const change = { state: 'dropped' as const, detail: why, endedAtMs: now }
    // In memory first: nothing begins to say it while it is being written.
    Object.assign(found, change)
    await rows.changeDelivery(id, change)
  }

  /** Rounds in which nothing follows leave memory. */
  async function closeRounds(): Promise<void> {
    const known = new Set(routes().map((each) => each.id))
    const rounds = new Map<string, Open[]>()
    for (const each of open) {
      const name = JSON.stringify([each.route, each.key, each.round])
      rounds.set(name, [...(rounds.get(name) ?? []), each])
    }
    const over = [...rounds.values()]
      .filter((round) => round.every((each) => each.state !== 'waiting') && !busy.has(round[0]?.route ?? ''))
      .filter((round) => isOver(round) || !known.has(round[0]?.route ?? ''))
      .flat()
    if (over.length === 0) return
    await rows.markOver(over.map((each) => each.id))
    const gone = new Set(over)
    open = open.filter((each) => !gone.has(each))
  }

  /** Routes do not wait for each other; what one route hears keeps its order. */
  function send(): void {
    for (const route of routes()) {
      if (!route.isEnabled || busy.has(route.id) || nextOf(route) === undefined) continue
      const sending = sendAll(route)
        .catch((error) => onError(`notify ${route.name}`, error))
        .finally(() => {
          busy.delete(route.id)
          wakeIn(gatherMs)
        })
      busy.set(route.id, sending)
    }
  }

  function nextOf(route: Route): Open | undefined {
    const own = open.filter((each) => each.route === route.id)
    return dueOf(own, nowMs())[0]
  }

  async function sendAll(route: Route): Promise<void> {
    for (let next = nextOf(route); next && !closed; next = nextOf(route)) await attempt(route, next)
  }

  async function attempt(route: Route, delivery: Open): Promise<void> {
    delivery.attempts += 1
    await rows.changeDelivery(delivery.id, { attempts: delivery.attempts })
    const outcome = await say(route, delivery)
    const now = nowMs()
    const told = { status: outcome.status, detail: outcome.detail }
    // What was dropped meanwhile and did arrive has arrived; what did not is not tried again.
    if (outcome.ok) Object.assign(delivery, { state: 'delivered', endedAtMs: now, ...told })
    else if (delivery.state === 'waiting') {
      const { retryAfterMs } = outcome
      const then = afterFailure(delivery, { nowMs: now, chance: chance(), retryAfterMs })
      Object.assign(delivery, { ...then, ...told }, then.state === 'failed' && { endedAtMs: now })
    } else return
    const { state, nextAtMs, endedAtMs } = delivery
    await rows.changeDelivery(delivery.id, { state, nextAtMs, ...told, ...(endedAtMs !== undefined && { endedAtMs }) })
  }

  async function say(route: Route, { id, key, round, message }: Delivery): Promise<Outcome> {
    const dedupKey = `${key}@${round}`
    const envelope = { id, dedupKey, message: Message.parse(message), consoleUrl: consoleUrl(), nowMs: nowMs() }
    try {
      return await channel(route)(envelope)
    } catch (error) {
      onError(`notify ${route.name}`, error)
      return { ok: false, detail: 'could not be sent: this is our fault, the server log has the details' }
    }
  }

  return {
    occasions() {
      const now = nowMs()
      if (!seen || now - seen.atMs > (seen.isOld ? gatherMs : lookEveryMs)) {
        const open = occasionsAt(now).filter((each) => each.state === 'open')
        seen = { occasions: open, atMs: now, isOld: false }
      }
      return [...seen.occasions]
    },
    alsoSay: (more) => void others.push(more),
    look: () => wakeIn(0),
    async retry(id) {
      const found = open.find((each) => each.id === id)
      if (!found || (found.state !== 'waiting' && found.state !== 'failed')) return false
      const change = { state: 'waiting' as const, nextAtMs: nowMs() }
      await rows.changeDelivery(id, change)
      Object.assign(found, change)
      wakeIn(0)
      return true
    },
    async test(route, by) {
      const startMs = nowMs()
      const id = newId()
      const message = testMessage(by, startMs)
      const row = {
        id,
        key: `test:${id}`,
        round: startMs,
        route: route.id,
        routeName: route.name,
        step: 'test' as const,
      }
      const outcome = await say(route, {
        ...row,
        state: 'waiting',
        attempts: 1,
        createdAtMs: startMs,
        nextAtMs: startMs,
        message,
      })
      const endedAtMs = nowMs()
      const { status, detail } = outcome
      const state = outcome.ok ? 'delivered' : 'failed'
      const times = { createdAtMs: startMs, nextAtMs: startMs, endedAtMs }
      await rows.addDeliveries([{ ...row, state, attempts: 1, ...times, status, detail, message }])
      return { ...outcome, tookMs: endedAtMs - startMs }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await looking
      // What is under way and does not end in time is said again after the next start.
      const late = new Promise((resolve) => setTimeout(resolve, closeWithinMs).unref())
      await Promise.race([Promise.all(busy.values()), late])
    },
  }
}

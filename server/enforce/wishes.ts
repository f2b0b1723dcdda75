// The newest wanted level of each part of each session, and who works on it. A level, not an edge: a wish for the opposite ends the
// older one, and waits until its last request has been answered, so that no late "revoked" overtakes a "restored".
import type { SessionState } from '../model/state.ts'
import type { Restriction } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import { bring, type Pace, type Result, type Told } from './bring.ts'
import type { EnforcementPipeline, Enforcer, Order, Part, Sleep } from './enforcer.ts'
import { isSettled, type PartResult, readingOf } from './outcome.ts'

export type WishesOptions = {
  pipeline: EnforcementPipeline
  /** Everybody who can do it now. */
  enforcersOf(session: SessionState, part: Part): Enforcer[]
  nowMs: () => number
  sleep: Sleep
  pace: Pace
  onError: (context: string, error: unknown) => void
}

type Wish = {
  wanted: boolean
  stop: AbortController
  /** Undefined when it was stopped first. */
  done: Promise<Result[] | undefined>
  isDone: boolean
  /** The last request of its own and of older wishes has been answered. */
  over: Promise<void>
}

export type Wishes = {
  /** Works until every effect was read or the pace is used up; then goes on quietly while it is wanted. */
  want(order: Order): Promise<Result[] | undefined>
  /** Goes on with what an earlier run left undone. */
  resume(order: Order): void
  stopSession(session: string): void
  close(): void
}

export function createWishes({ pipeline, enforcersOf, nowMs, sleep, pace, onError }: WishesOptions): Wishes {
  const wishes = new Map<string, Wish>()
  const onePass: Pace = { ...pace, deliveriesMs: [0], readingsMs: [0] }

  function start(order: Order, work: (wish: Wish) => Promise<Result[] | undefined>): Promise<Result[] | undefined> {
    const key = `${order.session} ${order.part}`
    const older = wishes.get(key)
    older?.stop.abort()
    const stop = new AbortController()
    const wish: Wish = {
      wanted: order.wanted,
      stop,
      done: Promise.resolve(undefined),
      isDone: false,
      over: Promise.resolve(),
    }
    wishes.set(key, wish)
    wish.done = (older?.over ?? Promise.resolve()).then(() => work(wish))
    wish.over = wish.done
      .then(async (results) => {
        wish.isDone = true
        if (results && !stop.signal.aborted) await goOn(order, wish, results)
      })
      .catch((error) => {
        wish.isDone = true
        onError('enforce', error)
      })
      .finally(() => {
        if (wishes.get(key) === wish) wishes.delete(key)
      })
    return wish.done
  }

  async function pass(order: Order, wish: Wish, at: Pace, told: Told, skip: ReadonlySet<string>) {
    const session = pipeline.state.sessions.get(order.session)
    if (!session || wish.stop.signal.aborted) return undefined
    const { signal } = wish.stop
    const all = enforcersOf(session, order.part).filter((each) => !skip.has(each.name))
    const results = await Promise.all(all.map((each) => bring(each, order, { signal, sleep, pace: at, told })))
    const whole = results.filter((each) => each !== undefined)
    return whole.length === results.length ? whole : undefined
  }

  /** Once a minute and without a word, until what is missing was read as wanted. */
  async function goOn(order: Order, wish: Wish, first: Result[]): Promise<void> {
    const known = new Map(first.map((each) => [each.enforcer, each]))
    for (;;) {
      const settled = [...known.values()].filter((each) => isSettled(each, order.wanted))
      if (settled.length === known.size) return
      await sleep(pace.quietMs, wish.stop.signal)
      const told: Told = (step) => {
        // What was acknowledged before is acknowledged again: that is no news.
        const isNews = [...known.values()].every((each) => !each.acknowledged || !step.detail.startsWith(each.enforcer))
        if (step.ok && isNews) tellStep(order, step)
      }
      const results = await pass(order, wish, onePass, told, new Set(settled.map((each) => each.enforcer)))
      if (!results || results.length === 0) return
      for (const result of results) known.set(result.enforcer, result)
      if (results.some((each) => isSettled(each, order.wanted))) {
        await tellReading({ part: order.part, wanted: order.wanted, results: [...known.values()] }, order)
      }
    }
  }

  /** In the order in which they happened; enforcing waits for no database. */
  function tellStep(order: Order, step: Parameters<Told>[0]): void {
    const { control, session: id } = order
    pipeline
      .command((state) => {
        const session = state.sessions.get(id)
        const known = session?.controls.some((each) => each.control === control)
        const events = session && known ? [stepEvent(session, { control, ...step }, nowMs())] : []
        return { result: undefined, events, trust: 'vigil' }
      })
      .catch((error) => onError('record a step of a control', error))
  }

  function tellReading(part: PartResult, { session: id }: Order): Promise<void> {
    return pipeline.command((state) => {
      const session = state.sessions.get(id)
      const events = session && session.endedAtMs === undefined ? readingEvents(session, part, nowMs()) : []
      return { result: undefined, events, trust: 'vigil' }
    })
  }

  return {
    want(order) {
      const current = wishes.get(`${order.session} ${order.part}`)
      if (current && current.wanted === order.wanted && !current.isDone) return current.done
      return start(order, (wish) => pass(order, wish, pace, (step) => tellStep(order, step), new Set()))
    },
    resume(order) {
      const unknown = { acknowledged: false, unverifiable: false }
      const session = pipeline.state.sessions.get(order.session)
      const all = session ? enforcersOf(session, order.part).filter((each) => !each.immediate) : []
      void start(order, async () => all.map((each) => ({ enforcer: each.name, address: each.address, ...unknown })))
    },
    stopSession(session) {
      for (const [key, wish] of wishes) if (key.startsWith(`${session} `)) wish.stop.abort()
    },
    close() {
      for (const wish of wishes.values()) wish.stop.abort()
    },
  }
}

export function stepEvent(
  session: SessionState,
  data: Extract<EventInput, { kind: 'control.step' }>['data'],
  nowMs: number,
): EventInput {
  return {
    v: 1,
    kind: 'control.step',
    atMs: nowMs,
    session: session.session,
    ...(session.host && { host: session.host }),
    data: { ...data, detail: data.detail.slice(0, 512) },
  }
}

/** Only what was read, and not what the state says already. */
export function readingEvents(session: SessionState, part: PartResult, nowMs: number): EventInput[] {
  const reading = readingOf(part)
  if (!reading || part.part === 'end') return []
  const { restricted, observed, observedFrom, enforcer } = reading
  if (part.part === 'pause') {
    if (session.observedPaused === restricted) return []
    const base = { v: 1 as const, atMs: nowMs, session: session.session, ...(session.host && { host: session.host }) }
    return [{ ...base, kind: 'session.observed', data: { paused: restricted, observed, observedFrom } }]
  }
  const last = session.readings.get(part.part)
  if (last && last.restricted === restricted && last.observed === observed && last.enforcer === enforcer) return []
  return [observedEvent(session, part.part, reading, nowMs)]
}

function observedEvent(
  { session, host }: SessionState,
  capability: Restriction,
  { restricted, enforcer, observed, observedFrom }: NonNullable<ReturnType<typeof readingOf>>,
  nowMs: number,
): EventInput {
  const data = {
    capability,
    restricted,
    enforcer: enforcer.slice(0, 512),
    observed: observed.slice(0, 512),
    observedFrom,
  }
  return { v: 1, kind: 'capability.observed', atMs: nowMs, session, ...(host && { host }), data }
}

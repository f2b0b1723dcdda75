// Looking back over one socket: one moment at a time, the same projections as live, and playing on by applying what came next, never by
// rebuilding. Nothing here acts: a socket that looks back is refused every control.

import { touchesFleet } from '../model/project-fleet.ts'
import { projectRow } from '../model/project-row.ts'
import { emptySampleHistory } from '../model/sample-history.ts'
import type { SessionRow } from '../protocol/browser-messages.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { ReplayMoment, ReplaySnapshot, ReplayWatch } from '../protocol/replay-messages.ts'
import type { Clock, EventReader, Past, Replay, ReplayTold } from './ports.ts'
import { ProblemError } from './problem.ts'
import {
  bytesOfSnapshot,
  eventsOfSnapshot,
  fleetSnapshot,
  type Looked,
  pointsOfSession,
  sessionSnapshot,
} from './view-snapshot.ts'
import { createViewer, type Viewer } from './viewer.ts'

const tickMs = 100
/** Events applied in one tick: what is denser than that plays slower than asked, and the clock says so. */
const eventsPerTick = 2_000
/** A tick that came late does not jump further than this. */
const lateMs = 1_000
/** A browser's clock may be that much ahead. */
const aheadMs = 5_000

/** Where the states of the past are. */
export type PastLook = {
  open(atMs: number, isWanted?: () => boolean): Promise<Past>
  firstSeenAt(): Promise<number | undefined>
}

export type ReplayOptions = ReplayTold & {
  past: PastLook
  reader: Pick<EventReader, 'sessionEvents' | 'sessionPoints'>
  clock: Clock
}

export function createReplay({ past, reader, clock, gapMs, frame, moment, onError }: ReplayOptions): Replay {
  const history = emptySampleHistory()
  let current: { past: Past; viewer: Viewer; rows: Map<SessionId, SessionRow>; atMs: number } | undefined
  /** Of the newest `watch`: an older one that is still being rebuilt is not wanted any more. */
  let request = 0
  let isOn = false
  let speed: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let firstAtMs: number | undefined

  function halt(): void {
    speed = undefined
    clearTimeout(timer)
  }

  function letGo(): void {
    halt()
    current?.viewer.close()
    current?.past.close()
    current = undefined
  }

  const told = (caughtUp = false): ReplayMoment => ({
    watch: current?.viewer.watch ?? -1,
    atMs: current?.atMs ?? 0,
    seq: current?.past.seq ?? 0,
    playing: speed !== undefined,
    ...(firstAtMs !== undefined && { firstAtMs }),
    ...(caughtUp && { caughtUp }),
  })

  async function tick(lastMs: number): Promise<void> {
    const playing = current
    if (!playing || speed === undefined) return
    const nowMs = clock.nowMs()
    const target = Math.min(nowMs, playing.atMs + Math.min(lateMs, Math.max(0, nowMs - lastMs)) * speed)
    const { events, touched } = await playing.past.advance(target, eventsPerTick)
    if (current !== playing || speed === undefined) return
    const isWhole = events.length < eventsPerTick
    playing.atMs = isWhole ? target : (events.at(-1)?.seenAtMs ?? target)
    for (const id of [...touched.sessions, ...touched.removed]) playing.rows.delete(id)
    const { state } = playing.past
    const kinds = events.map((event) => event.kind)
    playing.viewer.changed({ ...touched, fleet: touchesFleet(state, kinds, touched.fleet), events }, false)
    const caughtUp = isWhole && target >= nowMs
    if (caughtUp) halt()
    moment(told(caughtUp))
    if (!caughtUp) later(nowMs)
  }

  function later(lastMs: number): void {
    timer = setTimeout(() => {
      tick(lastMs).catch((error: unknown) => {
        halt()
        const isBusy = isOf(error, 'PastBusyError')
        const why = isBusy ? (error as Error).message : 'it could not be read on from there'
        if (current) moment({ ...told(), why })
        if (!isBusy && !isOf(error, 'NotWantedError')) onError('play the past', error)
      })
    }, tickMs)
  }

  return {
    isOn: () => isOn,

    async watch(number: number, { watch, atMs }: ReplayWatch): Promise<ReplaySnapshot> {
      isOn = true
      halt()
      request += 1
      const mine = request
      const nowMs = clock.nowMs()
      if (atMs > nowMs + aheadMs)
        throw new ProblemError(422, 'That moment has not come', 'it is in the future: there is nothing to show yet')
      const opened = await openAt(Math.min(atMs, nowMs), () => mine === request && isOn)
      if (mine !== request || !isOn) {
        opened.close()
        throw superseded()
      }
      letGo()
      const rows = new Map<SessionId, SessionRow>()
      const rowOf = (id: SessionId): SessionRow | undefined => {
        const known = rows.get(id)
        if (known) return known
        const session = opened.state.sessions.get(id)
        if (!session) return undefined
        const row = projectRow(opened.state, session)
        rows.set(id, row)
        return row
      }
      const viewer = createViewer(number, watch, {
        // Its own from the first step on: then it is another object.
        get state() {
          return opened.state
        },
        history,
        rowOf,
        emitFrame: frame,
        nowMs: clock.nowMs,
        gapMs,
        later: (ms, run) => {
          const waits = setTimeout(run, ms)
          return () => clearTimeout(waits)
        },
      })
      current = { past: opened, viewer, rows, atMs: Math.min(atMs, nowMs) }
      firstAtMs ??= await past.firstSeenAt()
      const looked: Looked = { watch: number, serverNowMs: clock.nowMs(), state: opened.state, history, rowOf }
      if (watch.view === 'live') return { ...fleetSnapshot(looked), moment: told() }
      const { session } = watch
      const { seq } = opened
      const [page, points] = await Promise.all([
        reader.sessionEvents({ session, beforeSeq: seq + 1, limit: eventsOfSnapshot, bytesMax: bytesOfSnapshot }),
        reader.sessionPoints(session, pointsOfSession, atMs),
      ])
      if (mine !== request || !isOn) throw superseded()
      if (!opened.state.sessions.has(session))
        throw new ProblemError(404, 'No such session', 'it was not known at that moment, or had left memory')
      return { ...sessionSnapshot(looked, session, { ...page, points }), moment: told() }
    },

    async play(wanted: number): Promise<{ done: true }> {
      if (!current) throw new ProblemError(409, 'Nothing to play', 'look at a moment first')
      const isGoing = speed !== undefined
      speed = wanted
      if (!isGoing) later(clock.nowMs())
      return { done: true }
    },

    async stop(): Promise<{ done: true }> {
      halt()
      if (current) moment(told())
      return { done: true }
    },

    painted(n: number): void {
      current?.viewer.painted(n)
    },

    close(): void {
      isOn = false
      request += 1
      letGo()
    },
  }

  async function openAt(atMs: number, isWanted: () => boolean): Promise<Past> {
    try {
      return await past.open(atMs, isWanted)
    } catch (error) {
      throw problemOfPast(error)
    }
  }
}

/** What went wrong with looking back, for whoever asked. */
export function problemOfPast(error: unknown): unknown {
  if (isOf(error, 'PastBusyError')) return new ProblemError(503, 'Too many look back', (error as Error).message)
  return isOf(error, 'NotWantedError') ? superseded() : error
}

function superseded(): ProblemError {
  return new ProblemError(409, 'Superseded', 'another moment was asked for meanwhile')
}

function isOf(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

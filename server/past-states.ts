// States of the past, rebuilt from the nearest snapshot and the events after it by the one reducer, shared between those who look at the
// same place of the log. Rebuilding goes in slices between which everything else has its turn, one after another, so what is live does not wait.
import { setImmediate } from 'node:timers/promises'
import { isLent } from './model/long-parts.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { type ConsoleState, emptyState } from './model/state.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { Past } from './web/ports.ts'

/** Events read at once. */
const sliceEvents = 1_000
/** Events applied between two turns of the event loop: a few milliseconds, also where each is the first of its session. */
const turnEvents = 100
/** States that may be in use at once, and bytes of all that are kept. */
const statesMax = 12
const bytesMax = 512 * 1024 * 1024
/** Rebuilds that wait for their turn. */
const waitingMax = 24
/** A rebuild over a longer tail leaves snapshots behind, so that the next look near it is short. */
const leaveEvery = 50_000

export type PastLog = {
  /** The newest event seen at or before then; 0: none. */
  seqAt(atMs: number): Promise<number>
  snapshotBefore(seq: number): Promise<number | undefined>
  readSnapshot(seq: number): Promise<ConsoleState | undefined>
  writeSnapshot(state: ConsoleState): Promise<void>
  readLog(afterSeq: number, limit: number, throughSeq?: number): Promise<StoredEvent[]>
}

export class PastBusyError extends Error {
  override name = 'PastBusyError'
}
/** Somebody who asked went on to another moment before this one was ready. */
export class NotWantedError extends Error {
  override name = 'NotWantedError'
}

type Kept = { seq: number; state: ConsoleState; users: number; usedAt: number; bytes: number }

export type PastStates = ReturnType<typeof createPastStates>

export function createPastStates(log: PastLog) {
  const kept = new Map<number, Kept>()
  /** States that play: nobody else sees them. */
  let owned = 0
  let uses = 0
  let waiting = 0
  let turn: Promise<unknown> = Promise.resolve()

  const seqOf = (state: ConsoleState) => Math.max(0, ...state.headSeq.values())

  function makeRoom(): void {
    let bytes = 0
    for (const each of kept.values()) bytes += each.bytes
    const idle = [...kept.values()].filter((each) => each.users === 0).sort((a, b) => a.usedAt - b.usedAt)
    for (const each of idle) {
      if (kept.size + owned <= statesMax && bytes <= bytesMax) return
      kept.delete(each.seq)
      bytes -= each.bytes
    }
  }

  /** Those that play are copies of their own: they count as much as those that are shared. */
  function requireRoom(): void {
    makeRoom()
    const inUse = [...kept.values()].filter((each) => each.users > 0).length
    if (inUse + owned >= statesMax) throw new PastBusyError('too many look back at once: try again in a moment')
  }

  /** The nearest that is kept and that nobody looks at, or a snapshot, whichever leaves the shorter tail. */
  async function nearest(seq: number): Promise<ConsoleState> {
    let best: Kept | undefined
    for (const each of kept.values())
      if (each.users === 0 && each.seq <= seq && each.seq >= (best?.seq ?? 0)) best = each
    const snapshot = await log.snapshotBefore(seq)
    if (best && kept.get(best.seq) === best && best.users === 0 && best.seq >= (snapshot ?? 0)) {
      kept.delete(best.seq)
      return best.state
    }
    return (snapshot === undefined ? undefined : await log.readSnapshot(snapshot)) ?? emptyState()
  }

  async function rebuild(seq: number, isWanted: () => boolean): Promise<ConsoleState> {
    const state = await nearest(seq)
    let left = seqOf(state)
    const readFrom = (at: number) => log.readLog(at, Math.min(sliceEvents, seq - at), seq)
    let reading = left < seq ? readFrom(left) : undefined
    while (reading) {
      const events = await reading
      const last = events.at(-1)
      if (!isWanted()) throw new NotWantedError('another moment was asked for')
      // The next are on their way while these are applied.
      reading = last && last.seq < seq ? readFrom(last.seq) : undefined
      // Where this fails, what is on its way is nobody's any more.
      reading?.catch(() => undefined)
      for (const [n, event] of events.entries()) {
        applyEvent(state, event, nothingTouched())
        if (n % turnEvents === turnEvents - 1) await setImmediate()
      }
      const at = seqOf(state)
      if (at - left >= leaveEvery) {
        left = at
        await log.writeSnapshot(state)
      }
    }
    return state
  }

  /** One rebuild at a time: two would only make both late. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= waitingMax) throw new PastBusyError('too many look back at once: try again in a moment')
    waiting += 1
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      waiting -= 1
    }
  }

  async function take(seq: number, isWanted: () => boolean): Promise<Kept> {
    const found = kept.get(seq)
    if (found) return use(found)
    return await inTurn(async () => {
      const meanwhile = kept.get(seq)
      if (meanwhile) return use(meanwhile)
      if (!isWanted()) throw new NotWantedError('another moment was asked for')
      requireRoom()
      const state = await rebuild(seq, isWanted)
      const made = { seq, state, users: 0, usedAt: 0, bytes: roughBytes(state) }
      kept.set(seq, made)
      use(made)
      makeRoom()
      return made
    })
  }

  function use(each: Kept): Kept {
    each.users += 1
    uses += 1
    each.usedAt = uses
    return each
  }

  return {
    /** For tests and figures: how many states are kept. */
    size: () => kept.size + owned,

    /** The state when everything seen at or before `atMs` had been applied. Throws `PastBusyError`, `NotWantedError`. */
    async open(atMs: number, isWanted: () => boolean = () => true): Promise<Past> {
      let entry: Kept | undefined = await take(await log.seqAt(atMs), isWanted)
      let { state } = entry
      let ahead: StoredEvent[] = []
      let isClosed = false

      /** Alone with it, or with one of its own: what others look at must not move. */
      async function own(): Promise<void> {
        if (!entry) return
        const mine = entry
        if (mine.users === 1) {
          kept.delete(mine.seq)
        } else {
          const copy = await inTurn(() => {
            requireRoom()
            return rebuild(mine.seq, () => !isClosed)
          })
          if (isClosed) throw new NotWantedError('it was given back meanwhile')
          mine.users -= 1
          state = copy
        }
        entry = undefined
        owned += 1
      }

      return {
        get state() {
          return state
        },
        get seq() {
          return seqOf(state)
        },
        async advance(untilMs, max) {
          await own()
          const touched = nothingTouched()
          const events: StoredEvent[] = []
          // Up to `max`, however short the slices are: who asks takes fewer for "there are no more before then".
          while (events.length < max) {
            if (ahead.length === 0) {
              const more = await log.readLog(seqOf(state), sliceEvents)
              // Given back meanwhile: others may look at this very state.
              if (isClosed) return { events: [], touched: nothingTouched(), nextAtMs: undefined }
              ahead = more
            }
            const next = ahead[0]
            if (next === undefined || next.seenAtMs > untilMs) break
            ahead.shift()
            applyEvent(state, next, touched)
            events.push(next)
          }
          return { events, touched, nextAtMs: ahead[0]?.seenAtMs }
        },
        close() {
          if (isClosed) return
          isClosed = true
          if (entry) {
            entry.users -= 1
            entry = undefined
            return
          }
          owned -= 1
          // Where it stopped is where somebody may look next.
          const seq = seqOf(state)
          if (!kept.has(seq)) kept.set(seq, { seq, state, users: 0, usedAt: uses, bytes: roughBytes(state) })
          makeRoom()
        },
      }
    },
  }
}

/** By what it holds, without writing it out: a bound, no measurement. */
export function roughBytes(state: ConsoleState): number {
  let parts = state.approvals.size * 4 + state.gpus.size + state.hosts.size
  for (const session of state.sessions.values()) {
    // What was not read yet is compressed: asking for its length would read it.
    parts += isLent(session) ? 8 : session.exitedProcesses.length + session.closedConnections.length
    parts +=
      4 +
      session.processes.size +
      session.connections.size +
      session.openActions.size +
      session.recentActions.length +
      session.flags.length +
      session.controls.length * 4
  }
  return parts * 700
}

// Which rows a browser is owed at once and which may wait. What is on its screen, what is new and what a person waits for goes with the next
// frame; of the others each goes once a second at most, a few a frame, so that ten thousand busy sessions cost a browser, and us, what one
// screen of them costs. A browser that has not said what it looks at is owed everything at once. Knows no clock and no socket.
import type { SamplePoint } from '../protocol/browser-messages.ts'
import type { SessionId } from '../protocol/ids.ts'

/** Between two frames that carry rows which may wait. */
export const turnMs = 100
/** How long a row that is not looked at waits, so that what happens meanwhile travels once. */
export const restMs = 1_000
/** Of rows which may wait, and of points, in one frame. */
const restMax = 400
/** Of rows that the snapshot left out: nothing on the screen is whole before they are there. */
export const leftOutMax = 800

export type OwedRows = ReturnType<typeof createOwedRows>

export function createOwedRows() {
  let looked: ReadonlySet<SessionId> | undefined
  const atOnce = new Set<SessionId>()
  /** In the order in which they are due. */
  const later = new Map<SessionId, number>()
  const leftOut = new Set<SessionId>()
  const points = new Map<SessionId, SamplePoint>()
  let pointsDueMs = 0
  let turnAtMs = Number.NEGATIVE_INFINITY

  const isAtOnce = (id: SessionId) => looked === undefined || looked.has(id)

  const putAtOnce = (id: SessionId) => {
    atOnce.add(id)
    later.delete(id)
  }

  return {
    isLooked: isAtOnce,
    /** The snapshot had no room for these; they follow in this order. */
    leaveOut(ids: readonly SessionId[]): void {
      for (const id of ids) leftOut.add(id)
    },
    /** Answers those that were not looked at before. */
    look(ids: readonly SessionId[]): SessionId[] {
      const before = looked
      looked = new Set(ids)
      for (const id of ids) if (later.has(id) || leftOut.has(id)) putAtOnce(id)
      return before === undefined ? [] : ids.filter((id) => !before.has(id))
    },
    changed(id: SessionId, isAwaited: boolean, nowMs: number): void {
      if (isAwaited || isAtOnce(id)) putAtOnce(id)
      else if (!atOnce.has(id) && !leftOut.has(id) && !later.has(id)) later.set(id, nowMs + restMs)
    },
    removed(id: SessionId): void {
      for (const each of [atOnce, later, leftOut, points]) each.delete(id)
    },
    /** Of a session that is not looked at: only the newest counts. */
    sampled(id: SessionId, point: SamplePoint, nowMs: number): void {
      if (points.size === 0) pointsDueMs = nowMs + restMs
      points.set(id, point)
    },
    hasAtOnce: () => atOnce.size > 0,
    /** When a frame is wanted for what may wait; undefined: there is nothing. */
    dueMs(): number | undefined {
      const dues: number[] = []
      if (leftOut.size > 0) dues.push(turnAtMs)
      for (const due of later.values()) {
        dues.push(due)
        break
      }
      if (points.size > 0) dues.push(pointsDueMs)
      return dues.length === 0 ? undefined : Math.max(Math.min(...dues), turnAtMs + turnMs)
    },
    /** What goes into the frame that is made now. `toCome`: of the left out, where that changed. */
    take(nowMs: number): { rows: SessionId[]; points: { session: SessionId; point: SamplePoint }[]; toCome?: number } {
      const before = leftOut.size
      const rows = [...atOnce]
      const taken: { session: SessionId; point: SamplePoint }[] = []
      for (const id of atOnce) leftOut.delete(id)
      atOnce.clear()
      if (nowMs >= turnAtMs + turnMs) {
        turnAtMs = nowMs
        for (const id of first(leftOut, leftOutMax)) {
          leftOut.delete(id)
          rows.push(id)
        }
        for (const [id, dueMs] of first(later, restMax)) {
          if (dueMs > nowMs) break
          later.delete(id)
          rows.push(id)
        }
        if (points.size > 0 && nowMs >= pointsDueMs) {
          for (const [session, point] of first(points, restMax)) {
            points.delete(session)
            taken.push({ session, point })
          }
        }
      }
      return { rows, points: taken, ...(leftOut.size !== before && { toCome: leftOut.size }) }
    },
  }
}

function first<T>(all: Iterable<T>, max: number): T[] {
  const some: T[] = []
  for (const each of all) {
    if (some.length === max) break
    some.push(each)
  }
  return some
}

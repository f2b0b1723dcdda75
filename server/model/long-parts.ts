// What is long in a session and seldom looked at. Of a state that was read from a snapshot it is read when somebody first asks for it, and
// from then on it is the same as if it had been there always: whoever asks sees no difference.
import type { ConnectionState, SessionState } from './state.ts'

/** Changed by events of their own session alone: as long as its `lastSeq` is the same, so are they. */
export const longFields = ['exitedProcesses', 'closedConnections'] as const
export type LongField = (typeof longFields)[number]
export type PlainLong = Pick<SessionState, LongField>

/** So many a row shows. */
const newestMax = 3

type Lent = { read: () => string; newestClosed: ConnectionState[] }
/** Of sessions in which nobody has asked for it yet. */
const lentOf = new WeakMap<SessionState, Lent>()

export function plainLong({ exitedProcesses, closedConnections }: SessionState): PlainLong {
  return { exitedProcesses, closedConnections }
}

export const isLent = (session: SessionState): boolean => lentOf.has(session)

/** The newest that have closed, oldest first: asked for of every row, so it is at hand without the rest. */
export function newestClosed(session: SessionState): ConnectionState[] {
  return lentOf.get(session)?.newestClosed ?? session.closedConnections.slice(-newestMax)
}

/** `read` answers the JSON of a `PlainLong`. */
export function lend(session: SessionState, lent: Lent): void {
  const settle = () => {
    lentOf.delete(session)
    const long = JSON.parse(lent.read()) as PlainLong
    for (const field of longFields)
      Object.defineProperty(session, field, { value: long[field], writable: true, ...asUsual })
  }
  lentOf.set(session, lent)
  for (const field of longFields)
    Object.defineProperty(session, field, {
      get() {
        settle()
        return session[field]
      },
      set(value) {
        settle()
        Object.assign(session, { [field]: value })
      },
      ...asUsual,
    })
}

const asUsual = { enumerable: true, configurable: true } as const

// One costly reading of a thing for everybody who asks for it: who asks while it goes on, or shortly afterwards, gets the same answer. However
// fast the thing changes, and an agent may make it change, it is read one time after the other and at most once in so long.
import { setTimeout as sleep } from 'node:timers/promises'

type Reading<T> = { version: string; beganAtMs: number; isOver: boolean; answer: Promise<T>; next?: Promise<T> }

/** `versionNow`: of what the answer is made of. Whoever asks gets an answer of a reading that began no earlier than that version stood. */
export type AskShared<T> = (key: string, versionNow: () => string, read: () => Promise<T>) => Promise<T>

export function shareReadings<T>({
  everyMs,
  nowMs,
  wait = async (ms) => void (await sleep(ms, undefined, { ref: false })),
}: {
  everyMs: number
  nowMs: () => number
  wait?: (ms: number) => Promise<void>
}): AskShared<T> {
  const known = new Map<string, Reading<T>>()

  /** A clock that was set back makes nobody wait for longer. */
  const restOf = ({ beganAtMs }: Reading<T>) => Math.min(everyMs, beganAtMs + everyMs - nowMs())

  function begin(key: string, version: string, read: () => Promise<T>): Promise<T> {
    const reading: Reading<T> = { version, beganAtMs: nowMs(), isOver: false, answer: read() }
    known.set(key, reading)
    const forget = () => void (known.get(key) === reading && known.delete(key))
    reading.answer.then(
      async () => {
        reading.isOver = true
        // It is large: it is kept no longer than it is answered with.
        await wait(Math.max(0, restOf(reading)))
        if (!reading.next) forget()
      },
      // What failed is asked for again.
      forget,
    )
    return reading.answer
  }

  return (key, versionNow, read) => {
    const last = known.get(key)
    const version = versionNow()
    if (!last || (last.isOver && restOf(last) <= 0 && !last.next)) return begin(key, version, read)
    if (last.version === version) return last.answer
    last.next ??= last.answer
      .catch(() => undefined)
      .then(() => wait(Math.max(0, restOf(last))))
      .then(() => begin(key, versionNow(), read))
    return last.next
  }
}

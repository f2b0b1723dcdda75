// Waits for submissions to become durable, but not for ever: a source must hear "not yet" before its own time-out.
import { setTimeout as sleep } from 'node:timers/promises'

const waitMsMax = 20_000
/** Once a part was refused for want of room: who sent it must hear so while it still has the rest in hand. */
const overloadedWaitMs = 1_000

/**
 * Adds up what became durable. `failure` says why the rest did not (in time); what is still waiting may yet become durable, so the
 * sender should repeat it with the same event ids.
 */
export async function durableInTime(pending: Promise<number>[]): Promise<{ accepted: number; failure?: string }> {
  let accepted = 0
  let failure: string | undefined
  const timer = new AbortController()
  let overloaded: () => void = () => undefined
  const isOverloaded = new Promise<void>((resolve) => {
    overloaded = resolve
  })
  const all = Promise.all(
    pending.map(async (each) => {
      try {
        // Awaited first: `accepted += await each` would add to the sum as it was before the wait.
        const more = await each
        accepted += more
      } catch (error) {
        const isFull = error instanceof Error && error.name === 'OverloadedError'
        failure ??= isFull ? error.message : 'the database refused the events'
        if (isFull) overloaded()
      }
    }),
  )
  await Promise.race([
    all,
    isOverloaded.then(() => sleep(overloadedWaitMs, undefined, { signal: timer.signal })).catch(() => undefined),
    sleep(waitMsMax, undefined, { signal: timer.signal })
      .then(() => {
        failure ??= 'the database does not answer: send again with the same ids'
      })
      .catch(() => undefined), // aborted: everything was answered in time
  ])
  timer.abort()
  return failure === undefined ? { accepted } : { accepted, failure }
}

// Brings one level of one session (network, gpu, pause) to what is wanted and reads it back. What it returns is what was read,
// never what was asked.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type HostRestriction, stepName } from '../server/protocol/control.ts'
import { cutText, shortTextMax } from '../server/protocol/text.ts'
import type { AskedStep, Enforcer, Reading } from './enforce/enforcer.ts'
import type { Session } from './session.ts'

/** How long one round waits for a reading to agree. */
export const waitMaxMs = 5_000
const shortWaitMs = 300
/** How long the network may keep a freeze waiting. */
const noWaitMs = 150
/** Reading in a loop any longer would take the core from the very tasks that have to reach their freeze. */
const spinMs = 2
const askAgainMs = 500

export type LevelResult = {
  level: HostRestriction
  on: boolean
  agrees: boolean
  asked: AskedStep[]
  reading: Reading | undefined
  readAtMs: number
  /** Why it cannot be: nobody can do it here, or the kernel refused. */
  problem: string | undefined
}

export type Interrupt = () => boolean
export type Patience = 'none' | 'short' | 'long'

/**
 * Asks if need be, and reads. `patience`: `short` goes on to the next level soon, and comes back; `none` leaves what was asked to a later
 * reading. `isNew`: it was never asked so far, so there is nothing to look at first. `onNotInForce` gets the reading that finds a wanted
 * level not in force, before it is asked for again.
 */
export async function bringLevel(
  session: Session,
  level: HostRestriction,
  on: boolean,
  enforcer: Enforcer,
  options: {
    patience: Patience
    isNew?: boolean
    interrupted: Interrupt
    onNotInForce?: (reading: Reading) => void
    /** With `none`: it takes longer than may be waited for. */
    onSlow?: (asking: Promise<AskedStep[]>) => void
  },
): Promise<LevelResult> {
  const asked: AskedStep[] = []
  const result = (reading: Reading | undefined, problem?: string): LevelResult => ({
    level,
    on,
    agrees: problem === undefined && reading !== undefined && reading.restricted === on,
    asked,
    reading,
    readAtMs: Date.now(),
    problem,
  })
  try {
    const first = options.isNew && options.patience === 'none' ? undefined : await enforcer.observe(session)
    // Before its first process a session's cgroup is empty, and may well be frozen in advance.
    if (first?.empty && session.started) return result(first)
    if (first?.restricted === on && !enforcer.sweeps) return result(first)
    if (on && first) options.onNotInForce?.(first)
    const asking = Promise.resolve(ask(session, on, enforcer))
    if (options.patience === 'none') {
      // What the agent makes slow, many sockets for one, must not keep it running: the rest is waited for after the freeze.
      const soon = await Promise.race([asking, sleep(noWaitMs, undefined)])
      if (soon) asked.push(...soon)
      else {
        // A refusal that comes late is found again by the reading that follows.
        asking.catch(() => undefined)
        options.onSlow?.(asking)
      }
      return result(undefined)
    }
    asked.push(...(await asking))
    return result(await waitFor(session, on, enforcer, asked, options))
  } catch (error) {
    return result(undefined, error instanceof Error ? error.message : String(error))
  }
}

function ask(session: Session, on: boolean, enforcer: Enforcer): AskedStep[] | Promise<AskedStep[]> {
  return on ? enforcer.apply(session) : enforcer.revert(session)
}

/** Reads until it agrees, a newer wish comes, or time is up. */
async function waitFor(
  session: Session,
  on: boolean,
  enforcer: Enforcer,
  asked: AskedStep[],
  options: { patience: Patience; interrupted: Interrupt },
): Promise<Reading> {
  const startMs = performance.now()
  const maxMs = options.patience === 'short' ? shortWaitMs : waitMaxMs
  let stable = 0
  let askedMs = startMs
  for (;;) {
    const reading = await enforcer.observe(session)
    const nowMs = performance.now()
    const elapsedMs = nowMs - startMs
    if (reading.restricted === on) {
      stable += 1
      // Sweeps: a fork may have slipped between the signals; some times in a row with nothing new, or it is swept again.
      if (!enforcer.sweeps || stable >= 3) return reading
    } else stable = 0
    if ((reading.empty && session.started) || elapsedMs > maxMs || options.interrupted()) return reading
    if (enforcer.sweeps) {
      if (on) await enforcer.apply(session)
      await sleep(20)
    } else if (elapsedMs < spinMs) await nextTurn()
    else await sleep(Math.min(50, 1 + elapsedMs / 40))
    if (enforcer.sweeps || nowMs - askedMs < askAgainMs) continue
    askedMs = nowMs
    asked.splice(0, asked.length, ...joinAsked(asked, await ask(session, on, enforcer)))
  }
}

/** What was asked, and asked once more, as one: the network is dropped since the first time, all else is done since the last. */
export function joinAsked(before: readonly AskedStep[], after: readonly AskedStep[]): AskedStep[] {
  const joined = new Map(before.map((step) => [step.name, step]))
  for (const step of after) {
    const first = joined.get(step.name)
    if (first && step.name === stepName.egressDropped) continue
    const again = first?.detail.endsWith(step.detail) === false
    const detail = first ? (again ? `${first.detail}, then ${step.detail}` : first.detail) : step.detail
    joined.set(step.name, { ...step, detail: cutText(detail, shortTextMax) })
  }
  return [...joined.values()]
}

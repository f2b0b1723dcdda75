// Drops old readings: after a start and once an hour, as long work that is seen and can be cancelled; never what an incident holds.
import type { RetentionHolds } from './model/retention-holds.ts'
import type { Actor } from './protocol/actor.ts'
import {
  assumedRetention,
  type RetentionDays,
  type RetentionRun,
  type RetentionView,
  stepDaysOf,
} from './protocol/retention.ts'
import type { RolledUp, SampleDay } from './store/retention.ts'

const dayMs = 86_400_000
const everyMs = 3_600_000
/** A server that has just come back has better things to do. */
const firstMs = 5 * 60_000

export type RetentionStore = {
  daysBefore(cutoffMs: number): Promise<SampleDay[]>
  dropDay(day: SampleDay, holds: RetentionHolds): Promise<number>
  dropDefault(cutoffMs: number, holds: RetentionHolds): Promise<number>
  /** Whether there are such to drop. */
  hasRolledUpBefore(kind: RolledUp, cutoffMs: number, holds: RetentionHolds): Promise<boolean>
  dropRolledUp(kind: RolledUp, cutoffMs: number, holds: RetentionHolds, signal: AbortSignal): Promise<number>
  oldestMs(): Promise<number | undefined>
  days: { read(): RetentionDays | undefined; write(days: RetentionDays): Promise<void> }
}

export type StartJob = (
  about: { kind: 'retention'; title: string; by: Actor; unit: string },
  work: (given: {
    signal: AbortSignal
    progress(now: { done: number; of: number; phase: string }): void
  }) => Promise<object>,
  /** Called once, however it ended, also where the work never began. */
  ended: () => void,
) => Promise<{ id: string } | { refused: string }>

const itself: Actor = { type: 'server', id: 'retention', name: 'Retention' }

export function keepRetention(options: {
  store: RetentionStore
  holds: () => RetentionHolds
  start: StartJob
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}) {
  const { store, holds, start, nowMs, onError } = options
  let lastRun: RetentionRun | undefined
  let runs = false
  const daysKept = () => store.days.read() ?? assumedRetention
  /** UTC days are dropped whole: what is younger than the cutoff's day stays. */
  const cutoffOf = (days: number) => Math.floor(nowMs() / dayMs) * dayMs - days * dayMs

  async function run(by: Actor): Promise<{ id: string } | { refused: string }> {
    if (runs) return { refused: 'it runs already: see the list of long work' }
    runs = true
    const { readings, minutes } = daysKept()
    const stepDays = stepDaysOf(daysKept())
    const title = `Dropping readings older than ${readings} days and minutes older than ${minutes}`
    const about = { kind: 'retention' as const, title, by, unit: 'days' }
    const work: Parameters<StartJob>[1] = async ({ signal, progress }) => {
      const made = { atMs: nowMs(), daysDropped: 0, rowsHeld: 0, stepsDropped: 0, minutesDropped: 0 }
      try {
        const days = await store.daysBefore(cutoffOf(readings))
        for (const day of days) {
          signal.throwIfAborted()
          progress({ done: made.daysDropped, of: days.length, phase: day.name })
          // Read anew for each: an incident that opened meanwhile holds what is not dropped yet.
          made.rowsHeld += await store.dropDay(day, holds())
          made.daysDropped += 1
        }
        await store.dropDefault(cutoffOf(readings), holds())
        progress({ done: made.daysDropped, of: days.length, phase: 'minutes' })
        made.stepsDropped = await store.dropRolledUp('step', cutoffOf(stepDays), holds(), signal)
        made.minutesDropped = await store.dropRolledUp('minute', cutoffOf(minutes), holds(), signal)
        lastRun = made
      } catch (error) {
        lastRun = { ...made, problem: error instanceof Error ? error.message : String(error) }
        throw error
      }
      return {}
    }
    const ended = () => {
      runs = false
    }
    const started = await start(about, work, ended).catch((error: unknown) => {
      runs = false
      throw error
    })
    if ('refused' in started) runs = false
    return started
  }

  /** Silent where there is nothing to drop: a list of long work that did nothing helps nobody. */
  async function runIfDue(): Promise<void> {
    const { readings, minutes } = daysKept()
    const isDue =
      (await store.daysBefore(cutoffOf(readings))).length > 0 ||
      (await store.hasRolledUpBefore('step', cutoffOf(stepDaysOf(daysKept())), holds())) ||
      (await store.hasRolledUpBefore('minute', cutoffOf(minutes), holds()))
    if (isDue) await run(itself)
  }
  const due = () => void runIfDue().catch((error: unknown) => onError('drop old readings', error))
  const first = setTimeout(due, firstMs)
  const timer = setInterval(due, everyMs)

  return {
    run,
    async view(): Promise<RetentionView> {
      const oldestReadingsMs = await store.oldestMs()
      return {
        days: daysKept(),
        assumed: store.days.read() === undefined,
        holds: { ...holds(), sessions: holds().sessions.length },
        ...(oldestReadingsMs !== undefined && { oldestReadingsMs }),
        ...(lastRun && { lastRun }),
      }
    },
    setDays: (days: RetentionDays) => store.days.write(days),
    close() {
      clearTimeout(first)
      clearInterval(timer)
    },
  }
}

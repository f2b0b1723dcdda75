// Lets attribution listen to the log and writes what it concludes back into it. After a restart it reads the log's end again, so that
// late evidence still meets what it belongs to.
import { setTimeout as sleep } from 'node:timers/promises'
import { createAttribution } from './attribution/attribution.ts'
import type { Pipeline } from './pipeline.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'

/** Facts that come together are concluded together; a person does not see the difference. */
const settleMs = 250
/** Rows of the log that are read again after a restart. */
const rememberedEvents = 150_000
const pageEvents = 5_000
/** Things concluded before others get a turn of the event loop: about 10 ms of work. */
const itemsPerTurn = 400

export type AttributionKeeper = {
  tieOf: ReturnType<typeof createAttribution>['tieOf']
  clocks: ReturnType<typeof createAttribution>['clocks']
  /** Resolves when everything that is in the log by now has been concluded and written. */
  settled(): Promise<void>
  close(): Promise<void>
}

export type AttributionKeeperOptions = {
  pipeline: Pipeline
  headSeq: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  nowMs: () => number
  newEventId: () => EventId
  /** Hears every event that is read again after a restart, and every new one. */
  alsoTake?: (event: StoredEvent) => void
  onError: (context: string, error: unknown) => void
}

export function keepAttribution(options: AttributionKeeperOptions): AttributionKeeper {
  const { pipeline, nowMs, newEventId, onError } = options
  const attribution = createAttribution()
  /** Events that were committed while the old log was still being read. */
  let early: StoredEvent[] | undefined = []
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  pipeline.onCommit(({ events }) => {
    if (early) early.push(...events)
    else for (const event of events) takeSafely(event)
    if (!early && attribution.isPending()) schedule()
  })

  function takeSafely(event: StoredEvent): void {
    try {
      attribution.take(event)
      options.alsoTake?.(event)
    } catch (error) {
      onError('attribute an event', error)
    }
  }

  const reading = readAgain().catch((error) => onError('read the log again for attribution', error))

  async function readAgain(): Promise<void> {
    let after = Math.max(0, options.headSeq - rememberedEvents)
    while (!closed && after < options.headSeq) {
      const events = await options.readLog(after, Math.min(pageEvents, options.headSeq - after))
      for (const event of events) takeSafely(event)
      const last = events.at(-1)
      if (!last) break
      after = last.seq
      await sleep(0)
    }
    attribution.caughtUp()
    const missed = early ?? []
    early = undefined
    for (const event of missed) takeSafely(event)
    if (attribution.isPending()) schedule()
  }

  function schedule(): void {
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      run().catch((error) => onError('write what was attributed', error))
    }, settleMs)
  }

  function run(): Promise<void> {
    running ??= settleAll().finally(() => {
      running = undefined
      if (attribution.isPending()) schedule()
    })
    return running
  }

  async function settleAll(): Promise<void> {
    while (!closed && attribution.isPending()) {
      const startedMs = performance.now()
      const events = attribution.settle(nowMs(), newEventId, itemsPerTurn)
      const busyMs = performance.now() - startedMs
      if (events.length > 0) await pipeline.submit({ sender: { type: 'vigil' }, events })
      // In a flood conclusions may come later; facts and clicks may not: two thirds of the time are theirs.
      await sleep(Math.min(200, busyMs * 2))
    }
  }

  return {
    tieOf: attribution.tieOf,
    clocks: attribution.clocks,
    async settled() {
      await reading
      await run()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await reading
      await running?.catch(() => undefined)
    },
  }
}

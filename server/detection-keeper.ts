// Lets detection listen to the log and writes its flags and findings back into it. Ids of flags follow from what raised them: after a restart
// the log's end is judged again, and what was written before is not written twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { aboutSession } from './about-session.ts'
import { gpuUseOf } from './detection/events/gpu-use.ts'
import { openWatch, type Raised, type Watch, type WatchOptions } from './detection/watch.ts'
import { eventsOf } from './flag-events.ts'
import { createOwnerWait, type Judgeable } from './owner-wait.ts'
import { OverloadedError, type Pipeline } from './pipeline.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { GpuSample } from './protocol/sample.ts'
import { warmRules } from './warm-rules.ts'

/** Rows of the log that are judged again after a restart. */
const rememberedEvents = 30_000
const pageEvents = 2_000
const elapseEveryMs = 5_000
/** Until a full queue is tried again. */
const overloadWaitMs = 250

export type DetectionKeeper = {
  /** Rules, contexts or settings changed: they count from the next event on. */
  use: Watch['use']
  /** A GPU was read. */
  takeGpuSample(sample: GpuSample): void
  /** Resolves when everything in the log by now is judged and its flags are written. */
  settled(): Promise<void>
  close(): Promise<void>
}

export type DetectionKeeperOptions = Pick<WatchOptions, 'ruleSet' | 'readShell' | 'contexts' | 'settings' | 'seed'> & {
  pipeline: Pipeline
  headSeq: number
  /**
   * Since when today's rules are in force. What was seen before is judged again for what it counts towards, and raises no flag now that it
   * did not raise then.
   */
  rulesSinceMs: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

/** What detection itself wrote. */
const own: ReadonlySet<string> = new Set(['flag.raised', 'flag.judged', 'finding.made'])

export function keepDetection(options: DetectionKeeperOptions): DetectionKeeper {
  const { pipeline, nowMs, onError } = options
  const watch = openWatch({ ...options, about: (id) => aboutSession(pipeline.state, id) })
  const waiting = createOwnerWait()
  let early: StoredEvent[] | undefined = []
  let closed = false
  const warm = (ruleSet: WatchOptions['ruleSet']) =>
    warmRules(ruleSet, options.readShell, (error) => onError('rehearse rules', error))
  let stopWarming = warm(options.ruleSet)
  let outbox: EventInput[] = []
  let writing: Promise<void> = Promise.resolve()

  pipeline.onCommit(({ events }) => {
    if (early) early.push(...events)
    else takeAll(events)
  })

  function takeAll(events: readonly StoredEvent[]): void {
    for (const event of events) {
      try {
        takeOne(event)
      } catch (error) {
        onError('judge an event', error)
      }
    }
    flush()
  }

  function takeOne(event: StoredEvent): void {
    if (own.has(event.kind)) return
    judge(waiting.take(event, nowMs()))
  }

  function judge(ready: readonly Judgeable[]): void {
    for (const { event, owner } of ready) {
      const raised = watch.take(event, owner)
      if (event.seq > options.headSeq || event.seenAtMs >= options.rulesSinceMs) note(raised)
    }
  }

  const timer = setInterval(() => {
    if (early) return
    try {
      const now = nowMs()
      judge(waiting.release(now))
      note(watch.elapse(now))
      flush()
    } catch (error) {
      onError('judge what time shows', error)
    }
  }, elapseEveryMs)
  timer.unref()

  function note(raised: readonly Raised[]): void {
    for (const each of raised) outbox.push(...eventsOf(each))
  }

  function flush(): void {
    if (outbox.length === 0) return
    const events = outbox
    outbox = []
    writing = writing.then(() => write(events)).catch((error) => onError('write flags', error))
  }

  /** A flood fills the queue, and a flag of it must not be what is lost: it waits. What a stop cuts short is judged again at the next start. */
  async function write(events: EventInput[]): Promise<void> {
    while (!closed) {
      try {
        await pipeline.submit({ sender: { type: 'vigil' }, events })
        return
      } catch (error) {
        if (!(error instanceof OverloadedError)) throw error
        await sleep(overloadWaitMs)
      }
    }
  }

  const reading = readAgain().catch((error) => onError('read the log again for detection', error))

  async function readAgain(): Promise<void> {
    let after = Math.max(0, options.headSeq - rememberedEvents)
    while (!closed && after < options.headSeq) {
      const events = await options.readLog(after, Math.min(pageEvents, options.headSeq - after))
      takeAll(events)
      const last = events.at(-1)
      if (!last) break
      after = last.seq
      await sleep(0)
    }
    const missed = early ?? []
    early = undefined
    takeAll(missed)
  }

  return {
    use(changed) {
      watch.use(changed)
      stopWarming()
      stopWarming = warm(changed.ruleSet)
    },
    takeGpuSample(sample) {
      if (early) return
      note(watch.takeGpuSample(sample, gpuUseOf(pipeline.state, sample), nowMs()))
      flush()
    },
    async settled() {
      await reading
      await writing
    },
    async close() {
      closed = true
      clearInterval(timer)
      stopWarming()
      await reading
      await writing
    },
  }
}

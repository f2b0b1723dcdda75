// Lets detection listen to the log and writes its flags and findings back into it. Ids of flags follow from what raised them: after a restart
// the log's end is judged again, and what was written before is not written twice.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from './detection/events/detection-events.ts'
import { gpuUseOf } from './detection/events/gpu-use.ts'
import { openWatch, type Raised, type WatchOptions } from './detection/watch.ts'
import { OverloadedError, type Pipeline } from './pipeline.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import { CallId, type EventId, HostId, SessionId } from './protocol/ids.ts'
import type { GpuSample } from './protocol/sample.ts'
import { signalGroups } from './protocol/signal-view.ts'
import { cutText, shortTextMax } from './protocol/text.ts'
import { eventIdOf } from './sources/event-id.ts'

/** Rows of the log that are judged again after a restart. */
const rememberedEvents = 30_000
const pageEvents = 2_000
/** A sensor's fact waits so long for attribution to say whose it is; then it is judged as nobody's. */
const ownerWaitMs = 15_000
const waitingMax = 20_000
const elapseEveryMs = 5_000
/** Until a full queue is tried again. */
const overloadWaitMs = 250

export type DetectionKeeper = {
  /** A GPU was read. */
  takeGpuSample(sample: GpuSample): void
  /** Resolves when everything in the log by now is judged and its flags are written. */
  settled(): Promise<void>
  close(): Promise<void>
}

export type DetectionKeeperOptions = Pick<WatchOptions, 'ruleSet' | 'readShell' | 'contexts' | 'seed'> & {
  pipeline: Pipeline
  headSeq: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

/** Facts that name no session of their own. */
const ofSensors: ReadonlySet<string> = new Set(Object.values(signalGroups).flat())
/** What detection itself wrote. */
const own: ReadonlySet<string> = new Set(['flag.raised', 'finding.made'])

export function keepDetection(options: DetectionKeeperOptions): DetectionKeeper {
  const { pipeline, nowMs, onError } = options
  const watch = openWatch({ ...options, about: aboutSession })
  /** Sensors' facts that attribution may still give to a session, oldest first. */
  const waiting = new Map<EventId, { event: StoredEvent; sinceMs: number }>()
  let early: StoredEvent[] | undefined = []
  let closed = false
  let outbox: EventInput[] = []
  let writing: Promise<void> = Promise.resolve()

  function aboutSession(id: string) {
    const session = pipeline.state.sessions.get(id as SessionId)
    // What the agent's own telemetry says of its task is not what it was asked to do.
    const isHeld = session !== undefined && session.held !== 'none'
    return {
      run: session?.labels.run,
      taskSet: session?.labels.taskset ?? session?.labels.task,
      taskText: isHeld ? session.task : undefined,
    }
  }

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
    if (event.kind === 'attribution.made') return takeTie(event)
    if (event.session === undefined && ofSensors.has(event.kind)) return wait(event)
    note(watch.take(event))
  }

  function takeTie(event: Extract<StoredEvent, { kind: 'attribution.made' }>): void {
    // A tie that was taken back says nothing of whose it is.
    if (event.data.level === undefined || event.session === undefined) return
    const owner: Owner = { session: event.session, call: event.data.call }
    for (const { event: id } of event.data.subjects) {
      const found = waiting.get(id)
      if (!found) continue
      waiting.delete(id)
      note(watch.take(found.event, owner))
    }
  }

  function wait(event: StoredEvent): void {
    waiting.set(event.id, { event, sinceMs: nowMs() })
    if (waiting.size > waitingMax) releaseOldest(1)
  }

  function releaseOldest(count: number): void {
    for (const [id, { event }] of waiting) {
      if (count <= 0) return
      count -= 1
      waiting.delete(id)
      note(watch.take(event))
    }
  }

  const timer = setInterval(() => {
    if (early) return
    try {
      const now = nowMs()
      let late = 0
      for (const { sinceMs } of waiting.values()) {
        if (now - sinceMs < ownerWaitMs) break
        late += 1
      }
      releaseOldest(late)
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
      await reading
      await writing
    },
  }
}

function eventsOf({ flag, cause, risk, isIncident, finding }: Raised): EventInput[] {
  const short = (text: string) => cutText(text, shortTextMax)
  const session = SessionId.safeParse(flag.session).data
  const call = CallId.safeParse(flag.call).data
  const host = HostId.safeParse(flag.host).data
  const id = eventIdOf(
    'flag',
    flag.rule,
    flag.session ?? '',
    flag.call ?? '',
    cause ?? String(flag.atMs),
    flag.fingerprint,
  )
  const events: EventInput[] = [
    {
      v: 1,
      kind: 'flag.raised',
      atMs: flag.atMs,
      id,
      session,
      host,
      data: {
        rule: flag.rule.slice(0, 64),
        title: short(flag.title),
        severity: flag.severity,
        ...(flag.ruleSeverity !== flag.severity && { ruleSeverity: flag.ruleSeverity }),
        techniques: flag.techniques.slice(0, 16).map((each) => each.slice(0, 64)),
        tactics: flag.tactics.slice(0, 16).map((each) => each.slice(0, 64)),
        ...(flag.behaviour !== undefined && { behaviour: flag.behaviour.slice(0, 64) }),
        source: flag.source,
        ...(call !== undefined && { call }),
        ...(cause !== undefined && { cause }),
        matched: flag.matched
          .slice(0, 16)
          .map(({ field, value }) => ({ field: field.slice(0, 64), value: short(value) })),
        fingerprint: short(flag.fingerprint),
        context: flag.context.slice(0, 16).map(short),
        ...(flag.notFully !== undefined && { notFully: short(flag.notFully) }),
        ...(risk && {
          risk: {
            score: Math.round(risk.score * 10) / 10,
            isIncident,
            because: risk.contributions.slice(0, 8).map(({ title, why }) => short(`${title}: ${why}`)),
          },
        }),
      },
    },
  ]
  if (finding) {
    const sessions = finding.examples.flatMap((each) => SessionId.safeParse(each).data ?? [])
    events.push({
      v: 1,
      kind: 'finding.made',
      atMs: finding.lastMs,
      id: eventIdOf('finding', finding.id, String(finding.episodes), String(finding.firstMs)),
      data: {
        run: short(finding.run),
        rule: finding.rule.slice(0, 64),
        title: short(finding.title),
        severity: finding.severity,
        fingerprint: short(finding.fingerprint),
        sessions,
        sessionCount: finding.episodes,
      },
    })
  }
  return events
}

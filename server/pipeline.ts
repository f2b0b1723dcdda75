// The one writer: admit -> append -> reduce -> announce. Nothing is announced or answered before it is durable, and the state changes
// only by events that are in the log, in the order of the log. A batch is announced and answered while the database works on the next.

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Sender } from './control/admit-event.ts'
import { withdrawApprovals } from './control/approvals.ts'
import { cancelOpenControls } from './control/session-end.ts'
import { applyEvent, nothingTouched, type Touched } from './model/reduce.ts'
import type { ConsoleState } from './model/state.ts'
import { type Assembly, newAssembly, streamName } from './pipeline-batch.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import type { Trust } from './protocol/trust.ts'
import type { EventLog } from './store/event-log.ts'

/** Rows in one transaction: measured best between latency of a click and throughput of a flood. */
const batchRowsMax = 2_000
/** Of which urgent ones leave this many to ordinary sources, so that neither lane starves the other. */
const ordinaryRowsKept = 500
/** Ordinary commands of one transaction; beyond it the state that they are decided against is too old. */
const groupMax = 32
/** Transactions of evidence that may go before an ordinary command in a row; urgent commands always go before it. */
const passedOverMax = 4
/** Rows waiting at most; beyond it sources are told to come back later. */
const queuedRowsMax = 60_000

export class OverloadedError extends Error {
  override name = 'OverloadedError'
}

export type Submission = {
  sender: Sender
  events: readonly EventInput[]
  /** Events `fromN`, `fromN + 1`, … of a probe's stream: those at or below its durable position are repeats. */
  stream?: { stream: string; host: string; fromN: number }
  /** Trust of these events; by default what the sender's type implies. */
  trust?: Trust
  /** Through which door they came: see `StoredEvent`. */
  source?: string
}

export type Submitted = {
  /** Events of this submission that are durable now, repeats included. */
  accepted: number
  /** Of those, the ones that were in the log before. */
  duplicates: number
  rejected: { index: number; reason: string }[]
  /** Sequence number of the log after this submission. */
  headSeq: number
}

/**
 * A decision taken by the writer itself, against the newest state: nobody else can write between looking and acting. `own`: what Vigil adds to
 * it by itself, worth its own word, in the same transaction.
 */
export type Command<R> = (state: ConsoleState) => { result: R; events: EventInput[]; trust: Trust; own?: EventInput[] }

export type CommandOptions = {
  /** `ordinary`: asked by something that an agent can make ask as often as it likes. It never delays an urgent command. */
  lane?: 'urgent' | 'ordinary'
  /**
   * Of ordinary ones: what alone its decision reads and changes, such as a session. Commands about different subjects share a transaction;
   * what they count over all subjects may lag by one group.
   */
  about?: string
}

export type Announcement = { events: StoredEvent[]; touched: Touched }

export type Pipeline = {
  readonly state: ConsoleState
  submit(submission: Submission): Promise<Submitted>
  command<R>(command: Command<R>, options?: CommandOptions): Promise<R>
  /**
   * Called after every commit, in the order of the log, with the state as that commit left it. `first`: for whoever only wakes those that
   * wait for the commit; everybody else hears of a command when its caller has been answered.
   */
  onCommit(listener: (announcement: Announcement) => void, when?: 'first'): void
  /** Number of the newest durable event of a host's stream. */
  streamPosition(host: string, stream: string): number
  queuedRows(): number
  /** Accepts nothing more and waits for what is queued, but not longer than `waitMs`. */
  close(waitMs?: number): Promise<void>
}

type Job = {
  size: number
  assemble(assembly: Assembly): void
  settle(outcome: { headSeq: number; duplicates: ReadonlySet<number> }): void
  fail(error: unknown): void
  alone: boolean
  about?: string | undefined
}

export type PipelineOptions = {
  log: EventLog
  state: ConsoleState
  streams: { stream: string; ackedN: number }[]
  nowMs: () => number
  newEventId: () => EventId
  onError: (context: string, error: unknown) => void
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const { log, state, nowMs, newEventId, onError } = options
  const urgent: Job[] = []
  const ordinary: Job[] = []
  const turns = { passedOver: 0 }
  const wakers: ((announcement: Announcement) => void)[] = []
  const listeners: ((announcement: Announcement) => void)[] = []
  const ackedN = new Map(options.streams.map((row) => [row.stream, row.ackedN]))
  let queuedRows = 0
  let running: Promise<void> | undefined
  /** Announces and answers the batch that was reduced last. */
  let owed: (() => void) | undefined
  let closed = false
  let lastSeenAtMs = state.newestFactAtMs

  function enqueue(job: Job, lane: Job[]): void {
    if (closed) throw new OverloadedError('the server is stopping: send again when it is back')
    if (queuedRows + job.size > queuedRowsMax && lane === ordinary) {
      throw new OverloadedError(`${queuedRows} events are waiting for the database: send again in a moment`)
    }
    queuedRows += job.size
    lane.push(job)
    running ??= run()
  }

  async function run(): Promise<void> {
    // One turn of the event loop later: whatever arrives together is committed together.
    await turn()
    const next = () => takeBatch(urgent, ordinary, turns)
    for (let jobs = next(); jobs.length > 0; jobs = next()) {
      await write(jobs)
      for (const job of jobs) queuedRows -= job.size
      // What comes with this turn is sent before anything is announced.
      if (owed && urgent.length + ordinary.length === 0) await turn()
      if (urgent.length + ordinary.length === 0) payOwed()
    }
    running = undefined
  }

  function payOwed(): void {
    const pay = owed
    owed = undefined
    pay?.()
  }

  async function write(jobs: Job[]): Promise<void> {
    lastSeenAtMs = Math.max(lastSeenAtMs, nowMs())
    const assembly = newAssembly(state, ackedN, newEventId, lastSeenAtMs, log.partition)
    let duplicates: ReadonlySet<number>
    const before = log.headSeq()
    try {
      for (const job of jobs) job.assemble(assembly)
      const isEmpty = assembly.rows.length + assembly.streams.size === 0
      const appending = isEmpty ? Promise.resolve(new Set<number>()) : log.append(assembly.batch())
      appending.catch(() => undefined) // it is waited for below
      if (owed) await turn() // all of its rows leave first
      payOwed()
      duplicates = await appending
    } catch (error) {
      // One poisoned submission must not take its neighbours with it.
      if (jobs.length > 1) for (const job of jobs) await write([job])
      else {
        onError('append', error)
        jobs[0]?.fail(error)
      }
      return
    }
    for (const [stream, position] of assembly.streams) ackedN.set(stream, position.ackedN)
    const events = assembly.stored(before, duplicates)
    const touched = nothingTouched()
    for (const event of events) applyEvent(state, event, touched)
    for (const event of events) react(event)
    const headSeq = log.headSeq()
    const settle = () => {
      for (const job of jobs) job.settle({ headSeq, duplicates })
    }
    const announcement = { events, touched }
    if (jobs[0]?.alone) {
      // A person or a call waits for it: telling everybody else takes longer than the commit did.
      announce(announcement, wakers)
      settle()
      owed = () => announce(announcement, listeners)
    } else
      owed = () => {
        announce(announcement, [...wakers, ...listeners])
        settle()
      }
  }

  function announce(announcement: Announcement, to: typeof listeners): void {
    if (announcement.events.length === 0) return
    for (const listener of to) {
      try {
        listener(announcement)
      } catch (error) {
        // Who shows or forwards events may fail; the log goes on.
        onError('announce events', error)
      }
    }
  }

  /** What the log itself makes due. */
  function react(event: StoredEvent): void {
    if (event.kind !== 'session.ended' || event.session === undefined) return
    const session = state.sessions.get(event.session)
    const events = session
      ? [...cancelOpenControls(session, nowMs()), ...withdrawApprovals(state, session, nowMs())]
      : []
    if (events.length === 0) return
    submit({ sender: { type: 'vigil' }, events }).catch((error) =>
      onError('cancel controls of an ended session', error),
    )
  }

  function submit(submission: Submission): Promise<Submitted> {
    return new Promise((resolve, reject) => {
      const rejected: Submitted['rejected'] = []
      let taken: number[] = []
      let repeats = 0
      const job: Job = {
        size: Math.max(1, submission.events.length),
        alone: false,
        assemble(assembly) {
          // Assembled again when a neighbour failed: start from nothing.
          rejected.length = 0
          ;({ taken, repeats } = assembly.add(submission, rejected))
        },
        settle({ headSeq, duplicates }) {
          let already = repeats
          for (const place of taken) if (duplicates.has(place)) already += 1
          resolve({ accepted: taken.length + repeats, duplicates: already, rejected, headSeq })
        },
        fail: reject,
      }
      try {
        enqueue(job, submission.sender.type === 'source' ? ordinary : urgent)
      } catch (error) {
        reject(error)
      }
    })
  }

  function command<R>(decide: Command<R>, { lane = 'urgent', about }: CommandOptions = {}): Promise<R> {
    return new Promise((resolve, reject) => {
      let result: R
      const job: Job = {
        size: 1,
        alone: true,
        about: lane === 'ordinary' ? about : undefined,
        assemble(assembly) {
          const decision = decide(state)
          result = decision.result
          const rejected: Submitted['rejected'] = []
          assembly.add({ sender: { type: 'vigil' }, events: decision.events, trust: decision.trust }, rejected)
          if (decision.own) assembly.add({ sender: { type: 'vigil' }, events: decision.own, trust: 'vigil' }, rejected)
          if (rejected[0]) throw new Error(`a command's event was not admitted: ${rejected[0].reason}`)
        },
        settle: () => resolve(result),
        fail: reject,
      }
      try {
        enqueue(job, lane === 'ordinary' ? ordinary : urgent)
      } catch (error) {
        reject(error)
      }
    })
  }

  return {
    state,
    submit,
    command,
    onCommit: (listener, when) => (when === 'first' ? wakers : listeners).push(listener),
    streamPosition: (host, stream) => ackedN.get(streamName(host, stream)) ?? 0,
    queuedRows: () => queuedRows,
    async close(waitMs = 5_000) {
      closed = true
      // With the database away the writer waits for it without end; what is queued was never answered, so it may be given up.
      const timer = new AbortController()
      await Promise.race([running, sleep(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
    },
  }
}

/**
 * Urgent jobs first. A command is written alone, or with others about other subjects, so that it is decided against a state in which everything
 * before it that concerns it is applied; an ordinary one therefore only when nothing urgent waits, or when evidence went before it often enough. An urgent one waits for none.
 */
function takeBatch(urgent: Job[], ordinary: Job[], turns: { passedOver: number }): Job[] {
  if (turns.passedOver >= passedOverMax && ordinary[0]?.alone && !urgent[0]?.alone) {
    turns.passedOver = 0
    return takeGroup(ordinary)
  }
  const jobs: Job[] = []
  let rows = 0
  const take = (lane: Job[], limit: number) => {
    for (let next = lane[0]; next && (jobs.length === 0 || rows + next.size <= limit); next = lane[0]) {
      if (next.alone && jobs.length > 0) return
      if (next.alone) {
        jobs.push(...takeGroup(lane))
        return
      }
      lane.shift()
      jobs.push(next)
      rows += next.size
    }
  }
  take(urgent, ordinary.length > 0 ? batchRowsMax - ordinaryRowsKept : batchRowsMax)
  const urgentTaken = jobs.length > 0
  if (!jobs.some((job) => job.alone)) take(ordinary, batchRowsMax)
  turns.passedOver = urgentTaken && ordinary[0]?.alone ? turns.passedOver + 1 : 0
  return jobs
}

/** The command that is first, and those right behind it that are about something else than all before them. */
function takeGroup(lane: Job[]): Job[] {
  const abouts = new Set<string>()
  let count = 0
  for (const { about } of lane.slice(0, groupMax)) {
    if (about === undefined || abouts.has(about)) break
    abouts.add(about)
    count += 1
  }
  return lane.splice(0, Math.max(1, count))
}

// Looking back in a thread of its own. It is started when somebody first looks back, and again after it has died: what was asked of it then
// is refused as busy, so that whoever asked asks again, and what played is said to have stopped.
import { Worker } from 'node:worker_threads'
import type { FromPast, PastWorkerData, PlainError, ToPast } from './past-messages.ts'
import { PastBusyError } from './past-states.ts'
import type { ReplayMoment, ReplaySnapshot } from './protocol/replay-messages.ts'
import type { PastPort, PastReading, PastReadings, Replay, ReplayTold } from './web/ports.ts'
import { ProblemError } from './web/problem.ts'

/** Questions that are on their way at once. */
const askedMax = 64
/** How often it is looked whether somebody still waits. */
const wantedMs = 200
/** More than the states that it may keep: a thread that needs more than this ends, and nothing else does. */
const heapMb = 2_048

export type PastApartOptions = {
  /** The built `past-worker.ts`. */
  program: string
  data: PastWorkerData
  headSeq: () => number
  /** What is asked of the store alone. */
  store: Pick<PastPort, 'firstSeenAt' | 'marks' | 'step'>
  onError: (context: string, error: unknown) => void
}

type Asked = { isWanted: () => boolean; resolve(value: unknown): void; reject(error: unknown): void }
type Playing = { told: ReplayTold; moment: ReplayMoment | undefined }
/** Without what every message carries. */
type Question = ToPast extends infer M ? (M extends ToPast ? Omit<M, 'headSeq' | 'gapMs'> : never) : never

export function openPastApart({ program, data, headSeq, store, onError }: PastApartOptions) {
  const asked = new Map<number, Asked>()
  const playing = new Map<number, Playing>()
  let worker: Worker | undefined
  let lastId = 0
  let lastReplay = 0
  let isClosed = false

  const timer = setInterval(() => {
    for (const [id, { isWanted }] of asked) if (!isWanted()) post({ ask: 'forget', id }, 0)
  }, wantedMs)
  timer.unref()

  function started(): Worker {
    if (worker) return worker
    const mine = new Worker(program, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: heapMb } })
    worker = mine
    mine.on('message', hear)
    mine.on('error', (error) => onError('look back', error))
    mine.on('exit', (code) => {
      if (worker === mine) worker = undefined
      if (isClosed) return
      onError('look back', new Error(`its thread ended (${code}); the next who looks back starts another`))
      abandon()
    })
    return mine
  }

  /** Nobody is left waiting for a thread that is gone. */
  function abandon(): void {
    const waiting = [...asked.values()]
    asked.clear()
    for (const { reject } of waiting) reject(new PastBusyError('looking back had to begin anew: try again'))
    for (const each of playing.values()) {
      const { moment, told } = each
      if (moment?.playing) told.moment({ ...moment, playing: false, why: 'looking back had to begin anew' })
      each.moment = undefined
    }
  }

  function hear(message: FromPast): void {
    if (message.told === 'fault') return onError(message.context, message.error)
    if (message.told === 'frame') return playing.get(message.replay)?.told.frame(message.frame)
    if (message.told === 'moment') {
      const of = playing.get(message.replay)
      if (!of) return
      of.moment = message.moment
      return of.told.moment(message.moment)
    }
    const waiting = asked.get(message.id)
    asked.delete(message.id)
    if (message.told === 'answer') waiting?.resolve(message.value)
    else waiting?.reject(errorOf(message.error))
  }

  /** To a thread that is there; none is started for it. */
  function post(question: Question, gapMs: number): void {
    worker?.postMessage({ ...question, headSeq: headSeq(), gapMs })
  }

  function ask(
    question: Question extends infer Q ? (Q extends { id: number } ? Omit<Q, 'id'> : never) : never,
    { isWanted = () => true, gapMs = 0 }: { isWanted?: () => boolean; gapMs?: number } = {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (isClosed || asked.size >= askedMax) {
        reject(new PastBusyError('too many look back at once: try again in a moment'))
        return
      }
      lastId += 1
      started()
      asked.set(lastId, { isWanted, resolve, reject })
      post({ ...question, id: lastId } as Question, gapMs)
    })
  }

  function replay(told: ReplayTold): Replay {
    lastReplay += 1
    const mine = lastReplay
    let isOn = false
    const of: Playing = { told, moment: undefined }
    const now = () => ({ gapMs: told.gapMs() })
    return {
      isOn: () => isOn,
      async watch(number, look) {
        isOn = true
        playing.set(mine, of)
        const shown = (await ask({ ask: 'watch', replay: mine, number, look }, now())) as ReplaySnapshot
        of.moment = shown.moment
        return shown
      },
      play: async (speed) => (await ask({ ask: 'play', replay: mine, speed }, now())) as { done: true },
      stop: async () => (await ask({ ask: 'stop', replay: mine }, now())) as { done: true },
      painted: (n) => {
        if (isOn) post({ ask: 'painted', replay: mine, n }, told.gapMs())
      },
      close() {
        isOn = false
        if (playing.delete(mine)) post({ ask: 'close', replay: mine }, 0)
      },
    }
  }

  const port: PastPort = {
    ...store,
    read: async <N extends PastReading>(
      reading: N,
      query: PastReadings[N]['query'],
      atMs: number,
      isWanted?: () => boolean,
    ) =>
      (await ask(
        { ask: 'read', reading, query, atMs },
        { ...(isWanted && { isWanted }) },
      )) as PastReadings[N]['answer'],
    replay,
  }
  return {
    ...port,
    /** For tests: the thread that runs now. */
    thread: () => worker,
    async close() {
      isClosed = true
      clearInterval(timer)
      await worker?.terminate()
      abandon()
    },
  }
}

function errorOf({ name, message, problem }: PlainError): Error {
  if (problem) return new ProblemError(problem.status as ProblemError['status'], problem.title, message)
  return Object.assign(new Error(message), { name })
}

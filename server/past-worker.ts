// The thread that looks back: it reads snapshots and the log by connections of its own, rebuilds states and reads them, and hands over only
// what was asked for, so that what is live never waits for what is past. Nobody imports it; `past-apart.ts` starts the built program.
import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import { openPast } from './open-past.ts'
import type { FromPast, PastWorkerData, PlainError, ToPast } from './past-messages.ts'
import type { Replay } from './web/ports.ts'
import { ProblemError } from './web/problem.ts'

const { connectionString, partition } = workerData as PastWorkerData
const port = parentPort
if (!port) throw new Error('this program is started by the server')
const tell = (message: FromPast) => port.postMessage(message)

const pool = new pg.Pool({ connectionString, max: 4, application_name: 'vigil past' })
// An idle connection that breaks is replaced at the next query; the query's own error is what counts.
pool.on('error', () => undefined)

let headSeq = 0
let gapMs = 0
const past = openPast(pool, partition, () => headSeq)
const replays = new Map<number, Replay>()
/** Questions that are being answered; those that are forgotten meanwhile leave it. */
const wanted = new Set<number>()

port.on('message', (message: ToPast) => {
  headSeq = Math.max(headSeq, message.headSeq)
  // Only what plays says how far frames are apart.
  if ('replay' in message && message.ask !== 'close') gapMs = message.gapMs
  switch (message.ask) {
    case 'forget':
      wanted.delete(message.id)
      break
    case 'painted':
      replays.get(message.replay)?.painted(message.n)
      break
    case 'close':
      replays.get(message.replay)?.close()
      replays.delete(message.replay)
      break
    case 'read': {
      const { id, reading, query, atMs } = message
      // Which query belongs to which reading is checked where it is asked.
      answer(id, () => past.read(reading, query as never, atMs, () => wanted.has(id)))
      break
    }
    case 'watch':
      answer(message.id, () => replayOf(message.replay).watch(message.number, message.look))
      break
    case 'play':
      answer(message.id, () => replayOf(message.replay).play(message.speed))
      break
    case 'stop':
      answer(message.id, () => replayOf(message.replay).stop())
      break
  }
})

function replayOf(replay: number): Replay {
  const known = replays.get(replay)
  if (known) return known
  const made = past.replay({
    gapMs: () => gapMs,
    frame: (frame) => tell({ told: 'frame', replay, frame }),
    moment: (moment) => tell({ told: 'moment', replay, moment }),
    onError: (context, error) => tell({ told: 'fault', context, error: wordsOf(error) }),
  })
  replays.set(replay, made)
  return made
}

function answer(id: number, work: () => Promise<unknown>): void {
  wanted.add(id)
  work()
    .then((value) => tell({ told: 'answer', id, value }))
    .catch((error: unknown) => tell({ told: 'failed', id, error: plainOf(error) }))
    .finally(() => wanted.delete(id))
}

function plainOf(error: unknown): PlainError {
  if (error instanceof ProblemError) {
    const { name, message, status, title } = error
    return { name, message, problem: { status, title } }
  }
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

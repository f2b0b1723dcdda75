// Looking back, put together from the store: the log by its numbers, snapshots, and the marks that people step to. States are rebuilt and read
// where this is opened: in the worker of `past-worker.ts`, or in this very thread where that is not built.
import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { createPastReadings } from './past-readings.ts'
import { createPastStates, NotWantedError } from './past-states.ts'
import { readDestinationsKnownBy, readNewestOfKinds, readOfKinds, seenAtAfter } from './store/read-back.ts'
import { firstSeqSince, readLog, readSessionEvents } from './store/read-events.ts'
import { firstSeenAt, readMarks, readStep } from './store/replay-marks.ts'
import { readSessionPoints } from './store/samples.ts'
import { readSnapshot, snapshotBefore, writeSnapshot } from './store/snapshots.ts'
import type { PastPort } from './web/ports.ts'
import { createReplay } from './web/replay-socket.ts'

export function openPast(pool: pg.Pool, partition: number, headSeq: () => number) {
  const { open, size } = createPastStates({
    async seqAt(atMs) {
      return (await firstSeqSince(pool, { partition, sinceMs: Math.floor(atMs) + 1, headSeq: headSeq() })) - 1
    },
    snapshotBefore: (seq) => snapshotBefore(pool, partition, seq),
    readSnapshot: (seq) => readSnapshot(pool, partition, seq),
    writeSnapshot: (state) => writeSnapshot(pool, partition, state, () => setImmediate()),
    readLog: (afterSeq, limit, throughSeq) =>
      readLog(pool, { partition, afterSeq, limit, ...(throughSeq !== undefined && { throughSeq }) }),
  })
  const readings = createPastReadings({
    readNewest: (query) => readNewestOfKinds(pool, { partition, ...query }),
    readOfKinds: (query) => readOfKinds(pool, { partition, ...query }),
    seenAtAfter: (seq) => seenAtAfter(pool, partition, seq),
    knownBy: (atMs) => readDestinationsKnownBy(pool, atMs),
  })
  const past = { open, firstSeenAt: () => firstSeenAt(pool, partition) }
  const port: PastPort = {
    async read(reading, query, atMs, isWanted = () => true) {
      const then = await open(atMs, isWanted)
      try {
        if (!isWanted()) throw new NotWantedError('nobody waits for it any more')
        return await readings[reading]({ state: then.state, seq: then.seq, atMs }, query)
      } finally {
        then.close()
      }
    },
    replay: (told) =>
      createReplay({
        ...told,
        past,
        reader: {
          sessionEvents: (query) => readSessionEvents(pool, query),
          sessionPoints: (session, limit, untilMs) => readSessionPoints(pool, session, limit, untilMs),
        },
        clock: { nowMs: () => Date.now() },
      }),
    firstSeenAt: past.firstSeenAt,
    marks: (query) => readMarks(pool, query),
    step: (query) => readStep(pool, query),
  }
  return { ...port, open, size }
}

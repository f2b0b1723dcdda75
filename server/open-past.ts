// Looking back, put together from the store: the log by its numbers, snapshots, and the marks that people step to.
import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { createPastStates } from './past-states.ts'
import { firstSeqSince, readLog } from './store/read-events.ts'
import { firstSeenAt, readMarks, readStep } from './store/replay-marks.ts'
import { readSnapshot, snapshotBefore, writeSnapshot } from './store/snapshots.ts'
import type { PastPort } from './web/ports.ts'

export function openPast(pool: pg.Pool, partition: number, headSeq: () => number): PastPort {
  const states = createPastStates({
    async seqAt(atMs) {
      return (await firstSeqSince(pool, { partition, sinceMs: Math.floor(atMs) + 1, headSeq: headSeq() })) - 1
    },
    snapshotBefore: (seq) => snapshotBefore(pool, partition, seq),
    readSnapshot: (seq) => readSnapshot(pool, partition, seq),
    writeSnapshot: (state) => writeSnapshot(pool, partition, state, () => setImmediate()),
    readLog: (afterSeq, limit, throughSeq) =>
      readLog(pool, { partition, afterSeq, limit, ...(throughSeq !== undefined && { throughSeq }) }),
  })
  return {
    open: states.open,
    firstSeenAt: () => firstSeenAt(pool, partition),
    marks: (query) => readMarks(pool, query),
    step: (query) => readStep(pool, query),
  }
}

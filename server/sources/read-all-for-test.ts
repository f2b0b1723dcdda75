// For tests: a whole input through the real intake, with everything that came of it in one value.
import type { EventInput } from '../protocol/event.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { createIntake, type IntakeCounts, type RefusedRecord } from './intake.ts'
import type { RecordContext, RecordSource } from './record-source.ts'

export type ReadAll = IntakeCounts & {
  made: EventInput[]
  readings: GpuSample[]
  refusals: RefusedRecord[]
}

/** 2026-11-21T12:00:00Z: `now` of every test that does not care. */
export const testNowMs = 1_795_262_400_000

/** `pieceBytes`: how large the pieces are in which the input arrives; results must not depend on it. */
export function readAll(
  source: RecordSource,
  input: string | Uint8Array,
  context: Partial<RecordContext> = {},
  pieceBytes = 65_536,
): ReadAll {
  const made: EventInput[] = []
  const readings: GpuSample[] = []
  const refusals: RefusedRecord[] = []
  const intake = createIntake(
    source,
    { nowMs: testNowMs, ...context },
    {
      event: (event) => made.push(event),
      sample: (sample) => readings.push(sample),
      refused: (record) => refusals.push(record),
    },
  )
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  for (let start = 0; start < bytes.length; start += pieceBytes) intake.push(bytes.subarray(start, start + pieceBytes))
  intake.end()
  return { ...intake.counts(), made, readings, refusals }
}

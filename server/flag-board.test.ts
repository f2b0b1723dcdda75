// given flags and what people said of them, when they are counted, then a rehearsal's are apart, and those of after it are not.
import { expect, it } from 'vitest'
import { createFlagBoard } from './flag-board.ts'
import type { StoredEvent } from './protocol/event.ts'
import { SessionId } from './protocol/ids.ts'

const nowMs = 1_790_000_000_000
const session = SessionId.parse('drill-rome-1')
const raised = (id: string, seenAtMs: number) =>
  ({
    kind: 'flag.raised',
    id,
    seq: 1,
    atMs: seenAtMs,
    seenAtMs,
    session,
    data: { rule: 'tunnel', severity: 'high' },
  }) as StoredEvent
const judged = (flag: string, seenAtMs: number) =>
  ({
    kind: 'flag.judged',
    seenAtMs,
    session,
    data: { flag, rule: 'tunnel', verdict: 'true', by: { type: 'operator', id: 'u', name: 'eve' } },
  }) as StoredEvent

it('a verdict counts as the rehearsal’s by when its flag was raised, however late somebody gives it', () => {
  const board = createFlagBoard((of, seenAtMs) => of === session && (seenAtMs === undefined || seenAtMs <= nowMs))
  for (const event of [raised('during', nowMs - 5), raised('after', nowMs + 5)]) board.take(event)
  const lateMs = nowMs + 3_600_000
  for (const flag of ['during', 'after', 'forgotten']) board.take(judged(flag, lateMs))
  expect(board.countOf('tunnel', lateMs).verdicts).toEqual({ true: 1, false: 0, drill: 2 })
  expect(board.verdictOf('after' as never)).toEqual({ verdict: 'true', by: 'eve', atMs: lateMs })
})

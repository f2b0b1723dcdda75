// given a session that a drill had, when something is seen of it, then it is the drill's only as long as the drill went on.
import { describe, expect, it } from 'vitest'
import { testReport } from '../cli/drill/report.test-fixture.ts'
import { keepDrills } from './drill-keeper.ts'
import type { StoredEvent } from './protocol/event.ts'
import { SessionId } from './protocol/ids.ts'

const minuteMs = 60_000
const begunMs = 1_790_000_000_000
const { id, drill, session } = testReport

function keeper() {
  const drills = keepDrills(
    {
      program: undefined,
      url: '',
      dataDir: '',
      limits: () => [],
      createKey: async () => ({ id: '', key: '' }),
      revokeKey: async () => undefined,
      submit: async () => undefined,
      isKnown: () => false,
      nowMs: () => begunMs,
      onError: () => undefined,
    },
    [],
  )
  const audited = (change: string, detail: object, seenAtMs: number) =>
    drills.take({
      kind: 'audit.recorded',
      seenAtMs,
      data: { by: { type: 'key', id: 'k', name: 'sensor' }, change, subject: '', detail: JSON.stringify(detail) },
    } as StoredEvent)
  audited('drill.started', { drill, id, session }, begunMs)
  return { drills, finish: (seenAtMs: number) => audited('drill.finished', testReport, seenAtMs) }
}

describe('a drill’s session', () => {
  it('is one until shortly after the report, for what sensors tell late, and not for ever', () => {
    const { drills, finish } = keeper()
    finish(begunMs + 10 * minuteMs)
    const [span] = drills.spans()
    expect(span).toEqual({ session, untilMs: begunMs + 15 * minuteMs })
    expect(drills.wasDrillAt(session, begunMs + 15 * minuteMs)).toBe(true)
    expect(drills.wasDrillAt(session, begunMs + 15 * minuteMs + 1)).toBe(false)
  })

  it('is one for as long as a drill can last when no report came', () => {
    const { drills } = keeper()
    expect(drills.wasDrillAt(session, begunMs + 60 * minuteMs)).toBe(true)
    expect(drills.wasDrillAt(session, begunMs + 64 * minuteMs)).toBe(false)
  })

  it('is taken for one where nobody knows when something was seen, and no other session is', () => {
    const { drills } = keeper()
    expect(drills.wasDrillAt(session, undefined)).toBe(true)
    expect(drills.wasDrillAt(SessionId.parse('ep-1'), undefined)).toBe(false)
  })
})

// What a session's row and page may say of its flags.
import { describe, expect, it } from 'vitest'
import { drawEpisode, testSession } from './event-for-test.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { stateFromJson, stateToJson } from './snapshot-state.ts'
import { bounds, emptyState } from './state.ts'

function sessionAfter(drawing: string) {
  const state = emptyState()
  for (const event of drawEpisode(drawing)) applyEvent(state, event, nothingTouched())
  const session = stateFromJson(stateToJson(state)).sessions.get(testSession)
  if (!session) throw new Error('the episode has no session')
  return session
}

describe('the flags of a session', () => {
  it('are counted by severity, and the same fingerprint again is one flag seen more often', () => {
    const session = sessionAfter(`
      00:00 start sh
      00:01 flag high tunnel 60 ssh to 203.0.113.40
      00:02 flag low discovery 60 id
      00:03 flag high tunnel 60 ssh to 203.0.113.40`)
    expect(session.flagCounts).toEqual({ high: 2, low: 1 })
    expect(session.flags.map(({ behaviour, count }) => [behaviour, count])).toEqual([
      ['tunnel', 2],
      ['discovery', 1],
    ])
  })

  it('cannot be pushed out of sight by milder ones', () => {
    const noise = Array.from({ length: bounds.recentFlags * 2 }, (_, i) => `00:02 flag low discovery 1 probe ${i}`)
    const session = sessionAfter(`00:00 start sh\n00:01 flag critical mining 90 xmrig\n${noise.join('\n')}`)
    expect(session.flags).toHaveLength(bounds.recentFlags)
    expect(session.flags[0]).toMatchObject({ severity: 'critical', behaviour: 'mining' })
  })

  it('carry the newest risk, and once an incident was due it stays so', () => {
    const session = sessionAfter(`
      00:00 start sh
      00:01 flag high tunnel 60 a
      00:09 flag low discovery 12 b`)
    expect(session.risk).toMatchObject({ score: 12, isIncident: true, because: ['discovery'] })
  })
})

// What is worth a person's attention: from events, through the one reducer, to occasions.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs, testSession } from '../model/event-for-test.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { stateFromJson, stateToJson } from '../model/snapshot-state.ts'
import { emptyState } from '../model/state.ts'
import { type Occasion, occasionsOf } from './occasion.ts'

const minuteMs = 60_000
/** No incident has come for so long that the session speaks for itself. */
const later = episodeStartMs + 5 * minuteMs

/** Also through a snapshot: a restart must see the same. */
function stateAfter(drawing: string) {
  const state = emptyState()
  for (const event of drawEpisode(drawing)) applyEvent(state, event, nothingTouched())
  return stateFromJson(stateToJson(state))
}
function after(drawing: string, atMs = later): Occasion[] {
  return occasionsOf(stateAfter(drawing), atMs)
}
const ofSession = (drawing: string) => after(drawing).filter((each) => each.about === 'session')

describe('a session', () => {
  it('is no occasion for flags that page nobody, and one for the first that does', () => {
    expect(ofSession('00:00 start sh\n00:01 flag medium discovery 10 id')).toEqual([])
    expect(ofSession('00:00 start sh\n00:01 flag high tunnel 30 ssh')).toMatchObject([
      { key: `session:${testSession}`, state: 'open', severity: 'high', said: ['tunnel'] },
    ])
  })

  it('is one occasion however many flags it has, as bad as the worst, and says when there is more', () => {
    const [one] = ofSession('00:00 start sh\n00:01 flag high tunnel 30 ssh')
    const [more] = ofSession('00:00 start sh\n00:01 flag high tunnel 30 ssh\n00:02 flag critical mining 40 xmrig')
    expect(more).toMatchObject({ key: one?.key, severity: 'critical', said: ['mining', 'tunnel'] })
    expect(more?.mark).not.toBe(one?.mark)
  })

  it('is one when its risk is enough for an incident, though no single flag pages', () => {
    expect(ofSession('00:00 start sh\n00:01 flag medium discovery 60 id')).toMatchObject([
      { state: 'open', severity: 'high', title: expect.stringContaining('risk') },
    ])
  })

  it('is taken when a person holds it, and not when a rule does', () => {
    const flagged = '00:00 start sh\n00:01 flag high tunnel 30 ssh'
    expect(ofSession(`${flagged}\n00:02 ask ctl-1 pause by=eve`)).toMatchObject([
      { state: 'acknowledged', because: 'eve holds it (pause)' },
    ])
    const state = stateAfter(`${flagged}\n00:02 ask ctl-1 pause`)
    for (const hold of state.sessions.get(testSession)?.holds ?? [])
      hold.by = { type: 'server', id: 'rule/x', name: 'rule' }
    expect(occasionsOf(state, later).find((each) => each.about === 'session')?.state).toBe('open')
  })

  it('is over when every flag was judged to be nothing; one that is so stays taken until the session is held or ends', () => {
    const state = stateAfter('00:00 start sh\n00:01 flag high tunnel 30 ssh\n00:02 flag high mining 40 xmrig')
    const session = state.sessions.get(testSession)
    const now = () => occasionsOf(state, later).find((each) => each.about === 'session')?.state
    const [first, second] = session?.flags ?? []
    if (!session || !first || !second) throw new Error('the episode has two flags')
    first.verdict = 'false'
    expect(now()).toBe('acknowledged')
    second.verdict = 'drill'
    expect(now()).toBe('resolved')
    second.verdict = 'true'
    expect(now()).toBe('acknowledged')
    session.endedAtMs = episodeStartMs
    expect(now()).toBe('resolved')
  })

  it('that ended without anybody looking is open still', () => {
    expect(ofSession('00:00 start sh\n00:01 flag high tunnel 30 ssh\n00:02 stop 0')).toMatchObject([{ state: 'open' }])
  })
})

describe('a control', () => {
  const control = (drawing: string) => after(drawing).filter((each) => each.about === 'control')

  it('is an occasion when it failed or took effect in part, and none when it was enforced', () => {
    expect(control('00:00 start sh\n00:01 ask ctl-1 pause\n00:02 end ctl-1 enforced')).toEqual([])
    expect(control('00:00 start sh\n00:01 ask ctl-1 pause\n00:02 end ctl-1 failed')).toMatchObject([
      { key: 'control:ctl-1', state: 'open', severity: 'critical' },
    ])
    // Its author has the receipt before them.
    expect(
      control('00:00 start sh\n00:01 ask ctl-1 revoke shell\n00:02 end ctl-1 partial the gate only'),
    ).toMatchObject([{ state: 'open', severity: 'medium', said: ['the gate only'] }])
  })

  it('is over when the same was enforced later, and not when something else was', () => {
    const failed = '00:00 start sh\n00:01 ask ctl-1 pause\n00:02 end ctl-1 failed'
    expect(control(`${failed}\n00:03 ask ctl-2 pause\n00:04 end ctl-2 enforced`)).toMatchObject([{ state: 'resolved' }])
    expect(control(`${failed}\n00:03 ask ctl-2 snapshot\n00:04 end ctl-2 enforced`)).toMatchObject([{ state: 'open' }])
  })
})

describe('a host', () => {
  const host = (drawing: string, atMs: number) => after(drawing, atMs).find((each) => each.about === 'host')?.state
  const lost = '00:00 probe\n00:01 start sh\n00:02 silent'

  it('is an occasion when it stays silent while sessions run on it, and not for a restart of its probe', () => {
    expect(host(lost, episodeStartMs + 30_000)).toBe('resolved')
    expect(host(lost, episodeStartMs + 5 * minuteMs)).toBe('open')
    expect(host(`${lost}\n00:30 probe`, episodeStartMs + 5 * minuteMs)).toBe('resolved')
    expect(host('00:00 probe\n00:02 silent', episodeStartMs + 5 * minuteMs)).toBe('resolved')
  })
})

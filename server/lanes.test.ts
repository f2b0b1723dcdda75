// Lanes and figures of Live, on a real server and a real PostgreSQL.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { marksMax } from './model/lane-marks.ts'
import type { LaneView, LiveFigures } from './protocol/live-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

const sinceMs = () => Date.now() - 900_000
const event = (session: string, kind: string, data: object) => ({ v: 1, kind, atMs: Date.now(), session, data })
async function ingest(events: object[]): Promise<void> {
  const body = events.map((each) => JSON.stringify(each)).join('\n')
  const answer = await server.api('/api/ingest/events', { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ rejected: 0 })
}
async function lanes(...sessions: string[]): Promise<LaneView[]> {
  const asked = encodeURIComponent(sessions.map(encodeURIComponent).join(','))
  const answer = await server.api(`/api/lanes?since=${sinceMs()}&sessions=${asked}`)
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { lanes: LaneView[] }).lanes
}

describe('the lanes', () => {
  it('answer each session that was asked for, also one whose id holds what a URL gives a meaning to, and one that nobody knows', async () => {
    const odd = 'run/7:a@b'
    await ingest([
      event(odd, 'session.started', { held: 'none', abilities: [] }),
      event(odd, 'action.started', { call: 'c1', tool: 'Bash', input: '{}', summary: 'ls' }),
    ])
    const [first, second] = await lanes(odd, 'nobody')
    expect(first?.marks.map(({ what, text }) => [what, text])).toEqual([
      ['begin', 'began'],
      ['action', 'Bash ls'],
    ])
    expect(second).toEqual({ session: 'nobody', marks: [], more: 0 })
  })

  it('do not read a text that an agent made long, or break on a null character, and say where they stop looking', async () => {
    const calls = Array.from({ length: 1_200 }, (_, n) =>
      event('ep-flood', 'action.started', { call: `c${n}`, tool: 'Bash', input: 'x', summary: `s${n}` }),
    )
    const long = { call: 'long', tool: 'Bash', input: 'y'.repeat(40_000), summary: '\u0000' }
    await ingest([...calls, event('ep-flood', 'action.started', long)])
    const [lane] = await lanes('ep-flood')
    expect([lane?.marks.length, lane?.more, lane?.fromMs !== undefined]).toEqual([marksMax, 1_000 - marksMax, true])
    expect(lane?.marks.at(-1)?.text).toBe('an action too long to be shown here')
  })

  it('refuse more sessions than a screen holds', async () => {
    const many = Array.from({ length: 61 }, (_, n) => `s${n}`).join(',')
    expect((await server.api(`/api/lanes?since=0&sessions=${many}`)).status).toBe(422)
  })
})

describe('the figures', () => {
  it('count no GPU and no destination where nothing was heard', async () => {
    const figures = (await (await server.api('/api/live/figures')).json()) as LiveFigures
    expect(figures).toMatchObject({ gpus: { known: 0, read: 0 }, destinations: { seen: 0, fresh: 0 } })
    expect(figures.gpus.busyPercent).toBeUndefined()
  })
})

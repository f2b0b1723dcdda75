// given the facts of an episode, when they are put on one axis of time, then what lasted lasts, and what was tied leads to its action.
import { describe, expect, it } from 'vitest'
import type { StoredEvent } from '../protocol/event.ts'
import { drawEpisode, episodeStartMs } from './event-for-test.ts'
import { projectTimeline } from './project-timeline.ts'

const story = `
  00:01 action c1 shell ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40
  00:02 exec   100 1 ssh -fN -R 2222:127.0.0.1:22
  00:03 open   k1 203.0.113.40:22 100
  00:05 done   c1
  00:09 ask    ctl-1 pause
  00:10 end    ctl-1 enforced
  00:11 close  k1 10 10
`
const sinceStart = (atMs: number) => atMs - episodeStartMs
const of = (events: readonly StoredEvent[], lane: string) =>
  projectTimeline(events).filter((item) => item.lane === lane)

/** One more fact of the drawn session, seen later than it happened. */
function fact(kind: string, data: object, atSeconds: number, seenSeconds = atSeconds, seq = 50): StoredEvent {
  const [like] = drawEpisode('00:01 exec 1 1 sh')
  return {
    ...like,
    kind,
    data,
    atMs: episodeStartMs + atSeconds * 1_000,
    seenAtMs: episodeStartMs + seenSeconds * 1_000,
    seq,
    id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
    trust: 'vigil',
  } as StoredEvent
}

const alertTied = (change: object = {}) => ({
  subjects: [{ event: '00000000-0000-4000-8000-000000000900', kind: 'alert.raised', atMs: episodeStartMs + 6_000 }],
  about: 'ET SSH to a host on no allowlist',
  vouchedBy: 'firewall',
  severity: 'high',
  level: 'likely',
  call: 'c1',
  features: [],
  ...change,
})

describe('what happened around an incident', () => {
  it('draws actions, processes and connections from their beginning to their end', () => {
    const items = projectTimeline(drawEpisode(story))
    expect(
      items.map(({ lane, form, atMs, endAtMs }) => [lane, form, sinceStart(atMs), endAtMs && sinceStart(endAtMs)]),
    ).toEqual([
      ['agent', 'span', 1_000, 5_000],
      ['process', 'span', 2_000, undefined],
      ['network', 'span', 3_000, 11_000],
      ['operators', 'moment', 9_000, undefined],
      ['operators', 'moment', 10_000, undefined],
    ])
  })

  it('masks what looks like a secret, wherever it stands', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const items = projectTimeline(
      drawEpisode(`
        00:01 action c1 shell git push https://oauth2:${token}@forge.example/x
        00:02 exec   100 1 git push ${token}
        00:05 done   c1`),
    )
    expect(JSON.stringify(items)).not.toContain(token)
    expect(items.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('‹masked:'),
      expect.stringContaining('‹masked:'),
    ])
  })

  it('says that a control is enforced only with what was read', () => {
    const [, enforced] = of(drawEpisode(story), 'operators')
    expect(enforced).toMatchObject({ label: 'Enforced: frozen 1', tone: 'frozen' })
    const [asked] = of(drawEpisode('00:01 ask ctl-1 pause'), 'operators')
    expect(asked).toMatchObject({ label: 'on-call asked: pause', tone: 'warn' })
    expect(of(drawEpisode('00:01 ask ctl-1 pause\n00:02 end ctl-1 failed'), 'operators')[1]?.tone).toBe('critical')
  })

  it('leads from an alert that came late to the action that caused it, and keeps both times', () => {
    const events = [...drawEpisode(story), fact('attribution.made', alertTied(), 8, 8)]
    const [alert] = of(events, 'firewall')
    const [action] = of(events, 'agent')
    expect(alert).toMatchObject({ tie: { to: action?.id, level: 'likely' }, trust: 'firewall', tone: 'critical' })
    expect([sinceStart(alert?.atMs ?? 0), sinceStart(alert?.seenAtMs ?? 0)]).toEqual([6_000, 8_000])
    expect(action?.tone).toBe('critical')
  })

  it('says of an alert whose action it does not hold that it is tied all the same, until that is taken back', () => {
    const made = fact('attribution.made', alertTied({ call: 'before' }), 8)
    const [alert] = of([...drawEpisode(story), made], 'firewall')
    expect(alert).toMatchObject({ tiedBeyond: true })
    expect(alert?.tie).toBeUndefined()
    const toSession = fact('attribution.made', alertTied({ call: undefined }), 8)
    expect(of([...drawEpisode(story), toSession], 'firewall')[0]?.tiedBeyond).toBeUndefined()
    // and of a connection that leads to its action after all
    const episode = drawEpisode(story)
    const opened = episode.find(({ kind }) => kind === 'connection.opened')
    const tied = {
      subjects: [{ event: opened?.id, kind: 'connection.opened', atMs: opened?.atMs }],
      vouchedBy: 'kernel',
    }
    const first = fact('attribution.made', alertTied({ ...tied, call: 'before' }), 8)
    const then = fact('attribution.made', alertTied(tied), 9, 9, 51)
    const [connection] = of([...episode, first, then], 'network')
    expect(connection?.tie).toBeDefined()
    expect(connection?.tiedBeyond).toBeUndefined()
  })

  it('calls no denied call tied to anything: it never ran', () => {
    const data = { call: 'c9', tool: 'shell', decision: 'deny', reason: 'policy' }
    expect(of([...drawEpisode(story), fact('gate.decided', data, 8)], 'agent').at(-1)?.tiedBeyond).toBeUndefined()
  })

  it('tells what was concluded of a connection at the connection itself, and not a second time', () => {
    const episode = drawEpisode(story)
    const opened = episode.find(({ kind }) => kind === 'connection.opened')
    const subjects = [{ event: opened?.id, kind: 'connection.opened', atMs: opened?.atMs }]
    const made = fact('attribution.made', alertTied({ subjects, vouchedBy: 'kernel' }), 8)
    expect(of([...episode, made], 'network')).toMatchObject([
      { label: '203.0.113.40:22 ESTAB', tie: { level: 'likely' }, trust: 'kernel' },
    ])
  })

  it('forgets a tie that a later conclusion takes back', () => {
    const made = fact('attribution.made', alertTied(), 8, 8, 50)
    const taken = fact('attribution.made', alertTied({ level: undefined, call: undefined }), 9, 9, 51)
    expect(of([...drawEpisode(story), made, taken], 'firewall')).toEqual([])
  })

  it('leads from a flag to its action, and to none of another session with the same call', () => {
    const flag = { rule: 'r', title: 'Reverse SSH tunnel', severity: 'high', matched: [], call: 'c1' }
    const here = fact('flag.raised', flag, 4)
    const elsewhere = { ...fact('flag.raised', flag, 4, 4, 51), session: 'ep-other' } as StoredEvent
    const [mine, other] = of([...drawEpisode(story), here, elsewhere], 'flags')
    expect(mine?.tie).toBeDefined()
    expect(other?.tie).toBeUndefined()
  })

  it('draws a gap as long as it was', () => {
    const gap = { stream: 'events', count: 12, reason: 'lost', fromMs: episodeStartMs, toMs: episodeStartMs + 3_000 }
    expect(of([fact('gap.recorded', gap, 9)], 'gaps')).toMatchObject([
      { atMs: episodeStartMs, endAtMs: episodeStartMs + 3_000, label: '12 events are missing' },
    ])
  })

  it('cuts what an agent wrote, with its length stated', () => {
    const [item] = of(drawEpisode(`00:01 action c1 shell ${'x'.repeat(5_000)}`), 'agent')
    expect(item?.label.length).toBeLessThanOrEqual(160)
    expect(item?.detail).toContain('more characters cut')
  })

  it('is the same in whatever order the facts are handed in', () => {
    const events = drawEpisode(story)
    expect(projectTimeline(events.toReversed())).toEqual(projectTimeline(events))
  })
})

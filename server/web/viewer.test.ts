// What a browser is owed when it keeps up, when it is slow, and when it is stuck. The browser here is a list of frames.
import { describe, expect, it } from 'vitest'
import { drawEpisode, testHost, testSession } from '../model/event-for-test.ts'
import { projectRow } from '../model/project-row.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { emptySampleHistory } from '../model/sample-history.ts'
import { emptyState } from '../model/state.ts'
import type { Frame } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { createViewer, type View } from './viewer.ts'

function browser(view: View, gapMs = 0) {
  const state = emptyState()
  const frames: Frame[] = []
  let nowMs = 1_790_000_000_000
  const timers: { atMs: number; run: () => void }[] = []
  const viewer = createViewer(1, view, {
    state,
    history: emptySampleHistory(),
    rowOf: (id) => {
      const session = state.sessions.get(id)
      return session && projectRow(state, session)
    },
    emitFrame: (frame) => frames.push(frame),
    nowMs: () => nowMs,
    gapMs: () => gapMs,
    later: (ms, run) => {
      const timer = { atMs: nowMs + ms, run }
      timers.push(timer)
      return () => timers.splice(timers.indexOf(timer), 1)
    },
  })
  return {
    frames,
    viewer,
    commit(events: StoredEvent[], urgent = false) {
      const touched = nothingTouched()
      for (const event of events) applyEvent(state, event, touched)
      viewer.changed({ ...touched, events }, urgent)
    },
    wait(ms: number) {
      nowMs += ms
      for (const timer of timers.splice(0)) if (timer.atMs <= nowMs) timer.run()
    },
  }
}
const held = (seq: number, input = '{"command":"ssh -R 1:2:3 ops@192.0.2.40"}'): StoredEvent =>
  ({
    ...(said(seq)[0] as StoredEvent),
    kind: 'approval.requested',
    trust: 'vigil',
    data: {
      approval: `apr-${seq}`,
      call: `c${seq}`,
      tool: 'Bash',
      input,
      digest: 'a'.repeat(64),
      severity: 'high',
      people: 1,
      policy: 'Commands wait',
      heldFor: [],
      expiresAtMs: 1_790_000_060_000,
      askedBy: { type: 'key', id: 'k', name: 'harness' },
    },
  }) as unknown as StoredEvent
const said = (seq: number, text = 'ls') => drawEpisode(`00:01 action c${seq} shell ${text}`, seq)

describe('a browser that keeps up', () => {
  it('gets a change at once', () => {
    const { frames, commit } = browser({ view: 'live' })
    commit(said(1))
    expect(frames.map((frame) => [frame.n, frame.rows.map((row) => row.session)])).toEqual([[1, [testSession]]])
  })

  it('of a busy server gets what happened meanwhile together, after the gap', () => {
    const { frames, commit, wait, viewer } = browser({ view: 'live' }, 100)
    commit(said(1))
    viewer.painted(1)
    commit(said(2))
    commit(said(3))
    expect(frames).toHaveLength(1)
    wait(100)
    expect(frames).toHaveLength(2)
    expect(frames[1]?.rows[0]?.actionCount).toBe(3)
  })
})

describe('a browser that is stuck', () => {
  it('has at most two frames on their way, and catches up with one frame that holds the newest state', () => {
    const { frames, commit, viewer } = browser({ view: 'live' })
    for (let seq = 1; seq <= 500; seq += 1) commit(said(seq))
    expect(frames).toHaveLength(2)
    viewer.painted(2)
    expect(frames).toHaveLength(3)
    expect(frames[2]?.rows[0]?.actionCount).toBe(500)
  })

  it('still gets a control, which does not wait for the pace of frames', () => {
    const { frames, commit } = browser({ view: 'live' })
    for (let seq = 1; seq <= 10; seq += 1) commit(said(seq))
    commit(drawEpisode('00:02 ask ctl-1 pause', 11), true)
    expect(frames).toHaveLength(3)
    expect(frames[2]?.rows[0]?.control?.control).toBe('ctl-1')
  })

  it('on a session’s page is told how many events it missed; the newest are kept', () => {
    const { frames, commit, viewer } = browser({ view: 'session', session: testSession })
    commit(said(1))
    commit(said(2))
    for (let seq = 3; seq <= 1_502; seq += 1) commit(said(seq))
    viewer.painted(2)
    expect(frames[2]?.skipped).toBe(500)
    expect(frames[2]?.events).toHaveLength(1_000)
    expect(frames[2]?.events.at(-1)?.seq).toBe(1_502)
  })

  it('costs bounded memory however long the agent’s words are: they are cut for the screen, and the oldest are skipped', () => {
    const { frames, commit, viewer } = browser({ view: 'session', session: testSession })
    const long = 'x'.repeat(65_000)
    for (let seq = 1; seq <= 900; seq += 1) commit(said(seq, long))
    viewer.painted(2)
    const frame = frames[2]
    expect(JSON.stringify(frame).length).toBeLessThan(3_000_000)
    expect((frame?.events.length ?? 0) + (frame?.skipped ?? 0)).toBe(898)
    expect(String(frame?.events[0]?.data.input)).toContain('more characters cut]')
  })
})

describe('what waits for a person', () => {
  it('is told whole to every browser, whatever it watches, with the mark that counts it', () => {
    const { frames, commit } = browser({ view: 'session', session: 'another' as typeof testSession })
    commit([...said(1), held(2)], true)
    expect(frames[0]?.approvals?.map((each) => [each.approval, each.session])).toEqual([['apr-2', testSession]])
    expect(frames[0]?.fleet?.approvals.waiting).toBe(1)
    commit(said(3))
    expect(frames).toHaveLength(1)
  })

  it('is only counted where it is too much for a frame: many at once, or the words of an agent that writes long', () => {
    const many = browser({ view: 'live' })
    many.commit([...said(1), ...Array.from({ length: 40 }, (_, n) => held(n + 2))], true)
    expect([many.frames[0]?.approvals, many.frames[0]?.fleet?.approvals.waiting]).toEqual([undefined, 40])
    const long = browser({ view: 'live' })
    long.commit([...said(1), ...Array.from({ length: 8 }, (_, n) => held(n + 2, 'x'.repeat(60_000)))], true)
    expect([long.frames[0]?.approvals, long.frames[0]?.fleet?.approvals.waiting]).toEqual([undefined, 8])
  })
})

describe('what concerns others', () => {
  it('is not sent to a browser that watches another session', () => {
    const { frames, commit } = browser({ view: 'session', session: 'another' as typeof testSession })
    commit(said(1))
    expect(frames).toEqual([])
  })

  it('is sent to every browser when a host falls silent: what may be said of its sessions has changed', () => {
    const { frames, commit } = browser({ view: 'live' })
    commit(drawEpisode('00:00 probe\n 00:01 start sh'))
    commit(drawEpisode('00:02 silent', 3), true)
    expect(frames.at(-1)).toMatchObject({ hosts: [{ host: testHost, connected: false }], rows: [{ state: 'silent' }] })
  })
})

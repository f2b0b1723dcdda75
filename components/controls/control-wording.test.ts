// given what happened to a session, when time passes, then exactly this may be said. Rows are made by the server's own
// model from events, so that no test rests on a row that the server never sends.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs as t0 } from '../../server/model/event-for-test.ts'
import { projectRow } from '../../server/model/project-row.ts'
import { applyEvent, nothingTouched } from '../../server/model/reduce.ts'
import { emptyState } from '../../server/model/state.ts'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { StoredEvent } from '../../server/protocol/event.ts'
import { faceOf } from '../sessions/state-icon.tsx'
import { offerOf, takeBackOf } from './control-offer.ts'
import { escapedNotice, noticeOf, noticesOf, pendingOf, pendingText, toneOfPending } from './control-wording.ts'
import { failureSentence } from './receipt-steps.ts'

const started = '00:00 probe\n00:00 start python train.py\n'
const paused = `${started}00:01 ask c1 pause\n00:02 end c1 enforced\n`

/** The row after these events; `detail` is what the host says at the end of its controls. */
function rowAfter(drawing: string, detail?: string): SessionRow {
  const state = emptyState()
  for (const event of drawEpisode(drawing)) applyEvent(state, withDetail(event, detail), nothingTouched())
  const [session] = state.sessions.values()
  if (!session) throw new Error('the drawing has no session')
  return SessionRow.parse(projectRow(state, session))
}
function withDetail(event: StoredEvent, detail: string | undefined): StoredEvent {
  if (event.kind !== 'control.ended' || detail === undefined) return event
  return { ...event, data: { ...event.data, detail } }
}
const at = (seconds: number) => t0 + seconds * 1_000

describe('a control that is open', () => {
  it('is asked, not confirmed from the first moment, before the server has answered', () => {
    const pending = pendingOf(rowAfter(started), { action: 'pause', atMs: t0, control: undefined })
    expect(pending && pendingText(pending, t0 + 50)).toBe('Pause asked, not confirmed · 50 ms')
  })

  it('turns amber after one second and red after five, however many events come meanwhile', () => {
    const pending = pendingOf(rowAfter(`${started}00:01 ask c1 pause\n00:09 action a1 shell ls`), undefined)
    expect(pending && [999, 1_000, 4_999, 5_000].map((ms) => toneOfPending(pending, at(1) + ms))).toEqual([
      'quiet',
      'warn',
      'warn',
      'critical',
    ])
  })

  it('is never told as paused', () => {
    const said = noticeOf(rowAfter(`${started}00:01 ask c1 pause\n00:01 delivered c1`), undefined, at(1) + 300)?.text
    expect(said).toBe('Pause delivered, not confirmed · 0.3 s')
    expect(said).not.toMatch(/paused/i)
  })

  it('has nothing to add once the kernel was read', () => {
    expect(noticesOf(rowAfter(paused), undefined, at(3))).toEqual([])
    expect(offerOf(rowAfter(paused))).toMatchObject({ action: 'resume', label: 'Resume', enabled: true, again: false })
    expect(takeBackOf(rowAfter(paused))).toBeUndefined()
  })
})

describe('a control that did not do what was asked', () => {
  const outcomes = [
    ['failed', 'Pause failed'],
    ['partial', 'Pause worked only in part'],
    ['expired', 'Pause expired unconfirmed'],
  ] as const

  it.each(outcomes)('%s: the wanted state still stands, yet nothing is pending and it is told in red', (end, word) => {
    const row = rowAfter(`${started}00:01 ask c1 pause\n00:02 end c1 ${end}`, 'cgroup is gone')
    expect(row.state).toBe('pausing')
    expect(pendingOf(row, undefined)).toBeUndefined()
    expect(noticeOf(row, undefined, at(14))).toEqual({
      kind: 'failure',
      tone: 'critical',
      text: `${word} 12 s ago: cgroup is gone`,
    })
  })

  it('keeps its age whatever else happens in the session', () => {
    const failed = `${started}00:01 ask c1 pause\n00:02 end c1 failed`
    const said = [failed, `${failed}\n00:59 action a1 shell ls`].map((each) =>
      noticeOf(rowAfter(each), undefined, at(62)),
    )
    expect(said.map((each) => each?.text)).toEqual(['Pause failed 60 s ago', 'Pause failed 60 s ago'])
  })

  it('can be asked again and taken back', () => {
    const row = rowAfter(`${started}00:01 ask c1 pause\n00:02 end c1 failed`)
    expect(offerOf(row)).toMatchObject({ action: 'pause', label: 'Pause again', enabled: true, again: true })
    expect(takeBackOf(row)).toMatchObject({ action: 'resume', label: 'Resume', enabled: true })
  })

  it('is told of a resume likewise', () => {
    const row = rowAfter(`${paused}00:03 ask c2 resume\n00:04 end c2 failed`, 'EACCES')
    expect(row.state).toBe('resuming')
    expect(noticeOf(row, undefined, at(9))).toMatchObject({ tone: 'critical', text: 'Resume failed 5 s ago: EACCES' })
    expect(offerOf(row)).toMatchObject({ action: 'resume', label: 'Resume again' })
    expect(takeBackOf(row)).toMatchObject({ action: 'pause', label: 'Pause' })
  })

  it('gives way to an own click and to the next control, whose age is its own', () => {
    const failed = `${started}00:01 ask c1 pause\n00:02 end c1 failed\n`
    const asked = { action: 'pause', atMs: at(9), control: undefined } as const
    expect(noticeOf(rowAfter(failed), asked, at(9))).toMatchObject({ kind: 'pending', tone: 'quiet' })
    const again = rowAfter(`${failed}00:20 ask c2 pause`)
    expect(noticeOf(again, undefined, at(22))?.text).toBe('Pause asked, not confirmed · 2.0 s')
    expect(takeBackOf(again)).toBeUndefined()
  })

  it('stays red while its host is silent, which is what expired it', () => {
    const row = rowAfter(`${started}00:01 ask c1 pause\n00:02 silent\n00:31 end c1 expired`, 'no answer')
    expect(noticeOf(row, undefined, at(41), at(2))).toEqual({
      kind: 'failure',
      tone: 'critical',
      text: 'Pause expired unconfirmed 10 s ago · host silent 39 s · last read: running · no answer',
    })
  })

  it('calms down once the host has read what was wanted', () => {
    const row = rowAfter(`${started}00:01 ask c1 pause\n00:02 end c1 expired\n00:03 frozen 1`)
    expect(noticeOf(row, undefined, at(4))).toMatchObject({
      tone: 'warn',
      text: 'Pause expired unconfirmed 2 s ago · since read as paused',
    })
    expect(offerOf(row)).toMatchObject({ label: 'Resume', again: false })
  })

  it('shouts when an enforced pause did not hold', () => {
    const row = rowAfter(`${paused}00:05 frozen 0`)
    expect(noticeOf(row, undefined, at(9))).toMatchObject({
      tone: 'critical',
      text: 'Pause did not hold: the host reads it running',
    })
    expect(offerOf(row)?.label).toBe('Pause again')
  })

  it('is forgotten with the session that has ended', () => {
    const row = rowAfter(`${started}00:01 ask c1 pause\n00:02 end c1 failed\n00:03 stop 0`)
    expect([noticeOf(row, undefined, at(9)), offerOf(row)]).toEqual([undefined, undefined])
  })

  it('says on its receipt why, and what is left when it worked in part', () => {
    const ended = (outcome: string) => `${started}00:01 ask c1 pause\n00:02 end c1 ${outcome}`
    const told = (drawing: string, detail?: string) => {
      const { control, escapedCount } = rowAfter(drawing, detail)
      return control && failureSentence(control, escapedCount)
    }
    expect(told(ended('failed'), 'EACCES')).toBe('Pause failed: EACCES')
    expect(told(ended('partial'), '2 run on')).toBe('Pause worked only in part. Left: 2 run on')
    expect(told(ended('partial'))).toBe('Pause worked only in part. Left: not said by the host')
    expect(told(ended('partial 2 flows | pid 7'), 'ss -K refused')).toBe(
      'Pause worked only in part: ss -K refused. Left: 2 flows, pid 7',
    )
    expect(told(ended('enforced'))).toBeUndefined()
  })
})

describe('processes outside the cgroup', () => {
  const escaping = '00:03 exec 7 1 nc\n00:03 exec 8 1 nc\n00:04 escape 7\n00:04 escape 8\n'

  it('are critical whether the session runs, is paused or has a pause pending', () => {
    expect(escapedNotice(rowAfter(started + escaping))).toEqual({
      kind: 'escaped',
      tone: 'critical',
      text: '2 processes left its cgroup: pause will not hold them',
    })
    expect(escapedNotice(rowAfter(paused + escaping))?.text).toBe('Paused, but 2 processes run outside its cgroup')
    expect(faceOf(rowAfter(paused + escaping)).word).toBe('Paused in part')
    expect(faceOf(rowAfter(paused)).word).toBe('Paused')
    expect(escapedNotice(rowAfter(`${paused}${escaping}00:05 exit 7`))?.text).toBe(
      'Paused, but 1 process runs outside its cgroup',
    )
    const asked = rowAfter(`${started}${escaping}00:06 ask c1 pause`)
    expect(noticesOf(asked, undefined, at(6)).map((each) => each.kind)).toEqual(['pending', 'escaped'])
    expect(escapedNotice(rowAfter(started))).toBeUndefined()
  })

  it('keep a partial pause in trouble after the cgroup was read as frozen, until they are gone', () => {
    const partial = `${started}${escaping}00:05 ask c1 pause\n00:06 frozen 1\n00:06 end c1 partial\n`
    expect(rowAfter(partial).state).toBe('paused')
    expect(noticesOf(rowAfter(partial), undefined, at(9)).map((each) => each.tone)).toEqual(['critical', 'critical'])
    const gone = rowAfter(`${partial}00:07 exit 7\n00:07 exit 8`)
    expect(noticesOf(gone, undefined, at(9)).map((each) => each.tone)).toEqual(['warn'])
  })
})

describe('what is offered, and what a silent host leaves to say', () => {
  const change = (changed: Partial<SessionRow>) => ({ ...rowAfter(started), ...changed })

  it('says how long a host is silent and what was last read, not what is', () => {
    expect(noticeOf(rowAfter(`${paused}00:05 silent`), undefined, at(17), at(5))?.text).toBe(
      'Host silent 12 s · last read: paused',
    )
  })

  it('disables the button and says why when the host cannot pause', () => {
    const cannot = { name: 'pause', can: 'no', enforcer: '', detail: 'no cgroup v2 on this host' } as const
    expect(offerOf(change({ abilities: [cannot] }))).toMatchObject({
      enabled: false,
      why: 'no cgroup v2 on this host',
    })
    expect(offerOf(change({ abilities: [] }))).toMatchObject({ enabled: false })
    expect(offerOf(change({ state: 'reported' }))?.why).toContain('only from telemetry')
  })

  it('labels best effort before anybody clicks', () => {
    const best = { name: 'pause', can: 'best-effort', enforcer: 'sigstop', detail: 'forks can slip through' } as const
    expect(offerOf(change({ abilities: [best] }))).toMatchObject({
      bestEffort: true,
      why: 'Best effort by sigstop: forks can slip through',
    })
  })
})

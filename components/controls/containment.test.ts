// given what was asked of a session and what its host read, then this is its word, its button, its receipt and its cost.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs as t0 } from '../../server/model/event-for-test.ts'
import { projectDetail } from '../../server/model/project-detail.ts'
import { applyEvent, nothingTouched } from '../../server/model/reduce.ts'
import { emptySampleHistory } from '../../server/model/sample-history.ts'
import { emptyState } from '../../server/model/state.ts'
import { SessionDetail } from '../../server/protocol/browser-messages.ts'
import { restrictionMarks } from '../sessions/restriction-words.ts'
import { faceOf } from '../sessions/state-icon.tsx'
import { containmentOf, isContained } from './containment-state.ts'
import { containOfferOf, offerOf, pauseOfferOf, takeBackOf } from './control-offer.ts'
import { noticesOf, pendingRunOf } from './control-wording.ts'
import { extendedSeconds, othersHold, untilText, whyNoTime } from './hold-words.ts'
import { costWords, gpuHoursText } from './holding-cost.ts'
import { shownControls } from './shown-controls.ts'
import { undoOf } from './use-control.ts'

const started = '00:00 probe\n00:00 start python train.py\n'
const asked = `${started}00:01 ask c1 contain\n`
const cold = '00:02 read network 1\n00:02 frozen 1\n'
const contained = `${asked}${cold}00:02 end c1 enforced\n00:05 step c1 verified quiet for 3 s\n`

function detailAfter(drawing: string): SessionDetail {
  const state = emptyState()
  for (const event of drawEpisode(drawing)) applyEvent(state, event, nothingTouched())
  const [session] = state.sessions.values()
  if (!session) throw new Error('the drawing has no session')
  return SessionDetail.parse(projectDetail(state, session, emptySampleHistory()))
}
const rowAfter = (drawing: string) => detailAfter(drawing).row
const at = (seconds: number) => t0 + seconds * 1_000
const told = (drawing: string, seconds: number) => noticesOf(rowAfter(drawing), undefined, at(seconds))

function heldAtGate(ok: boolean) {
  const row = rowAfter(contained)
  if (!row.control) throw new Error('it has no control')
  const others = row.control.steps.filter((step) => step.name !== 'actions held')
  return { ...row, control: { ...row.control, steps: [...others, { name: 'actions held', atMs: t0, detail: '', ok }] } }
}

describe('the word "contained"', () => {
  it('is said only when egress was read as dropped and the session as frozen', () => {
    const stages = [asked, `${asked}00:02 read network 1`, `${asked}${cold}`, contained]
    expect(stages.map((each) => faceOf(rowAfter(each)).word)).toEqual([
      'Containing…',
      'Containing…',
      'Contained',
      'Contained',
    ])
  })

  it('says that tool calls are held only where the receipt of that hold does', () => {
    const sentence = (drawing: string) => faceOf(rowAfter(drawing)).sentence
    expect(sentence(contained)).toBe('Contained: egress dropped and frozen, read from the host')
    expect(faceOf(heldAtGate(true)).sentence).toContain('; tool calls held')
    expect(faceOf(heldAtGate(false)).sentence).not.toContain('tool calls')
  })

  it('gives way to red when its control has ended and something of it is not in force', () => {
    const partial = `${asked}00:02 frozen 1\n00:02 read network 0 203.0.113.40:22\n00:03 end c1 partial 203.0.113.40:22`
    expect(containmentOf(rowAfter(partial))).toMatchObject({ state: 'partly', missing: ['network'] })
    expect(faceOf(rowAfter(partial))).toMatchObject({ word: 'Contained in part', tone: 'text-critical' })
    expect(told(partial, 9)[0]).toMatchObject({
      tone: 'critical',
      text: 'Contain worked only in part 6 s ago: 203.0.113.40:22 left',
    })
  })

  it('is taken back in the moment the host reads it otherwise, although the control had succeeded', () => {
    const lost = `${contained}00:20 read network 0`
    expect([isContained(rowAfter(contained)), isContained(rowAfter(lost))]).toEqual([true, false])
    expect(faceOf(rowAfter(lost)).word).toBe('Contained in part')
    expect(told(lost, 30)).toEqual([{ kind: 'restriction', tone: 'critical', text: 'network: revoked, not in force' }])
  })

  it('is not said of a session with a process outside its cgroup, nor of one whose host is silent', () => {
    expect(faceOf(rowAfter(`${contained}00:06 exec 7 1 nc\n00:06 escape 7`)).word).toBe('Contained in part')
    expect(faceOf(rowAfter(`${contained}00:06 silent`)).word).toBe('Host silent')
  })

  it('is not hidden by a snapshot that is asked long after it', () => {
    const broken = `${asked}00:02 frozen 1\n00:03 end c1 partial\n01:00 ask s1 snapshot`
    expect(faceOf(rowAfter(broken)).word).toBe('Contained in part')
  })
})

describe('buttons and causes', () => {
  it('a contained session offers its release, and an uncontained one pause and contain', () => {
    expect(offerOf(rowAfter(contained))).toMatchObject({ action: 'release', label: 'Release', undoes: 'c1' })
    expect([offerOf(rowAfter(started))?.action, containOfferOf(rowAfter(started))?.label]).toEqual(['pause', 'Contain'])
  })

  it('several causes hold independently: the button lifts one and says so, and afterwards it is said who still holds it', () => {
    const two = `${started}00:01 ask c1 pause by=eve reason=tunnel\n00:02 ask c2 pause by=bob\n00:02 frozen 1\n00:02 end c1 enforced\n00:02 end c2 enforced\n`
    const offer = offerOf(rowAfter(two))
    expect(offer).toMatchObject({ label: 'Lift 1 of 2', undoes: undefined })
    expect(offer?.why).toContain('stays held')
    const one = rowAfter(`${two}00:09 ask c3 resume by=bob lifts=c2\n00:09 end c3 lifted`)
    expect(offerOf(one)).toMatchObject({ label: 'Resume', undoes: 'c1' })
    expect(faceOf(one).word).toBe('Paused')
    expect(noticesOf(one, undefined, at(10))).toEqual([
      { kind: 'held', tone: 'quiet', text: 'One cause lifted; still held: Pause by eve “tunnel”' },
    ])
  })

  it('a pause under a containment is a cause of its own', () => {
    const both = rowAfter(`${contained}00:09 ask c2 pause`)
    expect([offerOf(both)?.label, pauseOfferOf(both)?.label]).toEqual(['Release 1 of 2', 'Lift pause 1 of 2'])
  })

  it('a containment that failed is asked again or taken back', () => {
    const failed = rowAfter(`${asked}00:02 end c1 failed`)
    expect(offerOf(failed)).toMatchObject({ action: 'contain', label: 'Contain again', again: true })
    expect(takeBackOf(failed)).toMatchObject({ action: 'release', undoes: 'c1' })
  })

  it('what is asked of a capability never takes the button that stops the session', () => {
    const revoking = rowAfter(`${started}00:01 ask c1 revoke network`)
    expect([pendingRunOf(revoking, undefined), offerOf(revoking)?.label]).toEqual([undefined, 'Pause'])
    expect(offerOf(rowAfter(`${started}00:01 ask c1 revoke network\n00:02 end c1 failed`))?.label).toBe('Pause')
    expect(offerOf(rowAfter(`${started}00:01 ask c1 snapshot\n00:02 end c1 failed`))?.label).toBe('Pause')
  })

  it('undo of a pending control names the hold that it placed', () => {
    const pending = pendingRunOf(rowAfter(asked), undefined)
    expect(pending && undoOf(rowAfter(asked), pending)).toMatchObject({ action: 'release', undoes: 'c1' })
  })
})

describe('whose hold a button lifts', () => {
  const two = `${started}00:01 ask c1 pause by=eve\n00:02 ask c2 pause by=bob\n00:02 frozen 1\n`
  const eve = rowAfter(two).holds.find((hold) => hold.control === 'c1')?.by.id
  const resume = { action: 'resume' } as const

  it('is said where it is not one’s own, and only there', () => {
    const row = rowAfter(two)
    expect(othersHold(row, { ...resume, undoes: 'c2' }, eve)).toEqual({ whose: 'bob’s', words: 'lifts bob’s pause' })
    expect(othersHold(row, { ...resume, undoes: 'c1' }, eve)).toBeUndefined()
  })

  it('is the caller’s own first where none is named, else the newest, as the server does it', () => {
    const row = rowAfter(two)
    expect([othersHold(row, resume, eve), othersHold(row, resume, 'nobody')?.words]).toEqual([
      undefined,
      'lifts bob’s pause',
    ])
  })

  it('a time is refused before the click where the server would refuse it', () => {
    const [hold] = rowAfter(contained).holds
    if (!hold) throw new Error('nothing holds it')
    expect([whyNoTime(hold, false), whyNoTime({ ...hold, action: 'pause' }, true)]).toEqual([undefined, undefined])
    expect(whyNoTime(hold, true)).toContain('two people')
    expect(whyNoTime({ ...hold, containment: 'con-1' as never }, false)).toContain('standing containment')
  })
})

describe('restrictions on a row', () => {
  const revoked = `${started}00:01 ask c1 revoke network\n`

  it('are asked, then revoked, then red when they are not in force after all', () => {
    const marks = (drawing: string) => restrictionMarks(rowAfter(drawing)).map((each) => [each.tone, each.sentence])
    expect(marks(revoked)).toEqual([['warn', 'Network: revoke asked, not confirmed']])
    expect(marks(`${revoked}00:02 read network 1\n00:02 end c1 enforced`)).toEqual([
      ['revoked', 'Network revoked, enforced'],
    ])
    expect(marks(`${revoked}00:02 read network 1\n00:02 end c1 enforced\n00:09 read network 0`)).toEqual([
      ['critical', 'Network: revoked, not in force'],
    ])
  })

  it('are told with what is left, once', () => {
    const partial = `${revoked}00:02 read network 0 2 flows\n00:03 end c1 partial 2 flows`
    expect(told(partial, 4).map((each) => each.text)).toEqual([
      'Revoke network worked only in part 1 s ago: 2 flows left',
    ])
    expect(told(`${partial}\n00:04 ask p1 pause\n00:04 end p1 enforced`, 5).map((each) => each.text)).toEqual([
      'Revoke network worked only in part 2 s ago: 2 flows left',
    ])
  })

  it('are red when nobody verified them in time, and when the verification did not agree', () => {
    const enforced = `${revoked}00:02 read network 1\n00:02 end c1 enforced\n`
    expect([told(enforced, 11), told(enforced, 14)].map((each) => each[0]?.text)).toEqual([
      undefined,
      'Revoke network not verified for 12 s',
    ])
    expect(told(`${enforced}00:05 step c1 verified quiet`, 60)).toEqual([])
    expect(told(`${enforced}00:05 step c1 not_verified! packets went out`, 6)[0]).toMatchObject({
      tone: 'critical',
      text: 'Revoke network not verified 4 s ago: packets went out',
    })
  })
})

describe('holds and receipts on the page', () => {
  it('are those that stand, those on their way, and the foremost; newest first', () => {
    const { row, controls } = detailAfter(
      `${started}00:01 ask p1 pause\n00:02 frozen 1\n00:02 end p1 enforced\n00:03 ask s1 snapshot\n00:04 end s1 enforced\n00:05 ask n1 revoke network ttl=900\n00:06 ask s2 snapshot`,
    )
    const shown = (list: typeof controls) =>
      shownControls(row, list).map(({ control, hold }) => [control?.control ?? hold?.control, hold !== undefined])
    // A cause whose control is no longer in the bounded list can still be seen, and lifted.
    expect(shown([])).toEqual([
      ['s2', false],
      ['n1', true],
      ['p1', true],
    ])
    expect(shown(controls)).toEqual([
      ['s2', false],
      ['n1', true],
      ['p1', true],
    ])
  })

  it('say until when, and are extended by what they have left and more', () => {
    const expiresAtMs = Date.UTC(2026, 10, 21, 14, 47, 4)
    expect(untilText(expiresAtMs, expiresAtMs - 720_000)).toBe('until 14:47:04Z · in 12 min')
    expect(untilText(undefined, 0)).toBe('until lifted')
    expect([extendedSeconds(expiresAtMs, expiresAtMs - 720_000, 900), extendedSeconds(undefined, 0, 900)]).toEqual([
      1_620, 900,
    ])
  })
})

describe('what holding costs', () => {
  it('counts the GPUs it keeps, and goes on counting', () => {
    const row = rowAfter(`${started}00:00 gpu GPU-a 9\n00:00 gpu GPU-b 9\n00:01 ask c1 pause`)
    expect(costWords(row.cost, at(1) + 756_000)).toMatchObject({ gpus: '2 GPUs', spent: '0.42 GPU-h so far' })
  })

  it('says nothing of GPUs where there is none, nor of a group where nobody waits', () => {
    expect(costWords(rowAfter(`${started}00:01 ask c1 pause`).cost, at(900))).toBeUndefined()
    const alone = { sinceMs: t0, gpus: 0, gpuMs: 0, atMs: t0, group: '7' }
    expect(costWords({ ...alone, siblings: 0 }, at(9))).toBeUndefined()
    expect(costWords({ ...alone, siblings: 7 }, at(9))).toEqual({
      gpus: '',
      spent: '',
      group: '7',
      stalls: '7 siblings',
    })
    expect([0.001, 0.42, 12.34, 128.4].map(gpuHoursText)).toEqual(['<0.01', '0.42', '12.3', '128'])
  })
})

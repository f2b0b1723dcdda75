// given what is wanted and read of a capability, then its line and its button say no more than that.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs as t0 } from '../../server/model/event-for-test.ts'
import { projectDetail } from '../../server/model/project-detail.ts'
import { applyEvent, nothingTouched } from '../../server/model/reduce.ts'
import { emptySampleHistory } from '../../server/model/sample-history.ts'
import { emptyState } from '../../server/model/state.ts'
import type { Ability } from '../../server/protocol/ability.ts'
import { SessionDetail } from '../../server/protocol/browser-messages.ts'
import type { Capability } from '../../server/protocol/control.ts'
import { capabilityOffer, capabilityStatus, stopwatchText } from './capability-words.ts'

const can = (name: Ability['name'], how: Ability['can'] = 'proven'): Ability => ({
  name,
  can: how,
  enforcer: how === 'no' ? '' : 'nftables',
  detail: how === 'no' ? 'no nft on this host' : '',
})
const usual = [can('pause'), can('network'), can('gpu'), can('files', 'no')]

function detailAfter(drawing: string, abilities = usual): SessionDetail {
  const state = emptyState()
  for (const event of drawEpisode(`00:00 probe\n00:00 start python\n${drawing}`)) {
    const given = event.kind === 'session.started' ? { ...event, data: { ...event.data, abilities } } : event
    applyEvent(state, given, nothingTouched())
  }
  const [session] = state.sessions.values()
  if (!session) throw new Error('the drawing has no session')
  return SessionDetail.parse(projectDetail(state, session, emptySampleHistory()))
}
function viewOf(detail: SessionDetail, capability: Capability) {
  const view = detail.capabilities.find((each) => each.capability === capability)
  if (!view) throw new Error('no such capability')
  return view
}
function line(drawing: string, seconds: number, capability: Capability = 'network', isSilent = false) {
  const detail = detailAfter(drawing)
  const status = capabilityStatus(
    viewOf(detail, capability),
    detail.controls,
    undefined,
    t0 + seconds * 1_000,
    isSilent,
  )
  return [[status.wanted, status.read].filter(Boolean).join(' · '), status.tone]
}
const button = (drawing: string, capability: Capability = 'network', abilities = usual) => {
  const detail = detailAfter(drawing, abilities)
  return capabilityOffer(viewOf(detail, capability), detail.row)
}

const asked = '00:01 ask c1 revoke network\n'
const revoked = `${asked}00:02 read network 1\n00:02 end c1 enforced\n`

describe('the line of a capability', () => {
  it('goes from allowed over asked, amber and red, to revoked and enforced', () => {
    expect(line('', 1)).toEqual(['Allowed', 'plain'])
    expect([1.5, 2.5, 6].map((seconds) => line(asked, seconds))).toEqual([
      ['Revoked · asked, not confirmed', 'plain'],
      ['Revoked · asked, not confirmed', 'warn'],
      ['Revoked · asked, not confirmed', 'critical'],
    ])
    expect(line(revoked, 60)).toEqual(['Revoked · enforced', 'revoked'])
  })

  it('keeps the age of the oldest that wants it: asking again does not make it look young', () => {
    expect(line(`${asked}00:05 ask c2 contain`, 6.5)).toEqual(['Revoked · asked, not confirmed', 'critical'])
  })

  it('is asked from the first moment, before the server has answered, and only for the capability that was meant', () => {
    const detail = detailAfter('')
    const own = { action: 'revoke', capability: 'network', atMs: t0, control: undefined } as const
    const read = (capability: Capability) =>
      capabilityStatus(viewOf(detail, capability), detail.controls, own, t0 + 50).read
    expect([read('network'), read('gpu')]).toEqual(['asked, not confirmed', ''])
  })

  it('is red when it is not in force after its control ended, wholly or in part', () => {
    expect(line(`${revoked}00:09 read network 0`, 10)).toEqual(['Revoked · not in force', 'critical'])
    expect(line(`${asked}00:02 read network 0 1 flow\n00:03 end c1 partial 1 flow`, 9)).toEqual([
      'Revoked · in force only in part',
      'critical',
    ])
    expect(line(`${asked}00:02 end c1 failed`, 9)).toEqual(['Revoked · not in force', 'critical'])
  })

  it('does not call enforced what nobody has read', () => {
    expect(line(`00:01 ask c1 revoke shell\n00:01 end c1 enforced`, 9, 'shell')).toEqual([
      'Revoked · not seen to act yet',
      'warn',
    ])
    expect(line(revoked, 60, 'network', true)).toEqual(['Revoked · enforced when last read', 'warn'])
  })

  it('tells a restore likewise: asked, then allowed, or red while the host still restricts', () => {
    const restoring = `${revoked}00:10 ask c2 restore network lifts=c1\n`
    expect(line(restoring, 12)).toEqual(['Restored · asked, not confirmed', 'warn'])
    expect(line(`${restoring}00:11 read network 0\n00:11 end c2 enforced`, 12)).toEqual(['Allowed', 'plain'])
    expect(line(`${restoring}00:11 end c2 failed`, 12)).toEqual(['Allowed · still restricted', 'critical'])
  })
})

describe('its button', () => {
  it('revokes in one click and restores what was revoked, naming the cause', () => {
    expect(button('')).toEqual({ act: 'revoke', label: 'Revoke', held: false })
    expect(button(revoked)).toEqual({ act: 'restore', label: 'Restore', undoes: 'c1' })
    expect(button(`${revoked}00:05 ask c2 revoke network by=eve`)).toEqual({
      act: 'restore',
      label: 'Restore 1 of 2',
      undoes: undefined,
    })
  })

  it('is held down where it cannot be undone', () => {
    expect(button('', 'gpu')).toEqual({ act: 'revoke', label: 'Hold to revoke', held: true })
  })

  it('offers what this host can do instead, and nothing where it can do nothing', () => {
    expect(button('', 'files')).toEqual({ act: 'pause', label: 'Pause instead' })
    expect(button('00:01 ask p1 pause', 'files')).toEqual({ act: 'none', label: 'Held instead' })
    expect(button('', 'files', [can('pause', 'no')])).toEqual({ act: 'none', label: 'Revoke' })
  })

  it('does not offer to restore what only a containment holds; it can be kept after the release', () => {
    expect(button('00:01 ask c1 contain')).toEqual({ act: 'keep', label: 'Keep revoked', held: false })
  })

  it('counts up like a stopwatch', () => {
    expect([0, 6_400, 754_000].map(stopwatchText)).toEqual(['00:00', '00:06', '12:34'])
  })
})

// A receipt says what happened and nothing ahead of it; what should have happened and was not seen is louder the older it gets.
import { describe, expect, it } from 'vitest'
import { planOf } from '../../server/protocol/control.ts'
import { ControlView } from '../../server/protocol/control-views.ts'
import { proofOf, receiptSteps, receiptTone } from './receipt-steps.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 32, 4, 110)
const at = (ms: number) => t0 + ms

type Step = [name: string, afterMs: number, detail?: string, ok?: boolean]
function control(action: 'pause' | 'contain' | 'revoke' | 'resume', state: string, steps: Step[], change: object = {}) {
  return ControlView.parse({
    control: 'c-1',
    action,
    ...(action === 'revoke' && { capability: 'network' }),
    state,
    by: { type: 'operator', id: 'o', name: 'On call' },
    requestedAtMs: t0,
    plan: planOf(action, action === 'revoke' ? 'network' : undefined),
    steps: steps.map(([name, afterMs, detail = '', ok = true]) => ({ name, atMs: at(afterMs), detail, ok })),
    ...change,
  })
}
/** One word a step: `✓` observed, `✗` bad, `○` awaited, `!` awaited too long, `?` awaited for long. */
function drawn(view: ControlView, nowMs: number, isStanding = true): string[] {
  return receiptSteps(view, nowMs, isStanding).map((step) => {
    if (step.state !== 'awaited') return `${step.state === 'bad' ? '✗' : '✓'} ${step.label}`
    return `${step.tone === 'critical' ? '!' : step.tone === 'warn' ? '?' : '○'} ${step.label}`
  })
}

describe('a receipt', () => {
  const asked: Step[] = [['requested', 0, 'by On call']]

  it('starts with the request and shows what is to be observed as hollow, in the plan’s order', () => {
    expect(drawn(control('contain', 'requested', asked), at(100))).toEqual([
      '✓ Requested',
      '○ Tool calls held',
      '○ Evidence taken',
      '○ Egress dropped',
      '○ Flows killed',
      '○ Frozen',
      '○ Verified',
    ])
  })

  it('fills step by step, each with its distance from the request and its own clock', () => {
    const steps: Step[] = [...asked, ['delivered', 2], ['egress dropped', -4, 'counter 3']]
    const told = receiptSteps(control('revoke', 'delivered', steps), at(20), true)
    expect(
      told.map((step) => (step.state === 'awaited' ? step.label : [step.label, step.afterMs, step.clock])),
    ).toEqual([
      ['Requested', 0, 'server'],
      ['Delivered to host', 2, 'server'],
      ['Egress dropped', -4, 'host'],
      'Flows killed',
      'Verified',
    ])
  })

  it('turns an unobserved step amber after one second and red after five, but not the last one, whose turn has not come', () => {
    const open = control('pause', 'delivered', [...asked, ['delivered', 2]])
    expect([999, 1_000, 5_000].map((ms) => drawn(open, at(ms)).slice(2))).toEqual([
      ['○ Frozen', '○ Verified'],
      ['? Frozen', '○ Verified'],
      ['! Frozen', '○ Verified'],
    ])
  })

  it('counts the verification from the end, and red only after ten seconds: it takes three by design', () => {
    const ended = control('pause', 'enforced', [...asked, ['frozen', 9], ['enforced', 9, 'frozen 1']], {
      endedAtMs: at(9),
    })
    expect([3_000, 5_009, 10_009].map((ms) => drawn(ended, at(ms)).at(-1))).toEqual([
      '○ Verifying: watched for 3 s',
      '? Verifying',
      '! Verified',
    ])
    expect(receiptTone(receiptSteps(ended, at(10_009), true), ended)).toBe('critical')
    const verified = { ...ended, steps: [...ended.steps, { name: 'verified', atMs: at(3_100), detail: '', ok: true }] }
    expect(drawn(verified, at(60_000)).at(-1)).toBe('✓ Verified')
    expect(receiptTone(receiptSteps(verified, at(60_000), true), verified)).toBe('frozen')
  })

  it('puts a step that was missed where it is missed, in red', () => {
    const steps: Step[] = [
      ...asked,
      ['tool calls held', 1],
      ['evidence taken', 5],
      ['frozen', 30],
      ['partial', 31, '', false],
    ]
    const plan = planOf('contain', undefined).slice(1)
    expect(drawn(control('contain', 'partial', steps, { endedAtMs: at(31), plan }), at(900)).slice(2)).toEqual([
      '✓ Evidence taken',
      '! Egress dropped',
      '! Flows killed',
      '✓ Frozen',
      '✗ Only in part',
      '○ Verified',
    ])
  })

  it('awaits nothing of what was lifted before it was observed, and tells that it was read without it', () => {
    const steps: Step[] = [...asked, ['frozen', 9], ['enforced', 9], ['reverted', 2_000, 'frozen 0']]
    expect(drawn(control('pause', 'enforced', steps, { endedAtMs: at(9) }), at(99_000), false)).toEqual([
      '✓ Requested',
      '✓ Frozen',
      '✓ Enforced',
      '✓ Reverted, read without it',
    ])
  })

  it('takes "not verified" as the bad answer to the last step', () => {
    const steps: Step[] = [
      ...asked,
      ['frozen', 9],
      ['enforced', 9],
      ['not verified', 3_009, '3 packets went out', false],
    ]
    const view = control('pause', 'enforced', steps, { endedAtMs: at(9) })
    expect(drawn(view, at(4_000)).at(-1)).toBe('✗ Not verified')
    expect(receiptTone(receiptSteps(view, at(4_000), true), view)).toBe('critical')
  })

  it('tells a hold whose time was up from a control that expired unconfirmed', () => {
    const up = control('pause', 'enforced', [...asked, ['enforced', 9], ['expired', 900_000, 'its time was up']])
    const late = control('pause', 'expired', [...asked, ['expired', 30_000, 'no answer', false]])
    expect([drawn(up, at(901_000), false).at(-1), drawn(late, at(31_000), false).at(-1)]).toEqual([
      '✓ Time was up',
      '✗ Expired unconfirmed',
    ])
  })

  it('shows no proof while the control is open, and the word-for-word reading afterwards', () => {
    const read = { observed: 'frozen 1', observedFrom: '/sys/fs/cgroup/vigil/ep-1/cgroup.events' }
    expect(proofOf(control('pause', 'delivered', asked, read))).toBeUndefined()
    expect(proofOf(control('pause', 'enforced', asked, read))).toEqual({ text: read.observed, from: read.observedFrom })
  })
})

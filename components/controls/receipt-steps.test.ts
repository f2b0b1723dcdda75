// A receipt says what happened and nothing ahead of it.
import { describe, expect, it } from 'vitest'
import { ControlView } from '../../server/protocol/browser-messages.ts'
import { proofOf, receiptSteps } from './receipt-steps.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 32, 4, 110)
function control(change: Record<string, unknown>): ControlView {
  const by = { type: 'operator', id: 'o', name: 'On call' }
  return ControlView.parse({
    control: 'c-1',
    action: 'pause',
    state: 'requested',
    by,
    requestedAtMs: t0,
    steps: [],
    ...change,
  })
}

describe('a receipt', () => {
  it('starts with the request and fills in nothing ahead', () => {
    expect(receiptSteps(control({})).map((step) => step.label)).toEqual(['Requested'])
  })

  it('tells each step with its distance from the request and its own clock', () => {
    const steps = [
      { name: 'delivered', atMs: t0 + 2, detail: '' },
      { name: 'cgroup-frozen', atMs: t0 - 4, detail: 'frozen 1' },
    ]
    expect(
      receiptSteps(control({ state: 'delivered', steps })).map((step) => [step.label, step.afterMs, step.clock]),
    ).toEqual([
      ['Requested', 0, 'server'],
      ['Delivered to host', 2, 'server'],
      ['Cgroup frozen', -4, 'host'],
    ])
  })

  it('shows no proof while the control is open, and the word-for-word reading afterwards', () => {
    const read = { observed: 'frozen 1', observedFrom: '/sys/fs/cgroup/vigil/ep-1/cgroup.events' }
    expect(proofOf(control({ state: 'delivered', ...read }))).toBeUndefined()
    expect(proofOf(control({ state: 'enforced', ...read }))).toEqual({ text: read.observed, from: read.observedFrom })
  })
})

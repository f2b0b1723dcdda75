// What a drill is measured by: a request is never a containment.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ControlAction, ControlState } from '../../server/protocol/control.ts'
import type { ControlView } from '../../server/protocol/control-views.ts'
import { drillDelays, drills } from '../../server/protocol/drill.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { ControlId, EventId } from '../../server/protocol/ids.ts'
import { containmentIn, pageIn } from './drill-figures.ts'
import { testReport } from './report.test-fixture.ts'
import { reportText } from './report-text.ts'

const by = { type: 'operator', id: 'o1', name: 'Mia' } as const
const control = (more: Partial<ControlView>): ControlView => ({
  control: ControlId.parse('ctl-1'),
  action: 'contain',
  state: 'enforced',
  by,
  requestedAtMs: 1_000,
  endedAtMs: 3_000,
  plan: [],
  steps: [],
  observed: 'frozen 1',
  observedFrom: '/sys/fs/cgroup/x/cgroup.events',
  ...more,
})

describe('when a drill counts as contained', () => {
  it('is when an enforcer had read it, in its own words', () => {
    expect(containmentIn({ controls: [control({})] })).toEqual({
      atMs: 3_000,
      by: {
        control: 'ctl-1',
        action: 'contain',
        by: 'Mia',
        observed: 'frozen 1',
        observedFrom: '/sys/fs/cgroup/x/cgroup.events',
      },
    })
  })

  it('is the first of several', () => {
    const later = control({ control: ControlId.parse('ctl-2'), action: 'pause', endedAtMs: 2_000 })
    expect(containmentIn({ controls: [control({}), later] })?.by.control).toBe('ctl-2')
  })

  it('is never said of anything but a whole, observed hold, however it is mixed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ControlAction.options),
        fc.constantFrom(...ControlState.options),
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 9_000 }), { nil: undefined }),
        (action, state, observed, endedAtMs) => {
          const found = containmentIn({ controls: [{ ...control({ action, state }), observed, endedAtMs }] })
          const holds = ['pause', 'contain', 'end'].includes(action)
          const isProven = state === 'enforced' && observed !== undefined && endedAtMs !== undefined
          expect(found !== undefined).toBe(holds && isProven)
        },
      ),
    )
  })

  it('is not when only the shell was taken away', () => {
    expect(containmentIn({ controls: [control({ action: 'revoke', capability: 'shell' })] })).toBeUndefined()
    expect(containmentIn({ controls: [control({ action: 'revoke', capability: 'network' })] })).toBeDefined()
  })
})

describe('when a drill counts as detected', () => {
  it('is when the server had the first flag that pages a person', () => {
    const flag = (severity: FlagView['severity'], seenAtMs: number) =>
      ({ id: EventId.parse('0b0b0b0b-0000-4000-8000-000000000001'), severity, seenAtMs }) as FlagView
    expect(pageIn([flag('medium', 1), flag('critical', 9), flag('high', 5)])).toBe(5)
    expect(pageIn([flag('medium', 1)])).toBeUndefined()
  })
})

describe('a report', () => {
  it('counts from the first evidence on, and leaves out what was not measured', () => {
    expect(drillDelays(testReport)).toEqual({ detectMs: 400, containMs: 9_000 })
    expect(drillDelays({ ...testReport, firstEvidenceAtMs: undefined })).toEqual({})
  })

  it('tells a person what was seen, what was not, and what was left, without steering the terminal', () => {
    const text = reportText({ ...testReport, left: ['process 7'], notes: ['\u001b[2Jgone'] })
    expect(text).toContain('acknowledged  not measured')
    expect(text).toContain('contained     9.0 s (contain by Mia: "frozen 1")')
    expect(text).toContain('NOT SEEN  a flag for the probing')
    expect(text).toContain('LEFT BEHIND: process 7')
    expect(text).not.toContain('\u001b')
  })
})

it('there are at least four drills, each with what it does, what to expect, and ATT&CK', () => {
  expect(drills.length).toBeGreaterThanOrEqual(4)
  expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length)
  for (const { does, expect: expected, techniques, evidenceSeconds } of drills) {
    expect([does, expected].every((text) => text.length > 20)).toBe(true)
    expect(techniques.every((technique) => /^T\d{4}(\.\d{3})?$/.test(technique))).toBe(true)
    expect(evidenceSeconds).toBeLessThanOrEqual(60)
  }
})

// Calls that ran although the gate had not let them, each with its benign twin.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectionEvent } from '../detection-event.ts'
import { detect, drawNetwork, flagsOf } from './draw-network-for-test.ts'

const asked = (call: string, answer: string, outcome = 'ok') =>
  `00:01 gate ${answer} ${call} Bash\n00:01 action ${call} Bash ls\n00:02 agent call-ended ${call} ${outcome}\n`

describe('a call that ran without having been let', () => {
  it('is raised, and would page, when it was denied or is still held', () => {
    expect(detect(asked('c1', 'denied'))).toEqual(['vigil-gate-bypassed high'])
    expect(detect(asked('c1', 'held'))).toEqual(['vigil-gate-bypassed high'])
  })

  it('names the tool, what it had been answered, and the call', () => {
    const [flag] = flagsOf(drawNetwork(asked('c1', 'denied')))
    expect(flag?.call).toBe('c1')
    expect(flag?.matched).toEqual([
      { field: 'Tool', value: 'Bash' },
      { field: 'State', value: 'denied' },
      { field: 'Outcome', value: 'ok' },
    ])
  })

  it('is less where it ended with an error: some harnesses tell a denial so', () => {
    expect(detect(asked('c1', 'denied', 'error'))).toEqual(['vigil-gate-bypassed medium'])
  })

  it('is not one that was allowed, was approved after it was held, or is reported as denied or not at all', () => {
    expect(detect(asked('c1', 'allowed'))).toEqual([])
    expect(detect(`00:00 gate held c1 Bash\n${asked('c1', 'allowed')}`)).toEqual([])
    expect(detect(asked('c1', 'denied', 'denied'))).toEqual([])
    expect(detect(asked('c1', 'denied', 'unknown'))).toEqual([])
    expect(detect('00:00 gate denied c1 Bash')).toEqual([])
  })

  it('stays denied, whatever is asked under its id afterwards', () => {
    expect(detect(`00:00 gate denied c1 Bash\n${asked('c1', 'allowed')}`)).toEqual(['vigil-gate-bypassed high'])
  })

  it('is not made right by an answer that the agent itself reports', () => {
    const events = drawNetwork('00:00 gate held c1 Bash\n00:01 gate allowed c1 Bash\n00:02 agent call-ended c1 ok')
    const claimed = events.map((event, at): DetectionEvent => (at === 1 ? { ...event, trust: 'agent' } : event))
    expect(flagsOf(claimed).map(({ rule }) => rule)).toEqual(['vigil-gate-bypassed'])
  })
})

describe('a tool that asks the gate', () => {
  const around = '01:00 action c9 Bash ls\n01:01 agent call-ended c9 ok'

  it('is raised when one of its calls ran unasked, after another had asked and ran under its own id', () => {
    expect(detect(`${asked('c1', 'allowed')}${around}`)).toEqual(['vigil-gate-unasked medium'])
  })

  it('is told once, not for each such call', () => {
    const again = '01:02 action c10 Bash ls\n01:03 agent call-ended c10 ok'
    expect(detect(`${asked('c1', 'allowed')}${around}\n${again}`)).toEqual(['vigil-gate-unasked medium'])
  })

  it('is not another tool, one that asks under ids of its own, or any tool of a session without a gate', () => {
    const other = '01:00 action c9 Read file\n01:01 agent call-ended c9 ok'
    expect(detect(`${asked('c1', 'allowed')}${other}`)).toEqual([])
    expect(detect(`00:01 gate allowed hook-1 Bash\n${around}`)).toEqual([])
    expect(detect(around)).toEqual([])
  })

  it('is not one that was only heard of when it ended otherwise', () => {
    expect(detect(`${asked('c1', 'allowed')}01:00 action c9 Bash ls\n01:01 agent call-ended c9 denied`)).toEqual([])
  })
})

describe('any order of answers and ends', () => {
  it('raises nothing where everything that ran had been allowed under its id before', () => {
    const line = fc.record({ call: fc.nat(5), outcome: fc.constantFrom('ok', 'error', 'denied', 'unknown') })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        expect(detect(lines.map(({ call, outcome }) => asked(`c${call}`, 'allowed', outcome)).join(''))).toEqual([])
      }),
    )
  })
})

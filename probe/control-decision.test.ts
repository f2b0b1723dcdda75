import { describe, expect, test } from 'vitest'
import type { Capability, ControlAction, HostRestriction } from '../server/protocol/control.ts'
import { ControlId, SessionId } from '../server/protocol/ids.ts'
import { openGoals } from './control-decision.ts'

type Asked = [control: string, action: ControlAction, capability?: Capability]
function goals(restrict: HostRestriction[], asked: Asked[], ended: string[] = []) {
  const pending = asked.map(([control, action, capability]) => ({
    control: ControlId.parse(control),
    action,
    ...(capability && { capability }),
  }))
  return openGoals({ session: SessionId.parse('s'), restrict, pending }, new Set(ended)).map(
    ({ control, aims, on, over }) => `${control} ${over ?? `${aims.join('+') || 'act'} ${on ? 'on' : 'off'}`}`,
  )
}

describe('what a control aims at', () => {
  test('given pause is wanted, when it is asked, then the pause must be read', () => {
    expect(goals(['pause'], [['1', 'pause']])).toEqual(['1 pause on'])
  })
  test('given a containment, then the network must be read as cut before the pause, in that order', () => {
    expect(goals(['pause', 'network'], [['1', 'contain']])).toEqual(['1 network+pause on'])
  })
  test('given a control has its end, when the server repeats it, then it is not ended again', () => {
    expect(goals(['pause'], [['1', 'pause']], ['1'])).toEqual([])
  })
  test('given resume is wanted now, when a pause still waits, then the pause is superseded', () => {
    expect(
      goals(
        [],
        [
          ['1', 'pause'],
          ['2', 'resume'],
        ],
      ),
    ).toEqual(['1 superseded', '2 pause off'])
  })
  test('given another cause still holds, when one is lifted, then nothing is asked of the kernel and it is told so', () => {
    expect(goals(['pause'], [['2', 'resume']])).toEqual(['2 lifted'])
  })
  test('given the network stays revoked for another reason, when a containment is released, then only the pause is let go', () => {
    expect(goals(['network'], [['2', 'release']])).toEqual(['2 pause off'])
  })
  test('given a capability, then only its own level is aimed at', () => {
    expect(
      goals(
        ['network', 'gpu'],
        [
          ['1', 'revoke', 'network'],
          ['2', 'revoke', 'gpu'],
          ['3', 'restore', 'gpu'],
        ],
      ),
    ).toEqual(['1 network on', '2 gpu on', '3 lifted'])
  })
  test('an end and a snapshot are acts: they aim at no level', () => {
    expect(
      goals(
        [],
        [
          ['1', 'end'],
          ['2', 'snapshot'],
        ],
      ),
    ).toEqual(['1 act on', '2 act on'])
  })
})

import { describe, expect, test } from 'vitest'
import { ControlId, SessionId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import { decideControl } from './control-decision.ts'

const c = (text: string) => ControlId.parse(text)
const wanted = (paused: boolean, ...pending: [string, 'pause' | 'resume'][]): Wanted => ({
  session: SessionId.parse('s'),
  paused,
  pending: pending.map(([control, action]) => ({ control: c(control), action })),
})
const read = (paused: boolean | 'mixed', empty = false) => ({ paused, observed: '', observedFrom: '', empty })

describe('what to do about a session', () => {
  test('given it runs, when pause is wanted, then it is applied', () => {
    expect(decideControl(wanted(true, ['1', 'pause']), read(false), new Set())).toEqual({
      superseded: [],
      waiting: ['1'],
      next: 'apply',
    })
  })
  test('given it already reads paused, when pause is asked again, then it is confirmed from the reading', () => {
    expect(decideControl(wanted(true, ['2', 'pause']), read(true), new Set(['1'])).next).toBe('confirm')
  })
  test('given a control already has its end, when the server repeats it, then it is not ended again', () => {
    expect(decideControl(wanted(true, ['1', 'pause']), read(true), new Set(['1'])).waiting).toEqual([])
  })
  test('given resume is wanted now, when a pause is still pending, then the pause is superseded', () => {
    expect(decideControl(wanted(false, ['1', 'pause'], ['2', 'resume']), read(true), new Set())).toEqual({
      superseded: ['1'],
      waiting: ['2'],
      next: 'revert',
    })
  })
  test('given only some processes are stopped, then neither paused nor running is confirmed', () => {
    expect(decideControl(wanted(true), read('mixed'), new Set()).next).toBe('apply')
    expect(decideControl(wanted(false), read('mixed'), new Set()).next).toBe('revert')
  })
  test('given nothing is left in the session, then its controls are cancelled', () => {
    expect(decideControl(wanted(true, ['1', 'pause']), read(true, true), new Set()).next).toBe('cancel')
  })
})

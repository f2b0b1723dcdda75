// What operators set beside a rule's text does what it says, and no more.
import { describe, expect, it } from 'vitest'
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag, Severity } from '../flag.ts'
import { compileSettings, type ExceptionCondition, wrongCondition } from './rule-settings.ts'

const flagOf = (severity: Severity, rule = 'r-1'): Flag => ({
  rule,
  title: 'Opens a tunnel',
  severity,
  ruleSeverity: severity,
  techniques: [],
  tactics: [],
  behaviour: 'tunnel',
  source: 'command',
  atMs: 1,
  session: 'ep-1',
  host: 'node-7',
  call: 'c1',
  matched: [],
  fingerprint: rule,
  context: [],
  notFully: undefined,
})
const event: DetectionEvent = {
  source: 'connection',
  atMs: 1,
  session: 'ep-1',
  host: 'node-7',
  call: 'c1',
  fields: { Image: '/usr/bin/SSH', DestinationIp: '10.2.3.4', Args: ['-R', '9000:localhost:22'] },
  notFully: undefined,
}
const about = { run: 'grpo-7', agent: undefined }
const excepting = (...when: ExceptionCondition[]) =>
  compileSettings([], [{ rule: 'r-1', when, why: 'our build farm', by: 'Ada', expiresAtMs: 100 }])
const ask = (settings: ReturnType<typeof compileSettings>, flag = flagOf('medium'), nowMs = 50) =>
  settings.apply(flag, event, about, nowMs)

describe('a rule that is off', () => {
  it('says nothing, and no other rule is quieter for it', () => {
    const settings = compileSettings(['r-1'], [])
    expect(ask(settings, flagOf('critical'))).toBeUndefined()
    expect(ask(settings, flagOf('low', 'r-2'))).toMatchObject({ rule: 'r-2', severity: 'low' })
  })
})

describe('an exception', () => {
  it('keeps a medium flag silent where all of its conditions hold', () => {
    const both = excepting(
      { field: 'run', how: 'equals', value: 'GRPO-7' },
      { field: 'DestinationIp', how: 'cidr', value: '10.2.0.0/16' },
    )
    expect(ask(both)).toBeUndefined()
  })

  it('changes nothing where one of them does not', () => {
    const half = excepting(
      { field: 'run', how: 'equals', value: 'grpo-7' },
      { field: 'DestinationIp', how: 'cidr', value: '10.3.0.0/16' },
    )
    expect(ask(half)).toMatchObject({ severity: 'medium' })
  })

  it('never silences what pages: it stays in the record, lowered, with the reason and its author', () => {
    const told = ask(excepting({ field: 'session', how: 'startswith', value: 'ep-' }), flagOf('critical'))
    expect(told).toMatchObject({ severity: 'informational', ruleSeverity: 'critical' })
    expect(told?.context.join()).toContain('our build farm')
    expect(told?.context.join()).toContain('Ada')
  })

  it('is over when its time is', () => {
    const settings = excepting({ field: 'host', how: 'equals', value: 'node-7' })
    expect(ask(settings, flagOf('medium'), 99)).toBeUndefined()
    expect(ask(settings, flagOf('medium'), 100)).toMatchObject({ severity: 'medium' })
  })

  it('compares each value of a list, without regard to case', () => {
    expect(ask(excepting({ field: 'Args', how: 'contains', value: 'LOCALHOST' }))).toBeUndefined()
    expect(ask(excepting({ field: 'Image', how: 'endswith', value: '/ssh' }))).toBeUndefined()
  })

  it('does not hold where the session or the event does not have what it asks for', () => {
    expect(ask(excepting({ field: 'agent', how: 'contains', value: 'a' }))).toBeDefined()
    expect(ask(excepting({ field: 'QueryName', how: 'contains', value: 'a' }))).toBeDefined()
    const silence = excepting({ field: 'Image', how: 'endswith', value: '/ssh' })
    expect(silence.apply(flagOf('medium'), undefined, about, 50), 'no event shows the silence').toBeDefined()
  })

  it('without a condition is none: that would be a rule that is off and does not say so', () => {
    expect(ask(excepting())).toBeDefined()
  })
})

describe('a condition that can never hold', () => {
  it('is told with what to write instead', () => {
    expect(wrongCondition({ field: 'DestinationIP', how: 'equals', value: 'x' })).toContain(
      'did you mean DestinationIp',
    )
    expect(wrongCondition({ field: 'taskset', how: 'equals', value: 'x' })).toContain('taskSet')
    expect(wrongCondition({ field: 'DestinationIp', how: 'cidr', value: '10.2.0.0/99' })).toBeDefined()
    expect(wrongCondition({ field: 'DestinationIp', how: 'cidr', value: '10.2.0.0/16' })).toBeUndefined()
    expect(wrongCondition({ field: 'run', how: 'equals', value: 'x' })).toBeUndefined()
  })
})

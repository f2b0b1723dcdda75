// A wrong word on the command line is one line that says which: a run of something else would be believed.
import { expect, test } from 'vitest'
import { soakOptions } from '../soak/options.ts'
import { chaosOptions } from './options.ts'
import { faultKinds } from './plan.ts'

test('without words it is five minutes of every kind, by a seed of chance that is said', () => {
  expect(chaosOptions([], 42)).toEqual({
    seed: 42,
    minutes: 5,
    kinds: faultKinds,
    json: false,
    dry: false,
    keep: false,
  })
  expect(soakOptions([])).toEqual({ minutes: 30, json: false, eventsPerSecond: 200 })
})

test('takes a seed, a length and some kinds', () => {
  expect(
    chaosOptions(['--seed', '7', '--minutes', '2', '--only', 'probe-kill, probe-hang', '--json'], 42),
  ).toMatchObject({
    ...{ seed: 7, minutes: 2, kinds: ['probe-kill', 'probe-hang'], json: true },
  })
})

test('refuses what is no seed, no length and no kind, and names it', () => {
  expect(() => chaosOptions(['--seed=-1'], 0)).toThrow('--seed -1')
  expect(() => chaosOptions(['--seed', 'x'], 0)).toThrow('--seed x: give 0 to 4294967295')
  expect(() => chaosOptions(['--minutes', '0'], 0)).toThrow('--minutes 0: give 0.25 to 240')
  expect(() => chaosOptions(['--only', 'probe-kil'], 0)).toThrow('--only probe-kil: choose from server-kill,')
  expect(() => soakOptions(['--minutes', '1'])).toThrow('--minutes 1: give 2 to 1440')
})

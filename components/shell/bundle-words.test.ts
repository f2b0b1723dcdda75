import { describe, expect, it } from 'vitest'
import type { ShownBundle } from '../../server/protocol/shown-bundle.ts'
import { verdictWords } from './bundle-words.ts'

const whole: ShownBundle = {
  name: 'ep-1.tar',
  madeAtMs: 0,
  madeBy: 'Ada',
  sessions: ['ep-1'],
  whole: true,
  key: 'ab'.repeat(32),
  pin: 'matches',
  unreadable: 0,
}

describe('the banner of a bundle', () => {
  it('says "verified" of one that is whole, and whether its key was compared with a known one', () => {
    expect(verdictWords(whole)).toMatchObject({ isGood: true, word: 'verified' })
    expect(verdictWords({ ...whole, pin: 'not asked' }).detail).toContain('not compared with a known key')
  })

  it('says NOT verified of one that was changed, with the byte, and of one that another key signed', () => {
    const changed = verdictWords({ ...whole, whole: false, firstDamageAt: 4711 })
    expect(changed).toEqual({ isGood: false, word: 'NOT verified', detail: 'changed from byte 4711 on' })
    expect(verdictWords({ ...whole, whole: false, pin: 'differs' })).toMatchObject({
      isGood: false,
      word: 'NOT verified',
    })
  })

  it('does not look well when lines of it are not shown', () => {
    const some = verdictWords({ ...whole, unreadable: 2 })
    expect(some.isGood).toBe(false)
    expect(some.detail).toContain('2 lines could not be read')
  })
})

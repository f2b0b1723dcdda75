// Words of an ask that did not go through never sound like an effect.
import { describe, expect, it } from 'vitest'
import { ControlAction } from '../../server/protocol/control.ts'
import { askName, noAnswer, notSent, waitsForSecond } from './ask-wording.ts'

describe('the words of an ask', () => {
  it('names the deed and what it is taken from', () => {
    expect([askName('contain'), askName('revoke', 'network')]).toEqual(['Contain', 'Revoke network'])
  })

  it('never claims that anything was paused, contained, released or revoked', () => {
    for (const action of ControlAction.options) {
      for (const words of [notSent, noAnswer, waitsForSecond]) {
        const { title, detail } = words(askName(action))
        expect(`${title} ${detail}`).not.toMatch(/\b(paused|contained|released|revoked|ended|lifted|done)\b/i)
      }
    }
  })

  it('says that a proposal asked nothing of any host', () => {
    expect(waitsForSecond('Release').detail).toContain('Nothing was asked of any host')
  })
})

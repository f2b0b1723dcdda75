// What is said at the door is ours, whatever stands in the address of the page.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeWords, isOver, passwordWords, singleSignOnWords } from './door-words.ts'

const answer = (status: number, more: { code?: string; waitSeconds?: number } = {}) => ({
  status,
  needsCode: false,
  ...more,
})

describe('the words of the sign-in page', () => {
  it('say how long to wait, in the unit that one waits in', () => {
    expect(passwordWords(answer(429, { waitSeconds: 42 }))).toContain('42 seconds')
    expect(passwordWords(answer(429, { waitSeconds: 241 }))).toContain('5 minutes')
    expect(codeWords(answer(429, { waitSeconds: 900 }))).toContain('15 minutes')
  })

  it('lead back to the password where the code can no longer be given, and only there', () => {
    expect(isOver(answer(401, { code: 'INVALID_TWO_FACTOR_COOKIE' }))).toBe(true)
    expect(isOver(answer(401, { code: 'INVALID_CODE' }))).toBe(false)
    expect(codeWords(answer(400, { code: 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE' }))).toContain('password again')
  })

  it('never repeat what a link says', () => {
    expect(singleSignOnWords('email_not_verified')).toContain('does not vouch')
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), (text) => {
        expect(singleSignOnWords(`<${text}`)).not.toContain(`<${text}`)
      }),
    )
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(singleSignOnWords(name)).toContain('did not work')
  })
})

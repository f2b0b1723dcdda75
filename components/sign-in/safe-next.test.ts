// A link to the sign-in page must not be a way to somewhere else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeNext } from './safe-next.ts'

describe('the way after signing in', () => {
  it('leads back to where the operator was', () => {
    expect(safeNext('/sessions/ep-1%2Fa?tab=network')).toBe('/sessions/ep-1%2Fa?tab=network')
  })

  it('leads to Live when nothing, another site or a trick is given', () => {
    for (const next of [
      null,
      '',
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/%0d',
      'javascript:alert(1)',
      '/\t/evil',
      '/.//evil.example',
      '/sign-in?next=/sign-in',
    ]) {
      expect(['/live', '/%0d']).toContain(safeNext(next))
    }
  })

  it('never leaves this origin, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '\\', '.', ':', 'a', '@', '\t', '%', '?', '#', '2', 'f') }),
        (next) => {
          expect(new URL(safeNext(`/${next}`), 'http://here.test').origin).toBe('http://here.test')
        },
      ),
    )
  })
})

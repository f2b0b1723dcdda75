// A stray key must never act on a session.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rooms } from './rooms.ts'
import { type KeyPress, shortcutOf } from './shortcuts.ts'

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  shift: false,
  ctrl: false,
  meta: false,
  alt: false,
  repeat: false,
  composing: false,
  afterGo: false,
  target: 'page',
  ...change,
})

describe('shortcuts', () => {
  it('fire from the page', () => {
    expect(['j', 'p', '?', ' '].map((key) => shortcutOf(press(key)))).toEqual(['j', 'p', '?', ' '])
  })

  it('take a capital from the Shift key alone: with caps lock on, d stays a plain denial and ⇧ D stays more', () => {
    const [plain, withCaps] = [press('d'), press('D')]
    const [shifted, shiftedWithCaps] = [press('D', { shift: true }), press('d', { shift: true })]
    expect([plain, withCaps].map(shortcutOf)).toEqual(['d', 'd'])
    expect([shifted, shiftedWithCaps].map(shortcutOf)).toEqual(['D', 'D'])
  })

  it('never fire from a text field or a dialog, whatever the key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1 }), fc.constantFrom('text' as const, 'dialog' as const), (key, target) => {
        expect(shortcutOf(press(key, { target }))).toBeUndefined()
      }),
    )
  })

  it('name a room after g, and never do what the letter alone does', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 1 }), (key) => {
        expect([undefined, 'g', ...rooms.map((room) => `g ${room.key}`)]).toContain(
          shortcutOf(press(key, { afterGo: true })),
        )
      }),
    )
    expect(
      ['l', 'a', 'c', 'u', 'e', 'r', 'o', 's', 'p'].map((key) => shortcutOf(press(key, { afterGo: true }))),
    ).toEqual(['g l', 'g a', 'g c', 'g u', 'g e', 'g r', 'g o', 'g s', undefined])
  })

  it('give every room its own key, and none the g that comes before it', () => {
    const keys = rooms.map((room) => room.key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).not.toContain('g')
  })

  it('leave combinations to the browser, but for the palette', () => {
    expect([press('p', { ctrl: true }), press('p', { meta: true }), press('j', { alt: true })].map(shortcutOf)).toEqual(
      [undefined, undefined, undefined],
    )
    expect([press('k', { ctrl: true, target: 'text' }), press('K', { meta: true })].map(shortcutOf)).toEqual([
      'palette',
      'palette',
    ])
  })

  it('leave Space and Enter to the button that has the focus', () => {
    expect([press(' ', { target: 'interactive' }), press('Enter', { target: 'interactive' })].map(shortcutOf)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('do not pause twice because a key was held down', () => {
    expect([shortcutOf(press('p', { repeat: true })), shortcutOf(press('j', { repeat: true }))]).toEqual([
      undefined,
      'j',
    ])
  })
})

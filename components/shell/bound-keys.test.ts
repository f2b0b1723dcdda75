// The keyboard help tells every key that does something on the present page, and none that does not.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBoundKeys } from './bound-keys.ts'
import { type KeyPress, meaningOfKey, type Shortcut, shortcutOf, shortcutOrder } from './shortcuts.ts'

describe('the keyboard help', () => {
  it('tells what is bound now, and no longer what went with its part of the page', () => {
    const keys = createBoundKeys()
    keys.bind({ shortcuts: ['?'], means: {} })
    const goes = keys.bind({ shortcuts: ['j', 'p'], means: {} })
    expect(keys.help().map((line) => line.keys)).toEqual([['j'], ['p'], ['?']])
    goes()
    expect(keys.help()).toEqual([{ keys: ['?'], means: meaningOfKey['?'] }])
  })

  it('tells both meanings where a page has two, and two keys of one meaning together', () => {
    const keys = createBoundKeys()
    keys.bind({ shortcuts: ['d', 'o', 'Enter'], means: {} })
    keys.bind({ shortcuts: ['d'], means: { d: 'Say of the flag that it was a drill' } })
    expect(keys.help()).toEqual([
      { keys: ['o', 'Enter'], means: meaningOfKey.o },
      { keys: ['d'], means: meaningOfKey.d },
      { keys: ['d'], means: 'Say of the flag that it was a drill' },
    ])
  })

  it('leaves out no key that can mean something', () => {
    const press: Omit<KeyPress, 'key'> = {
      shift: false,
      ctrl: false,
      meta: false,
      alt: false,
      repeat: false,
      composing: false,
      afterGo: false,
      target: 'page',
    }
    const keys = [...'abcdefghijklmnopqrstuvwxyz/ ?[]', 'Enter', 'Escape', 'Tab', 'ArrowDown']
    const can = new Set<Shortcut | undefined>(
      keys.flatMap((key) => [
        shortcutOf({ ...press, key }),
        shortcutOf({ ...press, key, shift: true }),
        shortcutOf({ ...press, key, afterGo: true }),
        shortcutOf({ ...press, key, ctrl: true }),
      ]),
    )
    can.delete(undefined)
    // `g` alone does nothing: what it leads to is told.
    can.delete('g')
    expect(new Set(shortcutOrder)).toEqual(can)
  })

  it('knows of every listener to keys of the whole page: each binds what the help tells', () => {
    const root = path.resolve(import.meta.dirname, '..')
    const listening = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\./.test(file))
      .filter((file) => /addEventListener\('key(down|up|press)'/.test(readFileSync(path.join(root, file), 'utf8')))
    const silent = ['alarm/use-alarm.ts'] // wakes the sound at any press, and does nothing else
    expect(listening.filter((file) => !silent.includes(file)).sort()).toEqual([
      'replay/replay-bar.tsx',
      'rule-editor/use-editor-keys.ts',
      'shell/use-shortcuts.ts',
    ])
    for (const file of listening.filter((each) => !silent.includes(each)))
      expect(readFileSync(path.join(root, file), 'utf8')).toContain('boundKeys.bind(')
  })
})

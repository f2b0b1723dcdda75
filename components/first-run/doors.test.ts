// Each way in has a command that can be pasted as it is, with a key that may do no more than it must.
import { describe, expect, it } from 'vitest'
import { doors, hostNameOf, keyNameOf } from './doors.ts'

const filled = { origin: 'http://localhost:3000', key: 'vgl_A-b_9', source: 'import-3f2a', host: 'gpu-node-7' }
const lineOf = (name: string) => doors.find((door) => door.name === name)?.command(filled) ?? ''

describe('the ways into an empty console', () => {
  it('each have the address and the key in their one line', () => {
    for (const door of doors.filter((each) => each.scopes.length > 0)) {
      expect(door.command(filled)).toContain(filled.origin)
      expect(door.command(filled)).toContain(filled.key)
      expect(door.command(filled)).not.toContain('\n')
    }
  })

  it('ask for the least: no key may read, decide, contain or administer', () => {
    expect(Object.fromEntries(doors.map((door) => [door.name, door.scopes]))).toEqual({
      run: [],
      'claude-code': ['ingest'],
      otlp: ['ingest'],
      probe: ['probe'],
      import: ['ingest', 'sensor'],
    })
  })

  it('give Claude Code hooks that are valid JSON inside single quotes', () => {
    const settings = /--settings '([^']*)'$/.exec(lineOf('claude-code'))?.[1] ?? ''
    const { hooks } = JSON.parse(settings) as { hooks: Record<string, unknown> }
    expect(Object.keys(hooks)).toEqual(['PreToolUse', 'PostToolUse', 'SessionStart'])
    expect(settings).toContain('"onFailure":"block"')
  })

  it('let no host name into a command that a shell could read as anything else', () => {
    expect(['gpu-node-7', ' a.b '].map(hostNameOf)).toEqual(['gpu-node-7', 'a.b'])
    for (const bad of ['', '-x', 'a b', 'a;b', 'a$(b)', 'a`b`', "a'b", 'a/b', 'ä', `a${'b'.repeat(63)}`])
      expect(hostNameOf(bad), bad).toBeUndefined()
  })

  it('name a key so that the source which comes with it bears the same name', () => {
    for (const door of doors) expect(keyNameOf(door.name, '3f2a9c')).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$/)
  })
})

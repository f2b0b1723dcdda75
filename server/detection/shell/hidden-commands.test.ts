// However a command is dressed up, the words that its program gets are among what is read.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openShellReaderForTest } from './open-shell-reader-for-test.ts'

const read = await openShellReaderForTest()
const linesOf = (text: string) => read(text).commands.map((command) => command.argv.join(' '))

const name = fc.constantFrom('ssh', 'curl', 'nc', 'cat', '/usr/bin/scp', './run.sh', 'xmrig')
const argument = fc.oneof(
  fc.constantFrom(
    '-R',
    '9000:localhost:22',
    'root@203.0.113.9',
    '/etc/shadow',
    'a b',
    "it's",
    '$x',
    '`y`',
    '"',
    '\\',
    '*',
    '',
    '#',
    '(',
    ';',
    '&&',
    'a=b',
    '{a,b}',
    '~',
    '!',
  ),
  fc.string({ minLength: 0, maxLength: 6, unit: fc.constantFrom(...'aZ0 \t-_./:=@%\'"\\$`;|&<>()*?[]{}#~!é') }),
)
const plainCommand = fc.tuple(name, fc.array(argument, { maxLength: 4 })).map(([program, args]) => [program, ...args])

/** Ways to write one word so that the shell gets the same word. */
const quotings: readonly ((word: string) => string)[] = [
  (word) => `'${word.replaceAll("'", "'\\''")}'`,
  (word) => `"${word.replace(/[\\$`"]/g, '\\$&')}"`,
  // tree-sitter-bash drops a backslash and blank at the edge of a word.
  (word) =>
    /^$|^[ \t]|[ \t]$/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : [...word].map((c) => `\\${c}`).join(''),
  (word) =>
    `$'${[...word].map((c) => (c.charCodeAt(0) < 128 ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c)).join('')}'`,
  (word) => `""'${word.replaceAll("'", "'\\''")}'""`,
  (word) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`),
]

type Dressing = {
  dress: (text: string) => string
  /** Only a simple command can stand behind it. */
  isPrefix?: boolean
  /** The result is a simple command again. */
  isSimple?: boolean
}
const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const prefix = (words: string): Dressing => ({ dress: (text) => `${words} ${text}`, isPrefix: true, isSimple: true })

/** Ways to put a command text into another one that runs it. */
const dressings: readonly Dressing[] = [
  ...[
    'sudo -n',
    'nohup timeout 5',
    'env A=b',
    'exec',
    'nice -n 5 ionice -c 3',
    'busybox',
    'docker exec -it c',
    'chroot /r',
  ].map(prefix),
  { dress: (text) => `A=b ${text}`, isPrefix: true },
  { dress: (text) => `ssh -p 22 u@h ${quote(text)}`, isSimple: true },
  { dress: (text) => `sh -c ${quote(text)}`, isSimple: true },
  { dress: (text) => `bash -lc "${text.replace(/[\\$`"]/g, '\\$&')}"`, isSimple: true },
  { dress: (text) => `eval ${quote(text)}`, isSimple: true },
  { dress: (text) => `bash <<< ${quote(text)}`, isSimple: true },
  { dress: (text) => `${text} > /dev/null 2>&1`, isPrefix: true, isSimple: true },
  { dress: (text) => `{ ${text}\n} > /dev/null` },
  { dress: (text) => `${text}\ntrue` },
  { dress: (text) => `true; ${text}` },
  { dress: (text) => `true &&\n  ${text}` },
  { dress: (text) => ` \t${text}   ` },
  { dress: (text) => `( ${text}\n)` },
  { dress: (text) => `{ ${text}\n}` },
  { dress: (text) => `( ${text} ) | cat` },
  { dress: (text) => `true | ${text}`, isPrefix: true },
  { dress: (text) => `${text} &`, isPrefix: true },
  { dress: (text) => `if true; then ${text}\nfi` },
  { dress: (text) => `while true; do ${text}\ndone` },
  { dress: (text) => `case x in y) ${text}\nesac` },
  { dress: (text) => `f() { ${text}\n}; f` },
  { dress: (text) => `echo "$( ${text}\n)"` },
  { dress: (text) => `cat <( ${text}\n)` },
  { dress: (text) => `# a comment\n${text}` },
  { dress: (text) => `cat > s.sh <<'WHOLE'\n${text}\nWHOLE\nsh s.sh` },
  { dress: (text) => `bash <<'END_OF_IT'\n${text}\nEND_OF_IT` },
  { dress: (text) => `echo ${btoa(String.fromCharCode(...new TextEncoder().encode(text)))} | base64 -d | sh` },
]

const dressed = fc
  .tuple(
    plainCommand,
    fc.array(fc.nat(quotings.length - 1), { minLength: 6, maxLength: 6 }),
    fc.array(fc.nat(dressings.length - 1), { maxLength: 4 }),
  )
  .map(([argv, quotes, layers]) => {
    let text = argv.map((word, i) => quotings[quotes[i] ?? 0]?.(word) ?? word).join(' ')
    let isSimple = true
    for (const layer of layers) {
      const dressing = dressings[layer]
      if (!dressing || (dressing.isPrefix && !isSimple)) continue
      // The same delimiter inside itself would end early.
      if (/WHOLE|END_OF_IT/.test(text) && /<<'/.test(dressing.dress(''))) continue
      text = dressing.dress(text)
      isSimple = dressing.isSimple === true
    }
    return { argv, text }
  })

describe('A command that is hidden', () => {
  it('is found with the same words behind quotes, wrappers, shells, groups, pipes and encodings', () => {
    fc.assert(
      fc.property(dressed, ({ argv, text }) => {
        expect(read(text).commands.map((command) => command.argv)).toContainEqual(argv)
      }),
      { numRuns: 600 },
    )
  })

  it.each([
    "sh -c 'echo c3NoIGg= | base64 -d | sh' > /dev/null 2>&1",
    '{ echo c3NoIGg= | base64 -d | sh; } > /dev/null',
    'f() { echo c3NoIGg= | base64 -d | sh; }; f &> /dev/null',
    'bash > /dev/null <<E\necho c3NoIGg= | base64 -d | sh\nE',
    'echo c3NoIGg= | { base64 -d > f; sh f; } > /dev/null',
  ])('is found in a pipeline whose end goes elsewhere: %s', (text) => {
    expect(linesOf(text)).toContain('ssh h')
  })

  it.each([
    'echo c3NoIGg= 3> /dev/null | base64 -d | sh',
    'echo c3NoIGg= {fd}> /dev/null | base64 -d | sh',
    'echo c3NoIGg= > /dev/stdout | base64 -d | sh',
    'echo c3NoIGg= 3>&1 > /dev/null >&3 | base64 -d | sh',
    'echo ssh h | sh 3<<< true',
  ])('is found where a redirection only looks as if it took the text: %s', (text) => {
    expect(linesOf(text)).toContain('ssh h')
  })

  it.each([
    "{ echo -n 'ssh '; echo h; } > f; sh f",
    'echo old > f; sh -c \'echo -n "ssh "; echo h\' > f; sh f',
    'echo c3NoIGg= | base64 -d | tee x.sh > /dev/null; sh x.sh',
    'echo c3NoIGg= | base64 -d > >(sh)',
    'echo c3NoIGg= | base64 -d | tee >(sh) > /dev/null',
    'bash <(echo c3NoIGg= | base64 -d)',
    'bash < <(echo c3NoIGg= | base64 -d)',
  ])('is found in the file that it goes through: %s', (text) => {
    expect(linesOf(text)).toContain('ssh h')
  })

  it('is not taken for fed to a shell where its text goes into a file', () => {
    expect(linesOf('echo ssh h > notes | sh')).toEqual(['echo ssh h', 'sh'])
    expect(linesOf("sh -c 'echo ssh h' > notes | sh")).not.toContain('ssh h')
  })
})

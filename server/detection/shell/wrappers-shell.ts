// Shells and what evaluates text as a shell does: `sh -c`, `eval`, `trap`, `su -c`.
import type { Inner, Unwrap } from './wrapper.ts'
import { readOptions } from './wrapper-options.ts'

export const shellNames: ReadonlySet<string> = new Set(
  'sh bash dash zsh ksh ash mksh rbash yash fish csh tcsh'.split(' '),
)

const shell: Unwrap = (argv) => {
  let i = 1
  let isCommand = false
  for (; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (
      word === '--rcfile' ||
      word === '--init-file' ||
      word === '-o' ||
      word === '+o' ||
      word === '-O' ||
      word === '+O'
    )
      i++
    else if (word === '--command') isCommand = true
    else if (word === '--') {
      i++
      break
    } else if (word.startsWith('--')) continue
    else if (/^[-+][A-Za-z]+$/.test(word)) {
      if (word.startsWith('-') && word.includes('c')) isCommand = true
      if (/^-[a-zA-Z]*[oO]$/.test(word)) i++
    } else break
  }
  const script = argv[i]
  return isCommand && script !== undefined ? [{ script, args: argv.slice(i + 2) }] : []
}

const su: Unwrap = (argv) => {
  const options = readOptions(argv, 1, {
    short: 'cgGsTw',
    long: ['--command', '--shell', '--group', '--session-command'],
  })
  let next = options.next
  if (argv[next] === '-') next++
  const user = argv[next] !== undefined && !argv[next]?.startsWith('-') ? argv[next] : undefined
  // Options may stand after the user.
  const rest = readOptions(argv, user === undefined ? next : next + 1, {
    short: 'cgGsTw',
    long: ['--command', '--shell', '--session-command'],
  })
  const script =
    options.value('-c') ??
    options.value('--command') ??
    rest.value('-c') ??
    rest.value('--command') ??
    rest.value('--session-command')
  return [script === undefined ? { readsInput: true, user: user ?? 'root' } : { script, user: user ?? 'root' }]
}

const evaluate: Unwrap = (argv) => {
  const words = argv[1] === '--' ? argv.slice(2) : argv.slice(1)
  return words.length > 0 ? [{ script: words.join(' ') }] : []
}

const trap: Unwrap = (argv) => {
  const script = argv[argv[1] === '--' ? 2 : 1]
  return script === undefined || script === '' || script.startsWith('-') || argv.length < 3 ? [] : [{ script }]
}

const script: Unwrap = (argv) => {
  const options = readOptions(argv, 1, {
    short: 'cBEIOTmo',
    long: ['--command', '--log-out', '--log-in', '--log-io', '--log-timing'],
  })
  const text = options.value('-c') ?? options.value('--command')
  if (text !== undefined) return [{ script: text }]
  // The BSD form: `script -q /dev/null CMD…`; a lone file has no command.
  const rest = argv.slice(options.next + 1)
  return rest.length > 0 ? oneOf(rest) : []
}

function oneOf(argv: readonly string[]): readonly Inner[] {
  return [{ argv }]
}

const watch: Unwrap = (argv) => {
  const options = readOptions(argv, 1, { short: 'nq', long: ['--interval', '--equexit'] })
  const rest = argv.slice(options.next)
  if (rest.length === 0) return []
  return options.has('-x') || options.has('--exec') ? oneOf(rest) : [{ script: rest.join(' ') }]
}

export const shellWrappers: readonly (readonly [string, Unwrap])[] = [
  ...[...shellNames].map((name) => [name, shell] as const),
  ['su', su],
  [
    'runuser',
    (argv) => {
      if (argv.some((word) => word === '-u' || word === '--user')) {
        const options = readOptions(argv, 1, { short: 'ugGsc', long: ['--user', '--group'] })
        const rest = argv.slice(options.next)
        return rest.length > 0 ? [{ argv: rest, user: options.value('-u') ?? options.value('--user') ?? 'root' }] : []
      }
      return su(argv)
    },
  ],
  ['eval', evaluate],
  ['trap', trap],
  ['script', script],
  ['watch', watch],
]

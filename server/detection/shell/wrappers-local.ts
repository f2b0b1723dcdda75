// Programs that run a command on this host, given as words: `sudo`, `env`, `timeout`, `xargs`, `find -exec` and their like.
import type { Inner, Unwrap } from './wrapper.ts'
import { type OptionRules, readOptions } from './wrapper-options.ts'

/** Options, then `skip` words, then the command. */
function after(rules: OptionRules, skip = 0): Unwrap {
  return (argv) => commandAt(argv, readOptions(argv, 1, rules).next + skip)
}

function commandAt(argv: readonly string[], index: number): readonly Inner[] {
  return index < argv.length ? [{ argv: argv.slice(index) }] : []
}

const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/

/** `A=b C=d CMD…`: what stands before the command. */
function withAssigns(argv: readonly string[], from: number, more: Omit<Inner, 'argv'>): readonly Inner[] {
  const assigns: { name: string; value: string }[] = []
  let i = from
  for (; i < argv.length; i++) {
    const found = assignment.exec(argv[i] ?? '')
    if (!found) break
    assigns.push({ name: found[1] ?? '', value: found[2] ?? '' })
  }
  return i < argv.length ? [{ ...more, argv: argv.slice(i), assigns }] : []
}

const sudo: Unwrap = (argv) => {
  const options = readOptions(argv, 1, {
    short: 'ugCDhpRrTtU',
    long: [
      '--user',
      '--group',
      '--host',
      '--prompt',
      '--chdir',
      '--chroot',
      '--close-from',
      '--role',
      '--type',
      '--other-user',
      '--command-timeout',
    ],
  })
  const user = options.value('-u') ?? options.value('--user') ?? 'root'
  const directory = options.value('-D') ?? options.value('--chdir')
  if (options.next >= argv.length && (options.has('-i') || options.has('-s'))) return [{ readsInput: true, user }]
  return withAssigns(argv, options.next, directory === undefined ? { user } : { user, directory })
}

const env: Unwrap = (argv) => {
  const options = readOptions(argv, 1, { short: 'uCS', long: ['--unset', '--chdir', '--split-string'] })
  const split = options.value('-S') ?? options.value('--split-string')
  if (split !== undefined) return [{ script: [split, ...argv.slice(options.next)].join(' ') }]
  const directory = options.value('-C') ?? options.value('--chdir')
  return withAssigns(argv, options.next, directory === undefined ? {} : { directory })
}

const find: Unwrap = (argv) => {
  const inner: Inner[] = []
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]
    if (word !== '-exec' && word !== '-execdir' && word !== '-ok' && word !== '-okdir') continue
    const from = i + 1
    for (i = from; i < argv.length; i++) if (argv[i] === ';' || (argv[i] === '+' && argv[i - 1] === '{}')) break
    if (i > from) inner.push({ argv: argv.slice(from, i) })
  }
  return inner
}

/** `fd … -x CMD`. */
const fd: Unwrap = (argv) => {
  const at = argv.findIndex((word) => ['-x', '-X', '--exec', '--exec-batch'].includes(word))
  return at > 0 ? commandAt(argv, at + 1) : []
}

const parallel: Unwrap = (argv) => {
  const options = readOptions(argv, 1, {
    short: 'jaInLNSP',
    long: ['--jobs', '--arg-file', '--colsep', '--sshlogin', '--joblog', '--max-procs'],
  })
  const end = argv.findIndex((word) => /^(?::::\+?|::::\+?)$/.test(word))
  const words = argv.slice(options.next, end < 0 ? undefined : end)
  if (words.length === 0) return end < 0 ? [] : argv.slice(end + 1, end + 33).map((script) => ({ script }))
  return [{ script: words.join(' ') }]
}

const time = after({ short: 'fo', long: ['--format', '--output'] })

const flock: Unwrap = (argv) => {
  const options = readOptions(argv, 1, { short: 'wEc', long: ['--timeout', '--wait', '--conflict-exit-code'] })
  const script = options.value('-c')
  if (script !== undefined) return [{ script }]
  const at = options.next + 1
  if (argv[at] === '-c') return argv[at + 1] === undefined ? [] : [{ script: argv[at + 1] ?? '' }]
  return commandAt(argv, at)
}

const strace = after({ short: 'abeEIoOpPsSuX' })

export const localWrappers: readonly (readonly [string, Unwrap])[] = [
  ['sudo', sudo],
  [
    'doas',
    (argv) => {
      const options = readOptions(argv, 1, { short: 'uCa' })
      return withAssigns(argv, options.next, { user: options.value('-u') ?? 'root' })
    },
  ],
  [
    'pkexec',
    (argv) => {
      const options = readOptions(argv, 1, { short: 'u', long: ['--user'] })
      return commandAt(argv, options.next).map((inner) => ({
        ...inner,
        user: options.value('-u') ?? options.value('--user') ?? 'root',
      }))
    },
  ],
  ['env', env],
  ['nohup', after({ short: '' })],
  ['timeout', after({ short: 'ks', long: ['--signal', '--kill-after'] }, 1)],
  ['nice', after({ short: 'n', long: ['--adjustment'] })],
  ['ionice', after({ short: 'cnpPu', long: ['--class', '--classdata'] })],
  ['chrt', after({ short: 'TPD' }, 1)],
  ['taskset', after({ short: '' }, 1)],
  [
    'numactl',
    after({ short: 'CNmipP', long: ['--cpunodebind', '--membind', '--physcpubind', '--interleave', '--preferred'] }),
  ],
  ['setsid', after({ short: '' })],
  ['setarch', after({ short: '' }, 1)],
  [
    'setpriv',
    after({
      short: '',
      flags: new Set([
        '--clear-groups',
        '--keep-groups',
        '--init-groups',
        '--no-new-privs',
        '--reset-env',
        '--nnp',
        '--dump',
      ]),
    }),
  ],
  [
    'capsh',
    (argv) => {
      const at = argv.indexOf('--')
      return at > 0 && argv[at + 1] === '-c' && argv[at + 2] !== undefined ? [{ script: argv[at + 2] ?? '' }] : []
    },
  ],
  ['stdbuf', after({ short: 'ioe', long: ['--input', '--output', '--error'] })],
  ['unbuffer', after({ short: '' })],
  ['time', time],
  ['exec', after({ short: 'a' })],
  ['command', (argv) => (/^-[a-z]*[vV]/.test(argv[1] ?? '') ? [] : after({ short: '' })(argv))],
  ['builtin', after({ short: '' })],
  ['coproc', after({ short: '' })],
  ['noglob', after({ short: '' })],
  ['nocorrect', after({ short: '' })],
  ...['!', 'then', 'do', 'else'].map((name) => [name, (argv: readonly string[]) => commandAt(argv, 1)] as const),
  [
    'xargs',
    after({
      short: 'adEILnPs',
      long: [
        '--arg-file',
        '--delimiter',
        '--max-args',
        '--max-procs',
        '--max-lines',
        '--max-chars',
        '--process-slot-var',
      ],
    }),
  ],
  ['find', find],
  ['fd', fd],
  ['fdfind', fd],
  ['parallel', parallel],
  ['busybox', (argv) => (argv[1]?.startsWith('-') ? [] : commandAt(argv, 1))],
  ['toybox', (argv) => (argv[1]?.startsWith('-') ? [] : commandAt(argv, 1))],
  ['strace', strace],
  ['ltrace', strace],
  ['catchsegv', after({ short: '' })],
  ['fakeroot', after({ short: 'lsib' })],
  ['faketime', after({ short: 'f' }, 1)],
  ['flock', flock],
  ['sshpass', after({ short: 'pfdP' })],
  ['setuidgid', after({ short: '' }, 1)],
  ['gosu', userThenCommand],
  ['su-exec', userThenCommand],
  ['torsocks', after({ short: 'uap' })],
  ['torify', after({ short: '' })],
  ['proxychains', after({ short: 'f' })],
  ['proxychains4', after({ short: 'f' })],
  ['dbus-run-session', after({ short: '' })],
  ['xvfb-run', after({ short: 'efnps', long: ['--server-args', '--server-num', '--error-file', '--auth-file'] })],
  ['ld.so', after({ short: '', long: ['--library-path', '--preload', '--argv0', '--audit'] })],
  ['ld-linux-x86-64.so.2', after({ short: '', long: ['--library-path', '--preload', '--argv0', '--audit'] })],
]

function userThenCommand(argv: readonly string[]): readonly Inner[] {
  return argv.length > 2 ? [{ argv: argv.slice(2), user: argv[1]?.split(':')[0] ?? '' }] : []
}

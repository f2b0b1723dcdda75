// Programs that run a command somewhere else: another host, a container, another root, namespace, terminal or service manager.
import type { Inner, Unwrap } from './wrapper.ts'
import { type OptionRules, readOptions } from './wrapper-options.ts'

const ssh: Unwrap = (argv) => {
  const rules: OptionRules = { short: 'BbcDEeFIiJLlmOoPpQRSWw' }
  const options = readOptions(argv, 1, rules)
  const inner: Inner[] = []
  for (const word of argv) {
    const proxy = /^(?:-o)?(?:ProxyCommand|LocalCommand)[= ]\s*([\s\S]+)$/i.exec(word)
    if (proxy?.[1] && proxy[1] !== 'none') inner.push({ script: proxy[1] })
  }
  const host = argv[options.next]
  if (host === undefined) return inner
  // OpenSSH takes options after the host too.
  const rest = readOptions(argv, options.next + 1, rules)
  const words = argv.slice(rest.next)
  const runsOn = `ssh:${host.replace(/^ssh:\/\//, '')}`
  inner.push(words.length > 0 ? { script: words.join(' '), runsOn } : { readsInput: true, runsOn })
  return inner
}

/** Options of `docker run` and `exec` that take no value; every other long one does. */
const containerFlags = new Set(
  `--rm --privileged --init --read-only --detach --interactive --tty --no-healthcheck --oom-kill-disable --publish-all --sig-proxy --quiet
  --disable-content-trust --help --no-deps --latest --replace --rmi --tls-verify --build --remove-orphans --service-ports --use-aliases`.split(
    /\s+/,
  ),
)

function containerTool(tool: string): Unwrap {
  return (argv) => {
    let at = readOptions(argv, 1, {
      short: 'Hcl',
      long: [
        '--host',
        '--context',
        '--config',
        '--log-level',
        '--root',
        '--namespace',
        '--address',
        '--url',
        '--connection',
      ],
    }).next
    if (argv[at] === 'container') at++
    if (argv[at] === 'compose')
      at = readOptions(argv, at + 1, {
        short: 'fp',
        long: ['--file', '--project-name', '--profile', '--env-file'],
      }).next
    const verb = argv[at]
    if (verb !== 'exec' && verb !== 'run') return []
    const options = readOptions(argv, at + 1, { short: verb === 'exec' ? 'uwe' : 'uwevpahcmnl', flags: containerFlags })
    const name = argv[options.next]
    if (name === undefined) return []
    const entrypoint = verb === 'run' ? options.value('--entrypoint') : undefined
    const words = [...(entrypoint ? entrypoint.split(' ') : []), ...argv.slice(options.next + 1)]
    if (words.length === 0) return []
    const user = options.value('-u') ?? options.value('--user')
    const inner: Inner = { argv: words, runsOn: `${tool}:${name}` }
    return [user === undefined ? inner : { ...inner, user: user.split(':')[0] ?? '' }]
  }
}

const kubectl: Unwrap = (argv) => {
  const verb = argv.findIndex((word, i) => i > 0 && (word === 'exec' || word === 'run' || word === 'debug'))
  const dashes = argv.indexOf('--')
  if (verb < 0) return []
  const valued: OptionRules = {
    short: 'ncf',
    long: [
      '--namespace',
      '--container',
      '--filename',
      '--context',
      '--kubeconfig',
      '--image',
      '--pod-running-timeout',
      '--restart',
      '--overrides',
    ],
  }
  const pod = argv[readOptions(argv, verb + 1, valued).next] ?? ''
  if (dashes > verb) {
    const words = argv.slice(dashes + 1)
    return words.length > 0 ? [{ argv: words, runsOn: `kubectl:${pod}` }] : []
  }
  // The old form without `--`.
  if (argv[verb] !== 'exec') return []
  const words = argv.slice(argv.indexOf(pod, verb + 1) + 1)
  const rest = words.slice(readOptions(words, 0, valued).next)
  return rest.length > 0 ? [{ argv: rest, runsOn: `kubectl:${pod}` }] : []
}

function after(rules: OptionRules, skip = 0, more: Omit<Inner, 'argv'> = {}): Unwrap {
  return (argv) => {
    const at = readOptions(argv, 1, rules).next + skip
    return at < argv.length ? [{ ...more, argv: argv.slice(at) }] : [{ ...more, readsInput: true }]
  }
}

const chroot: Unwrap = (argv) => {
  const options = readOptions(argv, 1, { short: 'ugG', long: ['--userspec', '--groups'] })
  const words = argv.slice(options.next + 1)
  return words.length > 0 ? [{ argv: words }] : [{ readsInput: true }]
}

const ip: Unwrap = (argv) => {
  const at = argv.indexOf('exec')
  const isNamespace = argv.includes('netns') || argv.some((word) => /^netn/.test(word))
  if (at > 0 && isNamespace && at + 2 < argv.length) return [{ argv: argv.slice(at + 2) }]
  const vrf = argv.indexOf('vrf')
  return at > 0 && vrf > 0 && at + 2 < argv.length ? [{ argv: argv.slice(at + 2) }] : []
}

const tmux: Unwrap = (argv) => {
  const at = readOptions(argv, 1, { short: 'LSfTc' }).next
  const verb = argv[at] ?? ''
  if (
    /^(?:new|new-session|neww|new-window|splitw|split-window|respawn-pane|respawnp|run|run-shell|popup|display-popup|if-shell|pipe-pane)$/.test(
      verb,
    )
  ) {
    const words = argv.slice(readOptions(argv, at + 1, { short: 'cstnxyeFlp' }).next)
    return words.length > 0 ? [{ script: words.join(' ') }] : []
  }
  if (!/^send(?:-keys)?$/.test(verb)) return []
  const keys = argv.slice(readOptions(argv, at + 1, { short: 'tN' }).next)
  const script = keys.filter((key) => !/^(?:Enter|C-[a-z]|KPEnter|Escape|Space)$/.test(key)).join(' ')
  return script === '' ? [] : [{ script }]
}

const screen: Unwrap = (argv) => {
  const stuff = argv.indexOf('stuff')
  if (stuff > 0 && argv[stuff + 1] !== undefined)
    return [{ script: (argv[stuff + 1] ?? '').replace(/\\[nr]|\^M/g, '\n') }]
  const options = readOptions(argv, 1, { short: 'cehpstTSXL' })
  // `-S name` is the same as `-dmS name`: the name is the option's value either way.
  const words = argv.slice(options.next)
  return words.length > 0 && !options.has('-r') && !options.has('-X') ? [{ argv: words }] : []
}

const systemdRun: Unwrap = (argv) => {
  const options = readOptions(argv, 1, {
    short: 'pEHMu',
    long: `--unit --property --description --slice --setenv --uid --gid --nice --working-directory --service-type --host --machine
      --on-active --on-boot --on-startup --on-unit-active --on-calendar --timer-property`.split(/\s+/),
  })
  const words = argv.slice(options.next)
  return words.length > 0
    ? [{ argv: words, user: options.value('--uid') ?? (options.has('--user') ? '' : 'root') }]
    : []
}

export const elsewhereWrappers: readonly (readonly [string, Unwrap])[] = [
  ['ssh', ssh],
  ['docker', containerTool('docker')],
  ['podman', containerTool('podman')],
  ['nerdctl', containerTool('nerdctl')],
  ['docker-compose', (argv) => containerTool('docker')(['docker', 'compose', ...argv.slice(1)])],
  ['kubectl', kubectl],
  ['oc', kubectl],
  ['chroot', chroot],
  ['nsenter', after({ short: 'tSGW', long: ['--target', '--setuid', '--setgid', '--wdns'] })],
  [
    'unshare',
    after({
      short: 'SGRw',
      long: ['--setuid', '--setgid', '--root', '--wd', '--map-user', '--map-group', '--propagation', '--setgroups'],
    }),
  ],
  ['ip', ip],
  ['proot', after({ short: 'rbqwRSk', long: ['--rootfs', '--bind', '--qemu', '--cwd', '--kernel-release'] })],
  ['bwrap', bubblewrap],
  ['firejail', after({ short: '' })],
  ['tmux', tmux],
  ['screen', screen],
  ['systemd-run', systemdRun],
  ['lxc-attach', after({ short: 'nPuge', long: ['--name', '--lxcpath'] })],
  [
    'machinectl',
    (argv) =>
      argv[1] === 'shell' && argv.length > 3 ? [{ argv: argv.slice(3), runsOn: `machinectl:${argv[2] ?? ''}` }] : [],
  ],
  [
    'lxc',
    (argv) =>
      argv[1] === 'exec'
        ? after(
            { short: 'nT', long: ['--user', '--cwd', '--env', '--mode'] },
            1,
          )(argv.slice(1)).map((inner) => ({
            ...inner,
            argv: inner.argv?.[0] === '--' ? inner.argv.slice(1) : (inner.argv ?? []),
            runsOn: `lxc:${argv[2] ?? ''}`,
          }))
        : [],
  ],
  [
    'srun',
    after({
      short: 'AcdDEJnNopqtw',
      flags: new Set(['--pty', '--exclusive', '--label', '--overlap', '--unbuffered', '--verbose', '--quiet']),
    }),
  ],
]

/** bwrap's options take none, one or two values: the command begins at the first word that is no option and no path given to one. */
function bubblewrap(argv: readonly string[]): readonly Inner[] {
  const two = new Set([
    '--bind',
    '--ro-bind',
    '--dev-bind',
    '--bind-try',
    '--ro-bind-try',
    '--dev-bind-try',
    '--symlink',
    '--setenv',
    '--file',
    '--bind-data',
    '--ro-bind-data',
    '--chmod',
  ])
  const one = new Set([
    '--proc',
    '--dev',
    '--tmpfs',
    '--dir',
    '--chdir',
    '--unsetenv',
    '--uid',
    '--gid',
    '--hostname',
    '--args',
    '--lock-file',
    '--sync-fd',
    '--cap-add',
    '--cap-drop',
    '--seccomp',
    '--perms',
    '--remount-ro',
    '--mqueue',
  ])
  let i = 1
  while (i < argv.length && argv[i]?.startsWith('--')) {
    const word = argv[i] ?? ''
    if (word === '--') {
      i++
      break
    }
    i += two.has(word) ? 3 : one.has(word) ? 2 : 1
  }
  return i < argv.length ? [{ argv: argv.slice(i) }] : []
}

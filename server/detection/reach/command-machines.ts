// Where one simple command would connect, as far as its words say so. Narrower than an allowlist's reading (`machinesIn` takes rather one
// too many): what is told to a person as a destination must be one.
import { ipv4Number, ipv6Groups } from '../events/destination-scope.ts'

/** `host`: an address, a network or a name. */
export type Machine = { host: string; port: number | undefined }

/** Programs whose plain words are machines. */
const takesMachines: ReadonlySet<string> = new Set([
  ...[
    'ssh',
    'autossh',
    'mosh',
    'sftp',
    'telnet',
    'nc',
    'ncat',
    'netcat',
    'ftp',
    'ping',
    'traceroute',
    'nmap',
    'masscan',
  ],
  ...['dig', 'nslookup', 'host', 'whois', 'curl', 'wget', 'openssl', 'redis-cli'],
])
const takesPortAfterMachine: ReadonlySet<string> = new Set(['nc', 'ncat', 'netcat', 'telnet'])
/** Programs that connect even where their words name no machine. */
const connects: ReadonlyMap<string, string> = new Map([
  ...['curl', 'wget', 'ssh', 'scp', 'sftp', 'rsync', 'nc', 'ncat', 'netcat', 'socat', 'telnet', 'nmap', 'masscan'].map(
    (name) => [name, 'where to does not stand in its words'] as const,
  ),
])
const schemePorts: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22, ftp: 21, git: 9418 }
const programPorts: Readonly<Record<string, number>> = { ssh: 22, autossh: 22, scp: 22, sftp: 22 }
const machinesMax = 16
const wordMax = 2_000

export function machinesOf(name: string, args: readonly string[]): Machine[] {
  const found = new Map<string, Machine>()
  const add = (host: string, port: number | undefined) => {
    const bare = host.replace(/\.$/, '').toLowerCase()
    if (found.size < machinesMax && isMachine(bare)) found.set(`${bare} ${port}`, { host: bare, port })
  }
  const usual = portOption(name, args) ?? programPorts[name]
  for (const [index, word] of args.entries()) {
    if (word.length > wordMax) continue
    for (const [, scheme = '', authority = ''] of word.matchAll(/([a-z][a-z0-9+.-]{0,15}):\/\/([^/?#\s'"]{1,300})/gi))
      addAuthority(authority, schemePorts[scheme.toLowerCase()], add)
    if (word.includes('://') || word.startsWith('-')) continue
    const afterOption = args[index - 1]?.startsWith('-') === true
    const before = word.replace(/^[^@\s]{1,64}@/, '')
    const isAtWord = before !== word
    if (name === 'scp' || name === 'rsync') {
      const [, host] = /^([^:/\s]{1,253}):/.exec(before) ?? []
      if (host !== undefined) add(host, usual)
    } else if (isAtWord && !before.includes('/')) addAuthority(before, usual, add)
    // `git@host:path` of git.
    else if (isAtWord) addAuthority(before.split(/[:/]/)[0] ?? '', 22, add)
    else if (isAddress(before) || (takesMachines.has(name) && !afterOption && isNameShaped(before)))
      addAuthority(before.replace(/\/(?!\d{1,3}$).*$/, ''), portAfter(name, args[index + 1]) ?? usual, add)
  }
  if (/^(?:bash|sh)$/.test(name) || found.size === 0)
    for (const [, host = '', port = ''] of args
      .join(' ')
      .slice(0, 16_384)
      .matchAll(/\/dev\/(?:tcp|udp)\/([^/\s]{1,253})\/(\d{1,5})/g))
      add(host, Number(port))
  return [...found.values()]
}

/** Why it connects though no machine is known; undefined where it is not known to connect. */
export function connectsSomewhere(name: string, args: readonly string[]): string | undefined {
  const first = args.find((word) => !word.startsWith('-'))
  if (name === 'git' && /^(?:push|pull|fetch|clone)$/.test(first ?? ''))
    return 'where to stands in the repository’s own settings'
  if (/^(?:aws|gcloud|gsutil|az)$/.test(name)) return 'its cloud’s own addresses'
  return args.some((word) => word === '--version' || word === '--help') || (name === 'ssh' && args.includes('-V'))
    ? undefined
    : connects.get(name)
}

function addAuthority(authority: string, usual: number | undefined, add: (host: string, port?: number) => void): void {
  const host = authority.replace(/^.*@/, '')
  const [, six, sixPort] = /^\[([0-9a-f:.]{2,45})\](?::(\d{1,5}))?$/i.exec(host) ?? []
  if (six !== undefined) return add(six, sixPort === undefined ? usual : Number(sixPort))
  if (ipv6Groups(host) !== undefined) return add(host, usual)
  const [, name = host, port] = /^(.*?):(\d{1,5})$/.exec(host) ?? []
  add(name, port === undefined ? usual : Number(port))
}

function portOption(name: string, args: readonly string[]): number | undefined {
  if (name !== 'ssh' && name !== 'scp' && name !== 'sftp') return undefined
  const at = args.findIndex((word) => word === '-p' || (word === '-P' && name !== 'ssh'))
  const port = Number(at === -1 ? Number.NaN : args[at + 1])
  return Number.isInteger(port) ? port : undefined
}

function portAfter(name: string, next: string | undefined): number | undefined {
  return takesPortAfterMachine.has(name) && next !== undefined && /^\d{1,5}$/.test(next) ? Number(next) : undefined
}

function isAddress(word: string): boolean {
  const bare = word.replace(/\/\d{1,3}$/, '').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return ipv4Number(bare) !== undefined || ipv6Groups(bare) !== undefined
}

function isNameShaped(word: string): boolean {
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?(?::\d{1,5})?(?:\/.*)?$/i.test(word) || word.startsWith('localhost')
}

function isMachine(host: string): boolean {
  return isAddress(host) || /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(host)
}

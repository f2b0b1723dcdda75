// What an action's text tells of the network before anything is sent: addresses, names, ports, programs. The text is the agent's own, so
// a hint can only choose among the actions of a session that other evidence names; it never names the session.

export type Hints = {
  /** IPv4 literals, and IPv6 in brackets. */
  addresses: ReadonlySet<string>
  ranges: readonly { base: number; mask: number }[]
  /** Every word with a dot in it, in lower case: compared only with names that were really looked up. */
  names: ReadonlySet<string>
  ports: ReadonlySet<number>
  programs: ReadonlySet<string>
  /** It may leave something running: `&`, `nohup`, `ssh -f`. */
  leavesRunning: boolean
}

const textMax = 16_384
const wordsMax = 2_000

/** Ports that a program opens when none is named. */
const portsOfProgram: Readonly<Record<string, readonly number[]>> = {
  curl: [80, 443],
  wget: [80, 443],
  http: [80, 443],
  pip: [80, 443],
  pip3: [80, 443],
  uv: [80, 443],
  npm: [80, 443],
  apt: [80, 443],
  'apt-get': [80, 443],
  git: [22, 443, 9418],
  ssh: [22],
  scp: [22],
  sftp: [22],
  rsync: [22, 873],
  autossh: [22],
  psql: [5432],
  mysql: [3306],
  'redis-cli': [6379],
  telnet: [23],
  dig: [53],
  nslookup: [53],
  host: [53],
}
/** Programs that try many places. */
const probers = new Set(['nmap', 'masscan', 'zmap', 'rustscan', 'nc', 'ncat', 'netcat', 'hping3', 'fping', 'nikto'])

const portOptions = new Set(['-p', '--port', '-P', '-dport', '--dport'])

const word = /[A-Za-z0-9_@:./[\]%~+=,-]{2,256}/g
const leaves =
  /(?:^|[^&>|])&(?:\s|$|\))|\b(?:nohup|setsid|disown|daemonize|systemd-run|autossh|tmux|screen)\b|\bssh\s(?:[^|;&]{0,200}\s)?-[A-Za-z]{0,8}f|\bdocker\s+run\s(?:[^|;&]{0,200}\s)?-d/

export function hintsOf(text: string): Hints {
  const addresses = new Set<string>()
  const ranges: { base: number; mask: number }[] = []
  const names = new Set<string>()
  const ports = new Set<number>()
  const programs = new Set<string>()
  const bounded = text.slice(0, textMax)
  let words = 0
  let before = ''
  for (const match of bounded.matchAll(word)) {
    words += 1
    if (words > wordsMax) break
    readWord(match[0], before)
    before = match[0]
  }
  return { addresses, ranges, names, ports, programs, leavesRunning: leaves.test(bounded) }

  function readWord(raw: string, previous: string): void {
    if (portOptions.has(previous)) for (const each of raw.split(/[,-]/)) addPort(each)
    const attached = raw.startsWith('-p') ? /^-p(\d{1,5}(?:[,-]\d{1,5})*)$/.exec(raw)?.[1] : undefined
    if (attached) for (const each of attached.split(/[,-]/)) addPort(each)
    const program = raw.slice(raw.lastIndexOf('/') + 1)
    if (Object.hasOwn(portsOfProgram, program) || probers.has(program)) programs.add(program)
    // Every place has one of these: most words of a command are done here.
    if (!/[.:/[]/.test(raw)) return
    const device = /\/dev\/(?:tcp|udp)\/([^/\s]{1,255})\/(\d{1,5})/.exec(raw)
    if (device?.[1]) {
      addHost(device[1])
      addPort(device[2])
      return
    }
    const afterScheme = /^(?:[A-Za-z][A-Za-z0-9+.-]{0,20}):\/\/(.+)$/.exec(raw)
    const scheme = afterScheme && raw.slice(0, raw.indexOf(':')).toLowerCase()
    const authority = (afterScheme?.[1] ?? raw).split('/', 1)[0] ?? ''
    const bare = authority.slice(authority.lastIndexOf('@') + 1)
    const bracketed = /^\[([0-9a-fA-F:.]{2,45})\](?::(\d{1,5}))?$/.exec(bare)
    if (bracketed?.[1]) {
      addresses.add(bracketed[1].toLowerCase())
      addPort(bracketed[2])
      return
    }
    const [host = '', ...rest] = bare.split(',', 1).join('').split(':')
    addHost(host)
    // `-R 2222:127.0.0.1:22` names ports that this end does not connect to; a port is a hint only behind a host that looks like one.
    if (rest.length === 1 && /[.A-Za-z]/.test(host)) addPort(rest[0])
    if (rest.length === 0 && scheme === 'https') addPort('443')
    if (rest.length === 0 && scheme === 'http') addPort('80')
    const range = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(raw)
    if (range?.[1]) addRange(range[1], Number(range[2]))
  }

  function addPort(text: string | undefined): void {
    const port = Number(text)
    if (text !== undefined && /^\d{1,5}$/.test(text) && port > 0 && port <= 65_535) ports.add(port)
  }

  function addHost(host: string): void {
    if (ipv4(host) !== undefined) addresses.add(host)
    else if (host.includes('.') && /[A-Za-z]/.test(host) && host.length <= 253)
      names.add(host.toLowerCase().replace(/\.$/, ''))
  }

  function addRange(base: string, bits: number): void {
    const number = ipv4(base)
    if (number === undefined || bits < 8 || bits > 31 || ranges.length >= 32) return
    const mask = (0xffffffff << (32 - bits)) >>> 0
    ranges.push({ base: (number & mask) >>> 0, mask })
  }
}

export type Destination = { address: string; port?: number | undefined; names: Iterable<string> }

/** How much an action's text speaks of a destination. `other`: it names places, and not this one. */
export type Named = {
  place: 'address' | 'name' | 'range' | 'other' | 'none'
  port: 'named' | 'usual' | 'other' | 'none'
}

export function namedBy(hints: Hints, destination: Destination): Named {
  return { place: placeOf(hints, destination), port: portOf(hints, destination.port) }
}

function placeOf(hints: Hints, { address, names }: Destination): Named['place'] {
  if (hints.addresses.has(address)) return 'address'
  for (const name of names) if (hints.names.has(name)) return 'name'
  const number = hints.ranges.length > 0 ? ipv4(address) : undefined
  if (number !== undefined && hints.ranges.some(({ base, mask }) => (number & mask) >>> 0 === base)) return 'range'
  return hints.addresses.size + hints.ranges.length > 0 ? 'other' : 'none'
}

function portOf(hints: Hints, port: number | undefined): Named['port'] {
  if (port === undefined) return 'none'
  if (hints.ports.has(port)) return 'named'
  for (const program of hints.programs) if (portsOfProgram[program]?.includes(port)) return 'usual'
  return hints.ports.size > 0 ? 'other' : 'none'
}

/** The address as a number of 32 bits; undefined for anything else. */
export function ipv4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  let number = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined
    number = number * 256 + Number(part)
  }
  return number
}

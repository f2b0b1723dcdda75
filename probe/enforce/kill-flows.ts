// Lists the sockets of a network namespace and kills open flows with `ss -K`. Only a listing tells what is open: having asked for a
// kill proves nothing. Listeners and unconnected UDP are left alone: while packets are dropped they are harmless, and the program
// that holds them survives a restore.

export type Flow = {
  /** tcp, udp, raw, p_raw, p_dgr, xdp, v_str or v_dgr. */
  protocol: string
  state: string
  /** As ss writes them: `203.0.113.2:443`, `[fe80::1]%eth0:53`. */
  local: string
  remote: string
  /** 0 when no process holds it any more. */
  inode: number
  cookie: string
  /** cgroup v2 path at its creation; undefined when the kernel does not say, or when that cgroup is gone. */
  cgroup: string | undefined
  /** Id of its cgroup when that is gone. */
  goneCgroup: number | undefined
}

/** Everything that can send or receive; what a kernel keeps of ended connections is left out. */
export const listArgs = ['-H', '-O', '-n', '-t', '-u', '-w', '-0', '--xdp', '--vsock'].concat([
  '-a',
  '-e',
  '--cgroup',
  'exclude',
  'time-wait',
])
/** Kills what the filter after it matches, of all open flows, and lists what was killed. */
export const killArgs = ['-K', '-H', '-O', '-n', '-t', '-u', '-e', '--cgroup']

export function parseFlows(text: string): Flow[] {
  const flows: Flow[] = []
  for (const line of text.split('\n')) {
    const flow = parseFlow(line)
    if (flow) flows.push(flow)
  }
  return flows
}

/** A cgroup's name stands last, and the kernel forbids a newline in it: nothing before it is anybody's choice. */
export function parseFlow(line: string): Flow | undefined {
  const [protocol, state, , , local, remote, ...rest] = line.trim().split(/\s+/)
  if (protocol === undefined || !/^(tcp|udp|raw|p_raw|p_dgr|xdp|v_str|v_dgr)$/.test(protocol)) return undefined
  if (state === undefined || local === undefined || remote === undefined) return undefined
  const cookie = first(rest, 'sk:')
  if (cookie === undefined) return undefined
  const cgroup = first(rest, 'cgroup:')
  const gone = /^unreachable:([0-9a-f]+)$/.exec(cgroup ?? '')?.[1]
  return {
    protocol,
    state,
    local,
    remote,
    inode: Number(first(rest, 'ino:') ?? 0) || 0,
    cookie,
    cgroup: gone === undefined ? cgroup : undefined,
    goneCgroup: gone === undefined ? undefined : Number.parseInt(gone, 16),
  }
}

function first(tokens: readonly string[], prefix: string): string | undefined {
  return tokens.find((token) => token.startsWith(prefix))?.slice(prefix.length)
}

/** It has a far end, and can still carry or hold data for it. */
export function isOpen(flow: Flow): boolean {
  if (flow.protocol === 'tcp') return !['LISTEN', 'TIME-WAIT', 'CLOSED', 'CLOSE', 'UNCONN'].includes(flow.state)
  return flow.protocol === 'udp' && flow.state !== 'UNCONN'
}

/** A connection that is only tried: while its packets are dropped it carries nothing, holds nothing, and cannot come about. */
export function isAttempt(flow: Flow): boolean {
  return flow.protocol === 'tcp' && flow.state === 'SYN-SENT'
}

/** It bypasses the hooks of the IP layer. */
export function isBelowIp(flow: Flow): boolean {
  return !['tcp', 'udp', 'raw'].includes(flow.protocol)
}

const filterCharsMax = 60_000
const filterTermsMax = 256

/**
 * Filters that match the sockets of exactly these cgroups, as few as fit an argument. A folder whose name ss could misread is
 * left out: its sockets are killed by their addresses.
 */
export function cgroupFilters(folders: readonly string[]): string[] {
  return joinTerms(folders.filter((folder) => /^[\w./@-]+$/.test(folder)).map((folder) => `cgroup = ${folder}`))
}

/** Filters that match exactly these flows by their addresses; one whose addresses ss could misread is left out. */
export function addressFilters(flows: readonly Flow[]): string[] {
  const terms: string[] = []
  for (const flow of flows) {
    const local = plainEndpoint(flow.local)
    const remote = plainEndpoint(flow.remote)
    if (local !== undefined && remote !== undefined) terms.push(`( src = ${local} and dst = ${remote} )`)
  }
  return joinTerms(terms)
}

function joinTerms(terms: readonly string[]): string[] {
  const filters: string[] = []
  let filter: string[] = []
  let chars = 0
  for (const term of terms) {
    if (filter.length > 0 && (filter.length === filterTermsMax || chars + term.length > filterCharsMax)) {
      filters.push(filter.join(' or '))
      filter = []
      chars = 0
    }
    filter.push(term)
    chars += term.length + 4
  }
  if (filter.length > 0) filters.push(filter.join(' or '))
  return filters
}

/** Without the device: in its own namespace an agent chooses that name. */
function plainEndpoint(text: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[0-9.]+)(?:%\S*)?:(\d{1,5})$/.exec(text)
  return match ? `${match[1]}:${match[2]}` : undefined
}

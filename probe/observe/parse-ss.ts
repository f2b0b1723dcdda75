// Parser of `ss -H -O -n -t -u -a -i -e --cgroup` lines (iproute2). Pure. Everything but the cgroup's name comes from the kernel.
import type { Endpoint } from '../../server/protocol/event.ts'

export type SocketLine = {
  protocol: 'tcp' | 'udp'
  state: string
  local: Endpoint
  remote: Endpoint
  /** 0 when no process holds it any more. */
  inode: number
  /** Kernel socket cookie, hex: unique until reboot. */
  cookie: string
  /** cgroup v2 path at the socket's creation. */
  cgroup: string | undefined
  bytesOut: number | undefined
  bytesIn: number | undefined
}

export function parseSs(text: string): SocketLine[] {
  const sockets: SocketLine[] = []
  for (const line of text.split('\n')) {
    const socket = parseSsLine(line)
    if (socket) sockets.push(socket)
  }
  return sockets
}

export function parseSsLine(line: string): SocketLine | undefined {
  const [netid, state, , , localText, remoteText, ...rest] = line.trim().split(/\s+/)
  if ((netid !== 'tcp' && netid !== 'udp') || state === undefined) return undefined
  const local = parseEndpoint(localText)
  const remote = parseEndpoint(remoteText)
  // The first of each: a cgroup's name is the only text here that somebody could choose, and it comes after them.
  const cookie = first(rest, 'sk:')
  if (!local || !remote || cookie === undefined) return undefined
  const isTcp = netid === 'tcp'
  const sent = number(first(rest, 'bytes_sent:')) - number(first(rest, 'bytes_retrans:'))
  // A received FIN counts as one byte in the kernel's counter.
  const fin = ['CLOSE-WAIT', 'LAST-ACK', 'CLOSING'].includes(state) ? 1 : 0
  return {
    protocol: netid,
    state,
    local,
    remote,
    inode: number(first(rest, 'ino:')),
    cookie,
    cgroup: first(rest, 'cgroup:'),
    bytesOut: isTcp ? Math.max(0, sent) : undefined,
    bytesIn: isTcp ? Math.max(0, number(first(rest, 'bytes_received:')) - fin) : undefined,
  }
}

function first(tokens: readonly string[], prefix: string): string | undefined {
  return tokens.find((token) => token.startsWith(prefix))?.slice(prefix.length)
}

function number(text: string | undefined): number {
  const value = Number(text)
  return text === undefined || !Number.isFinite(value) ? 0 : value
}

/** `1.2.3.4:80`, `[::1]:80`, `*:80`, `1.2.3.4%eth0:80`, `[fe80::1]%eth0:80`; port `*` is 0. IPv4 inside IPv6 becomes IPv4. */
export function parseEndpoint(text: string | undefined): Endpoint | undefined {
  const match = /^(.*):(\d{1,5}|\*)$/.exec(text ?? '')
  if (!match) return undefined
  const [, host = '', portText = ''] = match
  const bare = host
    .replace(/%[^\]]*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
  const address = bare === '*' ? '::' : bare.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
  const port = portText === '*' ? 0 : Number(portText)
  if (address === '' || address.length > 64 || port > 65_535) return undefined
  return { address, port }
}

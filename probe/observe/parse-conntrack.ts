// Parser of the kernel's connection tracking, as /proc/net/nf_conntrack and `conntrack -L -o extended` write it, and of what it says
// about one socket. Pure. Every word in it is the kernel's own.
import { SocketAddress } from 'node:net'
import type { Endpoint } from '../../server/protocol/event.ts'

export type Tuple = { from: Endpoint; to: Endpoint }
export type Tracked = {
  protocol: 'tcp' | 'udp'
  /** As the first packet came, and as an answer to it must come. Without translation the one is the other turned round. */
  original: Tuple
  reply: Tuple
}
/** Both ends as a socket has them, or as they are written on the wire behind a translation. */
export type Ends = { local: Endpoint; remote: Endpoint }

export function parseTracked(line: string): Tracked | undefined {
  const words = line.trim().split(/\s+/)
  const protocol = words[2]
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined
  const all = (name: string): string[] =>
    words.flatMap((word) => (word.startsWith(name) ? [word.slice(name.length)] : []))
  const [sources, targets, sourcePorts, targetPorts] = [all('src='), all('dst='), all('sport='), all('dport=')]
  const tuple = (i: number): Tuple | undefined => {
    const from = endpoint(sources[i], sourcePorts[i])
    const to = endpoint(targets[i], targetPorts[i])
    return from && to && { from, to }
  }
  const original = tuple(0)
  const reply = tuple(1)
  return original && reply && { protocol, original, reply }
}

function endpoint(address: string | undefined, portText: string | undefined): Endpoint | undefined {
  const port = Number(portText)
  if (address === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined
  if (!address.includes(':')) return { address, port }
  try {
    // /proc writes all the zeros of an IPv6 address, ss leaves them out.
    return { address: new SocketAddress({ address, family: 'ipv6' }).address, port }
  } catch {
    return undefined
  }
}

type Found = { ends: Ends; isTranslated: boolean }

/** What one network namespace's table says about sockets, by their ends. */
export class TrackedIndex {
  private readonly byEnds = new Map<string, Found | 'several'>()
  /** Of a socket whose own address is not known, only its port. */
  private readonly byPort = new Map<string, Found | 'several'>()

  add({ protocol, original, reply }: Tracked): void {
    // Whoever began it holds the original's ends; whoever was reached holds those that its answers carry.
    this.put(protocol, { local: original.from, remote: original.to }, { local: reply.to, remote: reply.from })
    this.put(protocol, { local: reply.from, remote: reply.to }, { local: original.to, remote: original.from })
  }

  /** undefined when it is not tracked, or when it cannot be told from another. */
  find(protocol: 'tcp' | 'udp', ends: Ends): Found | undefined {
    const isAny = ['0.0.0.0', '::'].includes(ends.local.address)
    const found = isAny ? this.byPort.get(portKey(protocol, ends)) : this.byEnds.get(endsKey(protocol, ends))
    return found === 'several' ? undefined : found
  }

  private put(protocol: 'tcp' | 'udp', of: Ends, ends: Ends): void {
    const found = { ends, isTranslated: !isSame(of.local, ends.local) || !isSame(of.remote, ends.remote) }
    for (const [map, key] of [
      [this.byEnds, endsKey(protocol, of)],
      [this.byPort, portKey(protocol, of)],
    ] as const) {
      const other = map.get(key)
      const agrees = other !== undefined && other !== 'several' && isSameEnds(other.ends, ends)
      map.set(key, other === undefined || agrees ? found : 'several')
    }
  }
}

function endsKey(protocol: string, ends: Ends): string {
  return `${portKey(protocol, ends)} ${ends.local.address}`
}

function portKey(protocol: string, { local, remote }: Ends): string {
  return `${protocol} ${local.port} ${remote.address} ${remote.port}`
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port
}

function isSameEnds(a: Ends, b: Ends): boolean {
  return isSame(a.local, b.local) && isSame(a.remote, b.remote)
}

// Finds the host's ends of the veth pairs that lead into a network namespace. A device counts only when both ends point at each other
// and the kernel names that very namespace: cutting somebody else's device would harm a neighbour.
import { z } from 'zod'
import { isPlainDevice } from './egress-script.ts'
import type { EgressTools, Place } from './egress-tools.ts'

export type Link = {
  name: string
  ifindex: number
  kind: string | undefined
  /** Index of the device at its other end, or below it. */
  linkIndex: number | undefined
  /** Which namespace that is in, as a number of this namespace's own; undefined for the same one. */
  linkNetnsId: number | undefined
}

const LinkJson = z.object({
  ifname: z.string(),
  ifindex: z.number(),
  link_index: z.number().optional(),
  link_netnsid: z.number().optional(),
  link_type: z.string().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
})

/** Output of `ip -j -d link`. Empty when it is not that. */
export function parseLinks(text: string): Link[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  if (!Array.isArray(json)) return []
  return json.flatMap((entry) => {
    const link = LinkJson.safeParse(entry)
    if (!link.success) return []
    const { ifname, ifindex, link_index, link_netnsid, link_type, linkinfo } = link.data
    const kind = link_type === 'loopback' ? 'loopback' : linkinfo?.info_kind
    return [{ name: ifname, ifindex, kind, linkIndex: link_index, linkNetnsId: link_netnsid }]
  })
}

/** Output of `lsns -t net -n -r -o NS,NETNSID`: the number by which this namespace knows each other one. */
export function parseNamespaceIds(text: string): Map<number, number> {
  const ids = new Map<number, number>()
  for (const line of text.split('\n')) {
    const match = /^(\d+) (\d+)$/.exec(line.trim())
    if (match) ids.set(Number(match[1]), Number(match[2]))
  }
  return ids
}

export type Peers = {
  /** The host's ends. */
  peers: { device: string; ifindex: number }[]
  /** Devices inside that may lead out by another way: names that whoever is inside has chosen. */
  others: string[]
}

/** Without a device or tunnel of another namespace below them, these only pass on to other devices of their own namespace. */
const inner = ['dummy', 'bridge', 'bond', 'ifb', 'sit', 'ipip', 'ip6tnl', 'gre', 'gretap', 'ip6gre', 'ip6gretap']
const alsoInner = ['erspan', 'ip6erspan', 'vti', 'vti6', 'vlan', 'vrf', 'loopback']

/** `netnsId`: the number by which the host knows the namespace of `inside`. */
export function findPeers(inside: readonly Link[], host: readonly Link[], netnsId: number): Peers {
  const found: Peers = { peers: [], others: [] }
  for (const link of inside) {
    if (link.linkNetnsId === undefined && link.kind !== undefined && [...inner, ...alsoInner].includes(link.kind))
      continue
    const isPair = link.kind === 'veth' && link.linkIndex !== undefined
    if (isPair && link.linkNetnsId === undefined) continue
    const peer = host.find(
      (other) =>
        isPair &&
        other.kind === 'veth' &&
        other.ifindex === link.linkIndex &&
        other.linkIndex === link.ifindex &&
        other.linkNetnsId === netnsId &&
        isPlainDevice(other.name),
    )
    if (peer) found.peers.push({ device: peer.name, ifindex: peer.ifindex })
    else found.others.push(link.name)
  }
  return found
}

/** undefined when it cannot be told which device leads where. */
export async function readPeers(tools: EgressTools, host: Place, place: Place): Promise<Peers | undefined> {
  const show = ['ip', '-j', '-d', 'link', 'show']
  const [ids, outside, within] = await Promise.all([
    tools.other(host, ['lsns', '-t', 'net', '-n', '-r', '-o', 'NS,NETNSID']),
    tools.other(host, show),
    tools.other(place, show),
  ])
  if (!ids.ok || !outside.ok || !within.ok) return undefined
  const netnsId = parseNamespaceIds(ids.stdout).get(place.netns)
  if (netnsId === undefined) return undefined
  return findPeers(parseLinks(within.stdout), parseLinks(outside.stdout), netnsId)
}

// Where a request of ours may go. Whoever may enter an address here could otherwise read, through us, what answers on this machine alone, or a
// cloud's metadata service. Looked at when it connects: what a name meant before does not count.
import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export type Reach = {
  /** Why nothing is sent to this address; undefined where it may be. */
  whyNot(address: string): string | undefined
  /** For `connect`: the first address of a name that may be reached, or an `UnreachableError`. */
  lookup: LookupFunction
}

export class UnreachableError extends Error {
  override name = 'UnreachableError'
}

/** Never a receiver: this network's own notices, and the metadata services of clouds (AWS, Azure, Alibaba) beside link-local ones. */
const neverSubnets = [
  ['0.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['168.63.129.16', 32, 'ipv4'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
  ['::', 128, 'ipv6'],
] as const
const loopbackSubnets = [
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
] as const

function listOf(subnets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [address, bits, family] of subnets) list.addSubnet(address, bits, family)
  return list
}

/** `loopback`: whoever started this server said that what listens on this machine may be called, too. Private networks may: vaults stand there. */
export function createReach({ loopback }: { loopback: boolean }): Reach {
  const never = listOf(neverSubnets)
  const here = listOf(loopbackSubnets)
  const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  const whyNot = (address: string) => {
    // An IPv4 address may be written as one of IPv6 in several ways; only the mapped form is let through to be looked at as what it is.
    if (/^(64:ff9b:|2002:|::(?!ffff:)[0-9a-f]+:|::\d+\.)/i.test(address) && isIP(address) === 6)
      return 'it is an IPv4 address in the clothes of IPv6'
    if (isIn(never, address)) return 'it is an address of a machine’s own network or of its cloud, never a receiver'
    if (!loopback && isIn(here, address))
      return 'it is this machine itself: start Vigil with VIGIL_OUTGOING=loopback to allow that'
    return undefined
  }
  return {
    whyNot,
    lookup(hostname, options, done) {
      lookUp(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, '', 0)
        const allowed = addresses.filter(({ address }) => whyNot(address) === undefined)
        const [first] = allowed
        if (!first) return done(new UnreachableError(whyNot(addresses[0]?.address ?? '') ?? 'it has no address'), '', 0)
        return options.all ? done(null, allowed) : done(null, first.address, first.family)
      })
    },
  }
}

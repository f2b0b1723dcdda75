// Who is where: addresses of sessions, names of addresses, sessions of containers and hosts, hosts behind a NAT's address.
import type { SessionId } from '../protocol/ids.ts'
import type { Workload } from '../protocol/signal.ts'
import { BoundedMap, ListMap } from './bounded-map.ts'
import { bounds, type SessionEvidence } from './evidence.ts'

type ClaimedBy = 'kernel' | 'told'

const addressesPerSession = 32
const workloadsMax = 20_000
const hostsMax = 10_000
const hostsPerAddress = 1_000
/** A port that two hosts use by chance makes a wrong entry now and then: fewer than this share of the most are such. */
const behindShareMin = 1 / 20

export function createPlaces() {
  const owners = new BoundedMap<string, Map<SessionId, ClaimedBy>>(bounds.addresses)
  const workloads = new BoundedMap<string, SessionId>(workloadsMax)
  const names = new BoundedMap<string, Set<string>>(bounds.addresses)
  const addressesOfName = new ListMap<string>(16, bounds.addresses)
  /** Address behind which connections of hosts were seen: those hosts, and how often. */
  const behind = new BoundedMap<string, Map<string, number>>(bounds.addresses)
  const sessionsOfHost = new BoundedMap<string, Set<SessionId>>(hostsMax)

  return {
    claimAddress(evidence: SessionEvidence, address: string, by: ClaimedBy): void {
      const literal = address.toLowerCase()
      const known = evidence.addresses
      if (known.get(literal) === 'kernel' || isEverybodys(literal)) return
      if (known.size >= addressesPerSession && !known.has(literal)) return
      known.set(literal, by)
      const of = owners.get(literal) ?? new Map<SessionId, ClaimedBy>()
      of.set(evidence.session, by)
      owners.set(literal, of)
    },
    claimWorkload({ session }: SessionEvidence, name: string): void {
      workloads.set(name, session)
      if (/^[0-9a-f]{64}$/.test(name)) workloads.set(name.slice(0, 12), session)
    },
    listOnHost({ session }: SessionEvidence, host: string): void {
      const list = sessionsOfHost.get(host) ?? new Set<SessionId>()
      list.add(session)
      sessionsOfHost.set(host, list)
    },
    forget(evidence: SessionEvidence): void {
      for (const address of evidence.addresses.keys()) owners.get(address)?.delete(evidence.session)
      if (evidence.host !== undefined) sessionsOfHost.get(evidence.host)?.delete(evidence.session)
    },
    nameAddress(address: string, name: string): void {
      const known = names.get(address) ?? new Set<string>()
      if (known.size < bounds.namesPerAddress) known.add(name)
      names.set(address, known)
      addressesOfName.add(name, address)
    },
    noteBehind(address: string, host: string): void {
      const hosts = behind.get(address) ?? new Map<string, number>()
      if (hosts.size >= hostsPerAddress && !hosts.has(host)) return
      hosts.set(host, (hosts.get(host) ?? 0) + 1)
      behind.set(address, hosts)
    },

    namesOf: (address: string): Iterable<string> => names.get(address) ?? [],
    addressesNamed: (name: string): readonly string[] => addressesOfName.get(name),
    ownersOf: (address: string): ReadonlyMap<SessionId, ClaimedBy> => owners.get(address) ?? new Map(),
    sessionsBehind(address: string): SessionId[] {
      const hosts = behind.get(address)
      if (!hosts) return []
      const most = Math.max(...hosts.values())
      return [...hosts]
        .filter(([, count]) => count >= most * behindShareMin)
        .flatMap(([host]) => [...(sessionsOfHost.get(host) ?? [])])
    },
    sessionOfWorkload(workload: Workload | undefined): SessionId | undefined {
      if (!workload) return undefined
      const { container, pod } = workload
      const byContainer =
        container === undefined ? undefined : (workloads.get(container) ?? workloads.get(container.slice(0, 12)))
      return byContainer ?? (pod === undefined ? undefined : workloads.get(pod))
    },
  }
}

/** Loopback, unspecified and link-local addresses are nobody's own. */
function isEverybodys(address: string): boolean {
  return /^(?:127\.|0\.0\.0\.0$|::1?$|fe80:|169\.254\.)/.test(address)
}

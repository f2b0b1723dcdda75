// What a list of destinations says: which are new, and which of them an allowlist expects. A list tells detection what is expected; it never
// says that a network let anything through or kept it out.
import type { Destination } from './destination-book.ts'
import type { DetectionContext, DetectionContexts } from './detection/context/context-schema.ts'
import { coversAddress, coversName, coversPort, parseDestination } from './detection/context/destination-match.ts'
import { scopeOf } from './detection/events/destination-scope.ts'
import type { AllowEntry, AllowScope, DestinationUse, DestinationView, Listing } from './protocol/destination-view.ts'

/** A destination is new for so long after it was seen for the first time. */
export const newForMs = 24 * 3_600_000
const sessionsShown = 8
const listsShown = 8

/** All entries of all lists; package indexes are told with place -1: they are changed in the Rules room. */
export function entriesOf(contexts: DetectionContexts): AllowEntry[] {
  const of = (scope: AllowScope, name: string, context: DetectionContext): AllowEntry[] => [
    ...context.destinations.map(({ to, ports, why }, index) => ({
      scope,
      name,
      index,
      to,
      ...(ports && { ports }),
      ...(why !== undefined && { why }),
    })),
    ...context.packageIndexes.map((to) => ({ scope, name, index: -1, to, why: 'package index' })),
  ]
  return [
    ...of('all', '', contexts.all),
    ...Object.entries(contexts.taskSets).flatMap(([name, context]) => of('taskSet', name, context)),
    ...Object.entries(contexts.runs).flatMap(([name, context]) => of('run', name, context)),
  ]
}

type Covering = { entry: AllowEntry; byAddress: boolean }

/** Which entries cover a destination, remembered until the lists or its names change. */
export function createCoverage() {
  let of: DetectionContexts | undefined
  let compiled: { entry: AllowEntry; parsed: ReturnType<typeof parseDestination> }[] = []
  let known = new WeakMap<Destination, { names: number; covering: Covering[] }>()
  return (row: Destination, contexts: DetectionContexts): readonly Covering[] => {
    if (of !== contexts) {
      of = contexts
      known = new WeakMap()
      compiled = entriesOf(contexts).map((entry) => ({ entry, parsed: parseDestination(entry.to) }))
    }
    const before = known.get(row)
    if (before?.names === row.names.length) return before.covering
    const covering = compiled.flatMap(({ entry, parsed }): Covering[] => {
      if (!coversPort(entry.ports, row.port)) return []
      if (coversAddress(parsed, row.address)) return [{ entry, byAddress: true }]
      // A name that a client said may be any: it is told, and does not make a destination expected.
      return row.names.some((name) => coversName(parsed, name)) ? [{ entry, byAddress: false }] : []
    })
    known.set(row, { names: row.names.length, covering })
    return covering
  }
}

export function listingOf(row: Destination, covering: readonly Covering[]): Listing {
  const entries = covering.filter(({ byAddress }) => byAddress).map(({ entry }) => entry)
  if (entries.some(({ scope }) => scope === 'all')) return 'listed'
  const covered = row.uses.filter((use) => entries.some((entry) => isOf(use, entry))).length
  if (covered > 0 && covered === row.uses.length && row.forgottenUses === 0) return 'listed'
  return covered > 0 || covering.length > 0 ? 'partly' : 'unlisted'
}

function isOf(use: DestinationUse, { scope, name }: AllowEntry): boolean {
  return scope === 'taskSet' ? use.taskSet === name : scope === 'run' && use.run === name
}

export function viewOf(
  row: Destination,
  covering: readonly Covering[],
  nowMs: number,
  isRevoked: (session: string) => boolean,
): DestinationView {
  const newest = [...row.uses].reverse()
  return {
    key: row.key,
    protocol: row.protocol,
    address: row.address,
    ...(row.port !== undefined && { port: row.port }),
    names: row.names,
    scope: scopeOf(row.address) ?? 'unknown',
    firstSeenAtMs: row.firstSeenAtMs,
    lastSeenAtMs: row.lastSeenAtMs,
    isNew: isNew(row, nowMs),
    connections: row.connections,
    bytesOut: row.bytesOut,
    bytesIn: row.bytesIn,
    uncounted: row.uncounted,
    sessions: newest.slice(0, sessionsShown).map(({ session }) => session),
    sessionCount: row.uses.length,
    moreSessions: row.forgottenUses > 0,
    hosts: distinct(newest.map(({ host }) => host)),
    programs: distinct(newest.map(({ program }) => program)),
    listing: listingOf(row, covering),
    lists: covering.slice(0, listsShown).map(({ entry }) => entry),
    denied: row.denied,
    revokedSessions: row.uses.filter(({ session }) => isRevoked(session)).length,
  }
}

export function isNew(row: Destination, nowMs: number): boolean {
  return nowMs - row.firstSeenAtMs < newForMs
}

/** New ones that no list expects first, then other new ones; within each the one seen last first. */
export function inOrder(
  listing: (row: Destination) => Listing,
  nowMs: number,
): (a: Destination, b: Destination) => number {
  const rank = (row: Destination) => (isNew(row, nowMs) ? (listing(row) === 'listed' ? 1 : 0) : 2)
  return (a, b) =>
    rank(a) - rank(b) || (rank(a) < 2 ? b.firstSeenAtMs - a.firstSeenAtMs : b.lastSeenAtMs - a.lastSeenAtMs)
}

export function matches(row: Destination, words: string): boolean {
  if (words === '') return true
  const end = row.address.includes(':') ? `[${row.address}]:${row.port ?? ''}` : `${row.address}:${row.port ?? ''}`
  if (`${row.protocol} ${end}`.toLowerCase().includes(words)) return true
  return (
    row.names.some((name) => name.includes(words)) ||
    row.uses.some(({ session, host, program }) =>
      [session, host, program].some((each) => each?.toLowerCase().includes(words)),
    )
  )
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values)].filter((each) => each !== undefined).slice(0, sessionsShown)
}

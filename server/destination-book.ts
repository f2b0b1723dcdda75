// Where sessions connected to, counted from the log: one row an address, port and protocol. Bounded, and a scan of ports or addresses must
// not push out what was known before: many ports of one address become one row, and the row that was used least is forgotten, not the oldest.
import { namesIn, trafficOf } from './attribution/read-evidence.ts'
import { scopeOf } from './detection/events/destination-scope.ts'
import type { DestinationUse } from './protocol/destination-view.ts'
import type { EventOf, StoredEvent } from './protocol/event.ts'

export const slotMs = 600_000
const dayMs = 86_400_000
const usesMax = 50
const namesMax = 8
const textMax = 256

export type Destination = {
  key: string
  protocol: string
  address: string
  port?: number | undefined
  firstSeenAtMs: number
  lastSeenAtMs: number
  connections: number
  bytesOut: number
  bytesIn: number
  uncounted: number
  denied: number
  names: string[]
  /** The newest of them, one a session, newest last. */
  uses: DestinationUse[]
  /** Sessions that are not among `uses` any more. */
  forgottenUses: number
  /** `[start, connections opened]` of the last day. */
  slots: [number, number][]
}

export type About = (session: string) => { taskSet?: string | undefined; run?: string | undefined }
export type DestinationBook = ReturnType<typeof createDestinationBook>
type Bounds = { rowsMax: number; portsPerAddress: number; openMax: number }

export function createDestinationBook(
  about: About,
  { rowsMax, portsPerAddress, openMax }: Bounds = { rowsMax: 20_000, portsPerAddress: 16, openMax: 100_000 },
) {
  const rows = new Map<string, Destination>()
  /** Rows of each address with a port of their own. */
  const portsOf = new Map<string, number>()
  /** Open connections, and where they go. */
  const open = new Map<string, string>()
  const dirty = new Set<string>()
  const gone = new Set<string>()
  let forgotten = 0

  function rowOf(protocol: string, address: string, port: number, atMs: number): Destination {
    const exact = keyOf(protocol, address, port)
    const known = rows.get(exact)
    if (known) return known
    const group = `${protocol}~${address}`
    const isCrowded = (portsOf.get(group) ?? 0) >= portsPerAddress
    const key = isCrowded ? keyOf(protocol, address, undefined) : exact
    const crowd = rows.get(key)
    if (crowd) return crowd
    makeRoom()
    const row: Destination = {
      key,
      protocol,
      address,
      ...(!isCrowded && { port }),
      firstSeenAtMs: atMs,
      lastSeenAtMs: atMs,
      connections: 0,
      bytesOut: 0,
      bytesIn: 0,
      uncounted: 0,
      denied: 0,
      names: [],
      uses: [],
      forgottenUses: 0,
      slots: [],
    }
    put(row)
    return row
  }

  function put(row: Destination): void {
    rows.set(row.key, row)
    gone.delete(row.key)
    if (row.port === undefined) return
    const group = `${row.protocol}~${row.address}`
    portsOf.set(group, (portsOf.get(group) ?? 0) + 1)
  }

  /** A tenth at once: looking for the least used costs a walk through all. */
  function makeRoom(): void {
    if (rows.size < rowsMax) return
    const least = [...rows.values()].sort((a, b) => a.connections - b.connections || a.lastSeenAtMs - b.lastSeenAtMs)
    for (const { key, port, protocol, address } of least.slice(0, Math.max(1, Math.floor(rowsMax / 10)))) {
      rows.delete(key)
      dirty.delete(key)
      gone.add(key)
      forgotten += 1
      if (port === undefined) continue
      const group = `${protocol}~${address}`
      const left = (portsOf.get(group) ?? 1) - 1
      if (left > 0) portsOf.set(group, left)
      else portsOf.delete(group)
    }
  }

  function opened({ data, session, host, seenAtMs }: EventOf<'connection.opened'>): void {
    const { protocol, remote, direction, connection, comm, pid } = data
    // What comes in is no egress, what stays on the host leaves nowhere, and a socket without a peer has no destination.
    if (session === undefined || direction === 'in' || remote.port === 0 || scopeOf(remote.address) === 'loopback')
      return
    const row = rowOf(protocol, remote.address, remote.port, seenAtMs)
    follow(session, connection, row.key)
    row.connections += 1
    row.lastSeenAtMs = Math.max(row.lastSeenAtMs, seenAtMs)
    countSlot(row, seenAtMs)
    const use = entryFor(row, session, host, seenAtMs)
    use.connections += 1
    use.lastAtMs = seenAtMs
    if (comm !== undefined) use.program = comm.slice(0, textMax)
    if (pid !== undefined) use.pid = pid
    dirty.add(row.key)
  }

  function entryFor(row: Destination, session: string, host: string | undefined, atMs: number): DestinationUse {
    const index = row.uses.findIndex((each) => each.session === session)
    const [known] = index < 0 ? [] : row.uses.splice(index, 1)
    const { taskSet, run } = about(session)
    const use: DestinationUse = known ?? {
      session,
      ...(host !== undefined && { host }),
      firstAtMs: atMs,
      lastAtMs: atMs,
      connections: 0,
      bytesOut: 0,
      bytesIn: 0,
    }
    if (taskSet !== undefined) use.taskSet = taskSet.slice(0, textMax)
    if (run !== undefined) use.run = run.slice(0, textMax)
    row.uses.push(use)
    if (row.uses.length > usesMax) {
      row.uses.shift()
      row.forgottenUses += 1
    }
    return use
  }

  function closed({ data, session, seenAtMs }: EventOf<'connection.closed'>): void {
    if (session === undefined) return
    const id = `${session}\u0000${data.connection}`
    const row = rows.get(open.get(id) ?? '')
    open.delete(id)
    if (!row) return
    row.lastSeenAtMs = Math.max(row.lastSeenAtMs, seenAtMs)
    row.bytesOut += data.bytesOut ?? 0
    row.bytesIn += data.bytesIn ?? 0
    if (data.bytesOut === undefined && data.bytesIn === undefined) row.uncounted += 1
    const use = row.uses.find((each) => each.session === session)
    if (use) {
      use.bytesOut += data.bytesOut ?? 0
      use.bytesIn += data.bytesIn ?? 0
      use.lastAtMs = seenAtMs
    }
    dirty.add(row.key)
  }

  /** Sensors make no rows here: they name no session. They say names, and what they denied. */
  function heard(event: StoredEvent): void {
    if (event.kind === 'dns.queried') return // its traffic goes to the resolver, its name does not
    const traffic = trafficOf(event)
    const { address, port } = traffic?.destination ?? {}
    if (traffic === undefined || address === undefined || port === undefined) return
    const row = rows.get(keyOf(traffic.protocol, address, port))
    if (!row) return
    for (const name of namesIn(event)) {
      if (row.names.length >= namesMax || row.names.includes(name)) continue
      row.names.push(name.slice(0, textMax))
      dirty.add(row.key)
    }
    if (event.kind === 'flow.observed' && event.data.verdict === 'denied') {
      row.denied += 1
      dirty.add(row.key)
    }
  }

  function follow(session: string, connection: string, key: string): void {
    open.set(`${session}\u0000${connection}`, key)
    if (open.size <= openMax) return
    for (const oldest of open.keys()) {
      open.delete(oldest)
      return
    }
  }

  return {
    take(event: StoredEvent): void {
      // An agent's own word counts for nothing here: it could make any address known before it goes there.
      if (event.trust === 'agent') return
      if (event.kind === 'connection.opened') opened(event)
      else if (event.kind === 'connection.closed') closed(event)
      else heard(event)
    },
    /** A connection that was counted before a restart: its close belongs to the row. */
    follow(session: string, connection: string, protocol: string, remote: { address: string; port: number }): void {
      const exact = keyOf(protocol, remote.address, remote.port)
      const key = rows.has(exact) ? exact : keyOf(protocol, remote.address, undefined)
      if (rows.has(key)) follow(session, connection, key)
    },
    put,
    rows: (): Iterable<Destination> => rows.values(),
    get: (key: string) => rows.get(key),
    size: () => rows.size,
    forgotten: () => forgotten,
    /** What changed since it was asked last. */
    takeChanges(): { rows: Destination[]; gone: string[] } {
      const changed = [...dirty].map((key) => rows.get(key)).filter((row) => row !== undefined)
      const left = [...gone]
      dirty.clear()
      gone.clear()
      return { rows: changed, gone: left }
    },
    /** They could not be written. */
    giveBack(changes: { rows: readonly Destination[]; gone: readonly string[] }): void {
      for (const { key } of changes.rows) if (rows.has(key)) dirty.add(key)
      for (const key of changes.gone) if (!rows.has(key)) gone.add(key)
    },
  }
}

export function keyOf(protocol: string, address: string, port: number | undefined): string {
  return `${protocol}~${address}~${port ?? 'many'}`
}

function countSlot(row: Destination, atMs: number): void {
  const start = atMs - (atMs % slotMs)
  const last = row.slots.at(-1)
  if (last?.[0] === start) last[1] += 1
  else row.slots.push([start, 1])
  while ((row.slots[0]?.[0] ?? start) < start - dayMs) row.slots.shift()
}

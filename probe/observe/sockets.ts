// Follows the sessions' TCP and UDP sockets with `ss`, in the host's network namespace and in those that sessions made.
// A socket belongs to the session in whose cgroup it was created; without cgroups, to the session that has it open.
import type { Record } from '../record.ts'
import { runCommand } from '../run-command.ts'
import type { KnownConnection, Session } from '../session.ts'
import type { Rest } from '../turns.ts'
import { diffConnections, isConnection, type SeenConnection } from './connection-diff.ts'
import { parseSsLine, type SocketLine } from './parse-ss.ts'
import { foreignNamespaces, isInside } from './processes.ts'
import { readComm, readSocketInodes } from './read-process.ts'

const ssArgs = ['-H', '-O', '-n', '-t', '-u', '-a', '-i', '-e', '--cgroup']
const finalsKeptMs = 10_000
/** Longer than a counted opening stays listed: until then one that is over must not be told a second time. */
const toldKeptMs = 20_000

export type Owner = { pid: number; startTicks: number; comm: string }

export class SocketObserver {
  /** Why the last reading failed; undefined when it did not. */
  problem: string | undefined
  /** Unconnected UDP sockets by session and local port: to name the process of a counted flow. */
  udpPorts: ReadonlyMap<string, SocketLine> = new Map()
  /** TCP connections told and closed a moment ago, by session and addresses. */
  private readonly told = new Map<string, number>()
  private readonly finals = new Map<string, { socket: SocketLine; atMs: number }>()

  constructor(
    private readonly parts: {
      sessions: ReadonlyMap<string, Session>
      record: Record
      bootId: string
      hostNetns: number
      /** Its UDP is counted by flow, in our table: then a socket without a peer is not a connection. */
      udpFlowsCounted: (session: Session) => boolean
      closedFollowed: () => boolean
    },
  ) {}

  connectionId(cookie: string): string {
    return `${this.parts.bootId.slice(0, 8)}-sk-${cookie}`
  }

  /** One reading. */
  async poll(rest: Rest): Promise<void> {
    const live = [...this.parts.sessions.values()].filter((session) => session.started && !session.ended)
    if (live.length === 0) return
    const sockets = await this.readAll(live, rest)
    if (!sockets) return
    const nowMs = Date.now()
    for (const [key, closedAtMs] of this.told) if (nowMs - closedAtMs > toldKeptMs) this.told.delete(key)
    for (const [cookie, final] of this.finals) if (nowMs - final.atMs > finalsKeptMs) this.finals.delete(cookie)
    const listening = new Set(sockets.filter((socket) => socket.state === 'LISTEN').map((socket) => socket.local.port))
    const bySession = await this.divide(live, sockets, rest)
    const udpPorts = new Map<string, SocketLine>()
    for (const [session, its] of bySession) {
      for (const socket of its)
        if (socket.protocol === 'udp') udpPorts.set(`${session.id} ${socket.local.port}`, socket)
    }
    this.udpPorts = udpPorts
    for (const session of live) {
      await rest()
      if (!session.ended) await this.update(session, bySession.get(session) ?? [], listening, nowMs, rest)
    }
  }

  /** A destroyed TCP socket with its final counters. True when it was a session's known connection. */
  closed(socket: SocketLine, nowMs: number): boolean {
    const id = this.connectionId(socket.cookie)
    for (const session of this.parts.sessions.values()) {
      const known = session.connections.get(id)
      if (!known) continue
      known.bytesOut = Math.max(known.bytesOut ?? 0, socket.bytesOut ?? 0)
      known.bytesIn = Math.max(known.bytesIn ?? 0, socket.bytesIn ?? 0)
      this.close(session, known, nowMs)
      return true
    }
    this.finals.set(socket.cookie, { socket, atMs: nowMs })
    return false
  }

  /** `flow`: local port and remote end of a TCP opening that was counted. True when it was told already, though it is over. */
  wasTold(session: Session, flow: { localPort: number; remoteAddress: string; remotePort: number }): boolean {
    return this.told.has(tupleOf(session, flow))
  }

  close(session: Session, known: KnownConnection, nowMs: number): void {
    if (known.protocol === 'tcp') this.told.set(tupleOf(session, known), nowMs)
    this.parts.record({
      kind: 'connection.closed',
      session: session.id,
      atMs: nowMs,
      data: {
        connection: known.id,
        ...(known.bytesOut === undefined ? {} : { bytesOut: known.bytesOut }),
        ...(known.bytesIn === undefined ? {} : { bytesIn: known.bytesIn }),
        durationMs: Math.max(0, nowMs - known.openedAtMs),
      },
    })
  }

  private async readAll(live: readonly Session[], rest: Rest): Promise<SocketLine[] | undefined> {
    const host = await runCommand('ss', ssArgs, 5_000)
    if (!host.ok) {
      this.problem = host.reason
      return undefined
    }
    this.problem = undefined
    const sockets: SocketLine[] = []
    await parseInto(sockets, host.stdout, rest)
    const namespaces = new Map<number, number>()
    for (const session of live) {
      await rest()
      for (const [netns, pid] of foreignNamespaces(session, this.parts.hostNetns)) namespaces.set(netns, pid)
    }
    for (const pid of namespaces.values()) {
      const inside = await runCommand('nsenter', [`--net=/proc/${pid}/ns/net`, 'ss', ...ssArgs], 5_000)
      if (inside.ok) await parseInto(sockets, inside.stdout, rest)
    }
    return sockets
  }

  private async divide(
    live: readonly Session[],
    sockets: readonly SocketLine[],
    rest: Rest,
  ): Promise<Map<Session, SocketLine[]>> {
    const bySession = new Map<Session, SocketLine[]>()
    const add = (session: Session, socket: SocketLine): void => {
      const list = bySession.get(session)
      if (list) list.push(socket)
      else bySession.set(session, [socket])
    }
    const byCgroup = new Map(
      live.flatMap((session) => (session.cgroupPath === undefined ? [] : [[session.cgroupPath, session] as const])),
    )
    const inodeOwner = new Map<number, Session>()
    for (const session of live) {
      // Without a cgroup, and for what escaped from one, ownership is what a process has open.
      const pids = [...session.processes.values()].filter((known) => session.cgroupPath === undefined || known.escaped)
      for (const { pid } of pids) {
        await rest()
        for (const inode of readSocketInodes(pid)) inodeOwner.set(inode, session)
      }
    }
    for (const socket of sockets) {
      await rest()
      const session = sessionOfCgroup(socket.cgroup, byCgroup) ?? inodeOwner.get(socket.inode)
      if (session) add(session, socket)
    }
    return bySession
  }

  private async update(
    session: Session,
    sockets: readonly SocketLine[],
    listening: ReadonlySet<number>,
    nowMs: number,
    rest: Rest,
  ): Promise<void> {
    const seen: SeenConnection[] = []
    const flowsCounted = this.parts.udpFlowsCounted(session)
    for (const socket of sockets) {
      if (isConnection(socket, flowsCounted)) seen.push({ id: this.connectionId(socket.cookie), socket })
    }
    const fromSs = [...session.connections.values()].filter((known) => known.id.includes('-sk-'))
    // With the follower an ending connection waits one reading for its exact counters.
    const diff = diffConnections(fromSs, seen, this.parts.closedFollowed() ? 2 : 1)
    const seenIds = new Set(seen.map(({ id }) => id))
    for (const known of fromSs) known.missing = seenIds.has(known.id) ? 0 : known.missing + 1
    for (const { known, socket } of diff.kept) {
      known.state = socket.state
      if (socket.bytesOut !== undefined) known.bytesOut = Math.max(known.bytesOut ?? 0, socket.bytesOut)
      if (socket.bytesIn !== undefined) known.bytesIn = Math.max(known.bytesIn ?? 0, socket.bytesIn)
    }
    for (const known of diff.closed) {
      // A UDP socket's last packets are in the next listing of flows: whoever reads that one closes it.
      if (known.protocol !== 'udp' || !flowsCounted) this.close(session, known, nowMs)
    }
    if (diff.opened.length === 0) return
    const owners = await findOwners(session, new Set(diff.opened.map(({ socket }) => socket.inode)), rest)
    for (const { id, socket } of diff.opened) {
      await rest()
      // Others had their turn meanwhile: a counted flow may stand for it by now, or the session may be over.
      if (session.ended) return
      if (!session.connections.has(id) && !ownedByFlow(session, socket))
        this.open(session, id, socket, owners.get(socket.inode), listening, nowMs)
    }
  }

  private open(
    session: Session,
    id: string,
    socket: SocketLine,
    owner: Owner | undefined,
    listening: ReadonlySet<number>,
    nowMs: number,
  ): void {
    const inward = socket.protocol === 'tcp' && socket.state !== 'SYN-SENT' && listening.has(socket.local.port)
    this.parts.record({
      kind: 'connection.opened',
      session: session.id,
      atMs: nowMs,
      data: {
        connection: id,
        protocol: socket.protocol,
        local: socket.local,
        remote: socket.remote,
        direction: socket.protocol === 'udp' && socket.remote.port === 0 ? 'unknown' : inward ? 'in' : 'out',
        state: socket.state,
        ...owner,
      },
    })
    const known = session.connections.get(id)
    if (!known) return
    known.bytesOut = socket.bytesOut
    known.bytesIn = socket.bytesIn
    // Destroyed between the kernel's listing and now: its announcement came first.
    const final = this.finals.get(socket.cookie)
    if (final) this.closed(final.socket, nowMs)
  }
}

function tupleOf(session: Session, flow: { localPort: number; remoteAddress: string; remotePort: number }): string {
  return `${session.id} ${flow.localPort} ${flow.remoteAddress} ${flow.remotePort}`
}

/** Nested cgroups inside a session's own count as the session. */
function sessionOfCgroup(cgroup: string | undefined, byCgroup: ReadonlyMap<string, Session>): Session | undefined {
  if (cgroup === undefined || byCgroup.size === 0) return undefined
  const exact = byCgroup.get(cgroup)
  if (exact) return exact
  for (const [path, session] of byCgroup) if (isInside(cgroup, path)) return session
  return undefined
}

/** A counted UDP flow already stands for this socket. */
function ownedByFlow(session: Session, socket: SocketLine): boolean {
  if (socket.protocol !== 'udp' || socket.remote.port === 0) return false
  for (const known of session.connections.values()) {
    if (
      known.id.includes('-udp-') &&
      known.localPort === socket.local.port &&
      known.remotePort === socket.remote.port &&
      known.remoteAddress === socket.remote.address
    ) {
      return true
    }
  }
  return false
}

/** Which of the session's processes has each of these socket inodes open. */
export async function findOwners(
  session: Session,
  inodes: ReadonlySet<number>,
  rest: Rest,
): Promise<Map<number, Owner>> {
  const owners = new Map<number, Owner>()
  for (const { pid, startTicks, comm: firstComm } of [...session.processes.values()]) {
    if (owners.size === inodes.size) break
    await rest()
    for (const inode of readSocketInodes(pid)) {
      // Shared after a fork: the newest process is the likelier user, and the map is in order of start.
      if (inodes.has(inode)) owners.set(inode, { pid, startTicks, comm: readComm(pid) ?? firstComm })
    }
  }
  return owners
}

async function parseInto(sockets: SocketLine[], text: string, rest: Rest): Promise<void> {
  for (const line of text.split('\n')) {
    await rest()
    const socket = parseSsLine(line)
    if (socket) sockets.push(socket)
  }
}

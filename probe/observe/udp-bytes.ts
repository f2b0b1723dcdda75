// UDP flows and their bytes, from the counters of our nftables table: the kernel counts none per UDP socket. Also names the
// TCP connections that came and went between two readings of the sockets.
import { createHash } from 'node:crypto'
import { encodeSessionFolder } from '../cgroup-mount.ts'
import type { Record } from '../record.ts'
import type { KnownConnection, Session } from '../session.ts'
import type { Rest } from '../turns.ts'
import { type NftFlow, udpPayloadBytes } from './parse-nft.ts'
import type { SocketLine } from './parse-ss.ts'
import { type SynSeen, shortConnections } from './short-connections.ts'
import { findOwners, type SocketObserver } from './sockets.ts'

type Flow = { connection: string; baseOut: number; baseIn: number; lastOut: number; lastIn: number; seenAtMs: number }
const flowIdleMs = 60_000
const cutIdleMs = 1_000
const shortMax = 500

export class UdpBytes {
  private readonly flows = new Map<string, Flow>()
  private readonly syns = new Map<string, SynSeen>()
  private faded: ReadonlySet<string> = new Set()
  private readonly unclaimed: { socket: SocketLine; atMs: number }[] = []

  constructor(
    private readonly parts: {
      sessions: ReadonlyMap<string, Session>
      record: Record
      bootId: string
      sockets: SocketObserver
    },
  ) {}

  /** A destroyed TCP socket that was no known connection: perhaps a session's that lived too short to be read. */
  unclaim(socket: SocketLine, atMs: number): void {
    this.unclaimed.push({ socket, atMs })
    if (this.unclaimed.length > 5_000) this.unclaimed.splice(0, 1_000)
  }

  /** Takes one listing of the table. `ending`: sessions whose last listing this is. */
  async update(listing: readonly NftFlow[], nowMs: number, ending: ReadonlySet<Session>, rest: Rest): Promise<void> {
    const byFolder = new Map<string, Session>()
    for (const session of this.parts.sessions.values()) {
      // The table counts below our own folder alone.
      if (session.started && !session.ended && session.cgroupFolder !== undefined && !session.adopted) {
        byFolder.set(encodeSessionFolder(session.id), session)
      }
    }
    const udp = new Map<string, { session: Session; flow: NftFlow; out: number; in: number }>()
    const syns: { key: string; session: Session; flow: NftFlow }[] = []
    for (const flow of listing) {
      await rest()
      const session = byFolder.get(flow.cgroup.slice(flow.cgroup.lastIndexOf('/') + 1))
      if (!session) continue
      const key = `${session.id} ${flow.localPort} ${flow.remoteAddress} ${flow.remotePort}`
      if (flow.set.startsWith('syn')) {
        syns.push({ key, session, flow })
        continue
      }
      const entry = udp.get(key) ?? { session, flow, out: 0, in: 0 }
      if (flow.set.endsWith('_out')) entry.out += udpPayloadBytes(flow)
      else entry.in += udpPayloadBytes(flow)
      udp.set(key, entry)
    }
    for (const [key, { session, flow, out, in: into }] of udp) {
      await rest()
      if (!session.ended) await this.count(key, session, flow, out, into, nowMs, rest)
    }
    this.forgetIdle(udp, nowMs)
    this.closeFaded(nowMs)
    await this.recordShort(syns, nowMs, ending, rest)
  }

  private async count(
    key: string,
    session: Session,
    remote: NftFlow,
    out: number,
    into: number,
    nowMs: number,
    rest: Rest,
  ): Promise<void> {
    let flow = this.flows.get(key)
    // The kernel forgets a quiet element: its next counter starts from zero.
    if (flow && (out < flow.lastOut || into < flow.lastIn)) {
      flow.baseOut += flow.lastOut
      flow.baseIn += flow.lastIn
      flow.lastOut = 0
      flow.lastIn = 0
    }
    if (flow && out === flow.lastOut && into === flow.lastIn) return
    let known = flow ? session.connections.get(flow.connection) : undefined
    if (!known) {
      const grownOut = out - (flow?.lastOut ?? 0)
      const grownIn = into - (flow?.lastIn ?? 0)
      known = find(session, remote) ?? (await this.open(session, remote, grownOut, nowMs, rest))
      if (!known) return
      // Continue this connection's own count, whatever an earlier one on the same ports had.
      flow = {
        connection: known.id,
        baseOut: (known.bytesOut ?? 0) - (out - grownOut),
        baseIn: (known.bytesIn ?? 0) - (into - grownIn),
        lastOut: out,
        lastIn: into,
        seenAtMs: nowMs,
      }
      this.flows.set(key, flow)
    }
    if (!flow) return
    flow.lastOut = out
    flow.lastIn = into
    flow.seenAtMs = nowMs
    known.bytesOut = flow.baseOut + out
    known.bytesIn = flow.baseIn + into
    session.dirty = true
  }

  private async open(
    session: Session,
    remote: NftFlow,
    bytesOut: number,
    nowMs: number,
    rest: Rest,
  ): Promise<KnownConnection | undefined> {
    const tag = createHash('sha256').update(session.id).digest('hex').slice(0, 8)
    const id = `${this.parts.bootId.slice(0, 8)}-udp-${tag}-${remote.localPort}-${remote.remoteAddress}-${remote.remotePort}-${nowMs.toString(36)}`
    const socket = this.parts.sockets.udpPorts.get(`${session.id} ${remote.localPort}`)
    const owners = socket ? await findOwners(session, new Set([socket.inode]), rest) : undefined
    const owner = socket && owners?.get(socket.inode)
    // The socket observer had its turn meanwhile.
    const known = find(session, remote)
    if (known || session.ended) return known
    this.parts.record({
      kind: 'connection.opened',
      session: session.id,
      atMs: nowMs,
      data: {
        connection: id,
        protocol: 'udp',
        local: {
          address: socket?.local.address ?? (remote.set.startsWith('udp6') ? '::' : '0.0.0.0'),
          port: remote.localPort,
        },
        remote: { address: remote.remoteAddress, port: remote.remotePort },
        direction: bytesOut > 0 ? 'out' : 'in',
        state: socket?.state ?? 'UNCONN',
        ...owner,
      },
    })
    return session.connections.get(id)
  }

  /** Sockets that were gone before this listing began, because the one before saw them gone too. */
  private closeFaded(nowMs: number): void {
    const gone = new Set<string>()
    for (const session of this.parts.sessions.values()) {
      for (const known of [...session.connections.values()]) {
        if (known.protocol !== 'udp' || known.missing === 0 || !known.id.includes('-sk-')) continue
        if (this.faded.has(known.id)) this.parts.sockets.close(session, known, nowMs)
        else gone.add(known.id)
      }
    }
    this.faded = gone
  }

  private forgetIdle(listed: ReadonlyMap<string, unknown>, nowMs: number): void {
    for (const session of this.parts.sessions.values()) {
      if (session.ended) continue
      for (const known of [...session.connections.values()]) {
        if (!known.id.includes('-udp-')) continue
        const key = `${session.id} ${known.localPort} ${known.remoteAddress} ${known.remotePort}`
        const flow = this.flows.get(key)
        const quietMs = nowMs - Math.max(flow?.seenAtMs ?? 0, known.openedAtMs)
        // Where the network is read as taken away nothing flows any more, though the kernel still lists what did.
        const isCut = session.said.get('network')?.restricted === true
        if (isCut ? quietMs < cutIdleMs : listed.has(key) || quietMs < flowIdleMs) continue
        this.parts.sockets.close(session, known, nowMs)
      }
    }
    for (const [key, flow] of this.flows)
      if (!listed.has(key) && nowMs - flow.seenAtMs > flowIdleMs) this.flows.delete(key)
  }

  private async recordShort(
    syns: readonly { key: string; session: Session; flow: NftFlow }[],
    nowMs: number,
    ending: ReadonlySet<Session>,
    rest: Rest,
  ): Promise<void> {
    const listed = new Set(syns.map((syn) => syn.key))
    for (const key of this.syns.keys()) if (!listed.has(key)) this.syns.delete(key)
    const open = new Set<string>()
    for (const session of new Set(syns.map((syn) => syn.session))) {
      await rest()
      for (const known of session.connections.values()) {
        if (known.protocol !== 'tcp') continue
        open.add(`${session.id} ${known.localPort} ${known.remoteAddress} ${known.remotePort}`)
      }
    }
    const found = shortConnections(
      syns.map(({ key, session, flow }) => ({
        key,
        packets: flow.packets,
        ip: flow,
        hurry: ending.has(session),
        open: open.has(key),
      })),
      this.syns,
      this.unclaimed.map(({ socket }) => socket),
      nowMs,
    ).slice(0, shortMax)
    const sessions = new Map(syns.map((syn) => [syn.key, syn]))
    for (const short of found) {
      const syn = sessions.get(short.key)
      await rest()
      if (
        syn &&
        !syn.session.ended &&
        !isOpen(syn.session, syn.flow) &&
        !this.parts.sockets.wasTold(syn.session, syn.flow)
      )
        this.sayShort(syn.session, syn.flow, short.final, short.sinceMs, nowMs)
    }
    while (this.unclaimed[0] && nowMs - this.unclaimed[0].atMs > 5_000) this.unclaimed.shift()
  }

  private sayShort(
    session: Session,
    flow: NftFlow,
    final: SocketLine | undefined,
    sinceMs: number,
    nowMs: number,
  ): void {
    const id = final
      ? this.parts.sockets.connectionId(final.cookie)
      : `${this.parts.bootId.slice(0, 8)}-syn-${flow.localPort}-${flow.remoteAddress}-${flow.remotePort}-${nowMs.toString(36)}`
    this.parts.record({
      kind: 'connection.opened',
      session: session.id,
      atMs: sinceMs,
      data: {
        connection: id,
        protocol: 'tcp',
        local: final?.local ?? { address: flow.set === 'syn6' ? '::' : '0.0.0.0', port: flow.localPort },
        remote: { address: flow.remoteAddress, port: flow.remotePort },
        direction: 'out',
        state: final && final.remote.port !== 0 ? 'CLOSED' : 'SYN-SENT',
      },
    })
    const known = session.connections.get(id)
    if (!known) return
    // Without the kernel's final counters nothing is known of its bytes: absent, not zero.
    known.bytesOut = final?.bytesOut
    known.bytesIn = final?.bytesIn
    this.parts.sockets.close(session, known, nowMs)
  }
}

/** The socket observer may have told it while we rested. */
function isOpen(session: Session, flow: NftFlow): boolean {
  for (const known of session.connections.values()) {
    if (
      known.protocol === 'tcp' &&
      known.localPort === flow.localPort &&
      known.remotePort === flow.remotePort &&
      known.remoteAddress === flow.remoteAddress
    ) {
      return true
    }
  }
  return false
}

/** A connected socket, or a flow known from before a restart. */
function find(session: Session, remote: NftFlow): KnownConnection | undefined {
  for (const known of session.connections.values()) {
    if (
      known.protocol === 'udp' &&
      known.localPort === remote.localPort &&
      known.remotePort === remote.remotePort &&
      known.remoteAddress === remote.remoteAddress
    ) {
      return known
    }
  }
  return undefined
}

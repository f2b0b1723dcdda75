// A session as this host knows it. Its known processes and connections change only through `applyToSession`, with the very
// events that are spooled: what the probe believes and what it has said cannot differ, not even after kill -9.
import { type Capability, type ControlAction, type HostRestriction, stepName } from '../server/protocol/control.ts'
import type { EventInput } from '../server/protocol/event.ts'
import type { ControlId, SessionId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'

export type KnownProcess = {
  pid: number
  ppid: number
  startTicks: number
  comm: string
  exe: string | undefined
  /** argv joined with NUL: to notice execve. */
  commandLine: string
  escaped: boolean
  seenAtMs: number
  /** When it was last read in full. */
  checkedAtMs: number
  /** Inode of its network namespace; 0 = not read. */
  netns: number
}

export type KnownConnection = {
  id: string
  protocol: 'tcp' | 'udp'
  localPort: number
  remoteAddress: string
  remotePort: number
  openedAtMs: number
  state: string
  pid: number | undefined
  bytesOut: number | undefined
  bytesIn: number | undefined
  /** Polls in a row that did not show it. */
  missing: number
}

/** A cgroup that a container manager made. It is this inode and no other that may be acted on. */
export type AdoptedCgroup = {
  inode: number
  /** As the manager calls it, where it left that in a file. */
  name: string | undefined
  labels: Record<string, string>
}

export type Session = {
  id: SessionId
  held: 'cgroup' | 'process-group'
  /** Folder of its cgroup; undefined for a process group. */
  cgroupFolder: string | undefined
  /** Its path inside the v2 hierarchy, as in /proc/PID/cgroup. */
  cgroupPath: string | undefined
  /** Its cgroup was not made by us. */
  adopted: AdoptedCgroup | undefined
  bootId: string
  openedAtMs: number
  /** session.started was recorded. */
  started: boolean
  ended: boolean
  main: { pid: number; startTicks: number } | undefined
  exit: { code: number | undefined; signal: string | undefined } | undefined
  wanted: Wanted | undefined
  /** What was last read and said. */
  observedPaused: boolean
  /** Controls that already have their one end. */
  endedControls: Set<string>
  /** What was last said of levels other than the pause. */
  said: Map<HostRestriction, { restricted: boolean; left: string }>
  /** Levels that may be in force: one that is not wanted any more is to be let go and read. */
  touched: Set<HostRestriction>
  /** Enforced controls whose effect was not yet observed a second way. */
  unverified: Map<ControlId, { action: ControlAction; capability: Capability | undefined }>
  /** Controls for which evidence was taken. */
  evidenceOf: Set<string>
  /** Somebody asked to end it: never forgotten, nothing takes it back. */
  killAsked: boolean
  /** Keyed by PID: the newest process of that PID. */
  processes: Map<number, KnownProcess>
  connections: Map<string, KnownConnection>
  /** Bytes of connections that are closed. */
  closedBytesOut: number
  closedBytesIn: number
  /** Number of the newest spooled event that this state contains. */
  appliedN: number
  dirty: boolean
}

export function newSession(
  from: Pick<Session, 'id' | 'held' | 'cgroupFolder' | 'cgroupPath' | 'bootId' | 'openedAtMs'> & {
    adopted?: AdoptedCgroup | undefined
  },
): Session {
  return {
    ...from,
    adopted: from.adopted,
    started: false,
    ended: false,
    main: undefined,
    exit: undefined,
    wanted: undefined,
    observedPaused: false,
    endedControls: new Set(),
    said: new Map(),
    touched: new Set(),
    unverified: new Map(),
    evidenceOf: new Set(),
    killAsked: false,
    processes: new Map(),
    connections: new Map(),
    closedBytesOut: 0,
    closedBytesIn: 0,
    appliedN: 0,
    dirty: true,
  }
}

const endedControlsMax = 200

/** Brings the session up to date with one of its own events. Applying the same event twice changes nothing more. */
export function applyToSession(session: Session, event: EventInput): void {
  session.dirty = true
  switch (event.kind) {
    case 'session.started':
      session.started = true
      if (event.data.pid !== undefined && event.data.startTicks !== undefined) {
        session.main = { pid: event.data.pid, startTicks: event.data.startTicks }
      }
      return
    case 'session.ended':
      session.ended = true
      return
    case 'session.observed':
      session.observedPaused = event.data.paused
      return
    case 'restriction.observed': {
      const { restriction, restricted, left = [] } = event.data
      session.said.set(restriction, { restricted, left: left.join('\n') })
      return
    }
    case 'control.step':
      if (event.data.name === stepName.evidence) addBounded(session.evidenceOf, event.data.control)
      if (event.data.name === stepName.verified || event.data.name === stepName.notVerified)
        session.unverified.delete(event.data.control)
      return
    case 'control.ended':
      return addBounded(session.endedControls, event.data.control)
    case 'process.started':
      session.processes.set(event.data.pid, {
        pid: event.data.pid,
        ppid: event.data.ppid,
        startTicks: event.data.startTicks,
        comm: event.data.comm,
        exe: event.data.exe,
        commandLine: event.data.argv.join('\0'),
        escaped: false,
        seenAtMs: event.atMs,
        checkedAtMs: event.atMs,
        netns: 0,
      })
      return
    case 'process.executed': {
      const known = session.processes.get(event.data.pid)
      if (known?.startTicks !== event.data.startTicks) return
      known.comm = event.data.comm
      known.exe = event.data.exe
      known.commandLine = event.data.argv.join('\0')
      return
    }
    case 'process.escaped': {
      const known = session.processes.get(event.data.pid)
      if (known?.startTicks === event.data.startTicks) known.escaped = true
      return
    }
    case 'process.exited':
      if (session.processes.get(event.data.pid)?.startTicks === event.data.startTicks) {
        session.processes.delete(event.data.pid)
      }
      return
    case 'connection.opened':
      if (session.connections.has(event.data.connection)) return
      session.connections.set(event.data.connection, {
        id: event.data.connection,
        protocol: event.data.protocol,
        localPort: event.data.local.port,
        remoteAddress: event.data.remote.address,
        remotePort: event.data.remote.port,
        openedAtMs: event.atMs,
        state: event.data.state,
        pid: event.data.pid,
        bytesOut: undefined,
        bytesIn: undefined,
        missing: 0,
      })
      return
    case 'connection.closed':
      if (!session.connections.delete(event.data.connection)) return
      session.closedBytesOut += event.data.bytesOut ?? 0
      session.closedBytesIn += event.data.bytesIn ?? 0
      return
    default:
      return
  }
}

function addBounded(set: Set<string>, value: string): void {
  set.add(value)
  const [oldest] = set
  if (set.size > endedControlsMax && oldest !== undefined) set.delete(oldest)
}

export function processIsKnown(session: Session, pid: number, startTicks: number): boolean {
  return session.processes.get(pid)?.startTicks === startTicks
}

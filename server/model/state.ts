// What the console knows. Plain data, bounded everywhere: an agent that forks or connects without end costs us counters, not memory.
import type { Ability, Observer } from '../protocol/ability.ts'
import type { ControlAction, ControlState } from '../protocol/control.ts'
import type { Actor, Endpoint } from '../protocol/event.ts'
import type { ControlId, HostId, SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'

/** How much of a session is kept in memory; the log keeps everything. */
export const bounds = {
  liveProcesses: 4_096,
  exitedProcesses: 100,
  openConnections: 4_096,
  closedConnections: 100,
  openActions: 256,
  endedControls: 20,
  stepsPerControl: 50,
  labels: 64,
  /** Characters of a tool call's text that a screen can show. */
  actionText: 240,
  /** Arguments of a process, and characters of each. */
  args: 64,
  argText: 1_024,
  endedSessions: 2_000,
  /** Sessions that only telemetry speaks of: they never end, so the longest silent ones leave memory. */
  reportedSessions: 5_000,
} as const

export type ProcessState = {
  pid: number
  ppid: number
  startTicks: number
  comm: string
  argv: string[]
  exe?: string | undefined
  /** Who says that it is there. */
  trust: Trust
  startedAtMs: number
  endedAtMs?: number
  escaped: boolean
}

export type ConnectionState = {
  connection: string
  protocol: 'tcp' | 'udp'
  local: Endpoint
  remote: Endpoint
  direction: 'out' | 'in' | 'unknown'
  state: string
  pid?: number | undefined
  comm?: string | undefined
  openedAtMs: number
  closedAtMs?: number
  bytesOut?: number | undefined
  bytesIn?: number | undefined
}

export type ActionState = {
  call: string
  tool: string
  text: string
  trust: Trust
  startedAtMs: number
  endedAtMs?: number
}

export type ControlRecord = {
  control: ControlId
  action: ControlAction
  state: ControlState
  by: Actor
  reason?: string | undefined
  undoes?: ControlId | undefined
  requestedAtMs: number
  endedAtMs?: number
  steps: { name: string; atMs: number; detail: string }[]
  enforcer?: string | undefined
  observed?: string | undefined
  observedFrom?: string | undefined
  processCount?: number | undefined
  detail?: string | undefined
}

export type SessionState = {
  session: SessionId
  name?: string | undefined
  agent?: string | undefined
  task?: string | undefined
  host?: HostId | undefined
  argv?: string[] | undefined
  cwd?: string | undefined
  cgroup?: string | undefined
  held: 'cgroup' | 'process-group' | 'none'
  abilities: Ability[]
  labels: Record<string, string>
  startedAtMs: number
  endedAtMs?: number
  exitCode?: number | undefined
  signal?: string | undefined
  /** What operators want; durable, and sent whole to the host after every reconnect. */
  wantedPaused: boolean
  /** What the host last read; nothing but `session.observed` and an enforced control changes it. */
  observedPaused: boolean
  processes: Map<string, ProcessState>
  exitedProcesses: ProcessState[]
  connections: Map<string, ConnectionState>
  closedConnections: ConnectionState[]
  openActions: Map<string, ActionState>
  newestAction?: ActionState
  newestProcess?: ProcessState
  gpuProcesses: Map<string, string>
  controls: ControlRecord[]
  counts: { events: number; actions: number; processes: number; connections: number }
  firstSeq: number
  lastSeq: number
  lastEventAtMs: number
}

export type HostState = {
  host: HostId
  connected: boolean
  sinceMs: number
  version: string
  bootId: string
  kernel: string
  abilities: Ability[]
  observers: Observer[]
  gpus: { uuid: string; index: number; name: string; memoryTotalBytes?: number | undefined }[]
  gpuAbsent?: string | undefined
}

export type ConsoleState = {
  /** Highest applied sequence number per partition of the log. */
  headSeq: Map<number, number>
  newestFactAtMs: number
  sessions: Map<SessionId, SessionState>
  hosts: Map<HostId, HostState>
  sessionOfControl: Map<ControlId, SessionId>
  /** How many sessions have held "none" and have not ended. */
  reportedCount: number
  /** Ended sessions, oldest first: the order in which they leave memory. */
  endedSessions: SessionId[]
}

export function emptyState(): ConsoleState {
  return {
    headSeq: new Map(),
    newestFactAtMs: 0,
    sessions: new Map(),
    hosts: new Map(),
    sessionOfControl: new Map(),
    reportedCount: 0,
    endedSessions: [],
  }
}

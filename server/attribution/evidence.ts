// What attribution keeps of events: plain records with bounded lists, joined by object references. Times stay as their source told them;
// they are corrected only where two clocks are compared.
import type { EventId, SessionId } from '../protocol/ids.ts'
import type { NetEnd, Severity, TieLevel, Workload } from '../protocol/signal.ts'
import type { Trust } from '../protocol/trust.ts'
import type { Hints } from './hints.ts'
import type { Feature } from './weigh.ts'

export const bounds = {
  sessions: 6_000,
  actionsPerSession: 512,
  itemsPerSession: 2_000,
  processes: 60_000,
  items: 60_000,
  /** Facts about one flow that are named one by one; more are counted with it. */
  subjectsPerItem: 500,
  /** Facts that share a key (a destination, a command): beyond it the key tells nothing. */
  perKey: 64,
  namesPerAddress: 8,
  childrenPerProcess: 256,
  itemsPerProcess: 512,
  addresses: 30_000,
} as const

/** A fact to be tied: an event of the log. */
export type Subject = {
  event: EventId
  kind: string
  atMs: number
  about: string
  source: string | undefined
  trust: Trust
  severity: Severity | undefined
}

export type Action = {
  session: SessionId
  call: string
  tool: string
  /** As a person reads it, and as a process's argument may repeat it: white space folded. */
  command: string
  clock: string
  startMs: number
  /** Undefined while it runs, or if its end was never told. */
  endMs: number | undefined
  hints: Hints
}

export type SessionEvidence = {
  session: SessionId
  host: string | undefined
  /** Addresses that are this session's: `kernel` when a host saw them on its sockets, `told` by a label. */
  addresses: Map<string, 'kernel' | 'told'>
  /** By call. */
  actions: Map<string, Action>
  /** Raised with every change of its actions. */
  version: number
  items: Set<Item>
}

export type Process = {
  host: string
  clock: string
  pid: number
  ppid: number
  startMs: number
  endMs: number | undefined
  argv: readonly string[]
  comm: string
  /** Whole commands among the arguments of every program that it ran: a shell may become its last command. */
  commands: readonly string[]
  /** Known from the host that holds it. */
  session: SessionId | undefined
  workload: Workload | undefined
  parent: Process | undefined
  /** It is the process that the session began with: every action's, so no action's. */
  isSessionRoot: boolean
  /** What it started and what it opened: concluded anew when more is known of it. */
  children: Process[]
  items: Item[]
  tie: ProcessTie | undefined
}

/** What is concluded of a process; `version` of the session's actions with which it was. */
export type ProcessTie = {
  session: SessionId
  action: Action | undefined
  score: number
  /** Its own or its parent's arguments hold the action's command word for word. */
  exact: boolean
  version: number
  clocks: number
  features: Feature[]
  runnerUp: Decision['runnerUp']
}

type ItemBase = {
  clock: string
  atMs: number
  subjects: Subject[]
  /** Told since the last conclusion was written. */
  unsent: Subject[]
  /** What was last written of it. */
  written: { key: string; event: EventId; session: SessionId; hasCall: boolean; offsetMs: number } | undefined
  /** Its conclusion is older than this memory, which may lack what led to it. */
  restored: boolean
  /** Concluded from an exact key to a call: no other call can change that. */
  isSettled: boolean
  /** Sessions whose new actions may change the conclusion. */
  listedIn: SessionEvidence[]
}

/** A connection that a host saw, with the process that opened it where it is known. */
export type ConnectionItem = ItemBase & {
  what: 'connection'
  host: string
  session: SessionId | undefined
  /** Undefined while the process itself has not been told. */
  process: Process | undefined
  pid: number | undefined
  startTicks: number | undefined
  protocol: string
  local: NetEnd | undefined
  remote: NetEnd
  /** The local end as it looks behind the host's NAT. */
  translated: NetEnd | undefined
}

/** One flow as one network sensor saw it: all its records. */
export type FlowItem = ItemBase & {
  what: 'flow'
  protocol: string
  /** Who opened it, as far as the sensor knows. */
  source: NetEnd
  destination: NetEnd
  translated: { source?: NetEnd | undefined; destination?: NetEnd | undefined } | undefined
  communityId: string | undefined
  errorMs: number
  endMs: number
  names: Set<string>
  /** Workload of either end. */
  workloads: Workload[]
}

/** A process, or something that names one: a host alert, a GPU's compute process. */
export type ProcessItem = ItemBase & { what: 'process'; process: Process; direct: SessionId | undefined }

export type Item = ConnectionItem | FlowItem | ProcessItem

export type Decision = {
  session: SessionId
  action: Action | undefined
  level: TieLevel
  score: number
  features: Feature[]
  runnerUp: { session: SessionId; action: Action | undefined; score: number } | undefined
  clock: { offsetMs: number; spreadMs: number; pairs: number } | undefined
}

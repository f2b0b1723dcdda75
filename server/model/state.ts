// What the console knows. Plain data, bounded everywhere: an agent that forks or connects without end costs us counters, not memory.
import type { Ability, Observer } from '../protocol/ability.ts'
import type { Actor } from '../protocol/actor.ts'
import type { Capability, ControlAction, ControlState, Restriction } from '../protocol/control.ts'
import type { Endpoint, EventOf } from '../protocol/event.ts'
import type { FlagSeverity, FlagVerdict } from '../protocol/flag.ts'
import type { ApprovalId, ContainmentId, ControlId, EventId, HostId, ProposalId, SessionId } from '../protocol/ids.ts'
import type { IncidentId } from '../protocol/incident.ts'
import type { PolicyName } from '../protocol/policy.ts'
import type { Selector } from '../protocol/selector.ts'
import type { Trust } from '../protocol/trust.ts'
import type { GpuState } from './gpu-state.ts'
import type { IncidentState } from './incident-state.ts'
import type { GateHealth } from './reduce-gate.ts'

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
  actionText: 1_024,
  /** Arguments of a process, and characters of each. */
  args: 64,
  argText: 1_024,
  endedSessions: 2_000,
  /** Standing holds of one session: more are refused. */
  holds: 50,
  recentActions: 20,
  models: 50,
  /** Containments and proposals that are over. */
  endedContainments: 50,
  endedProposals: 50,
  decidedApprovals: 300,
  /** Calls that wait for a person; a further one is denied. */
  waitingApprovals: 1_000,
  waitingApprovalsOfSession: 32,
  webhooks: 20,
  /** Flags of one session that a screen can show at once. */
  recentFlags: 50,
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
  /** It ended while the network was to be taken away; `yes` once the host has read that it was. */
  cut?: 'maybe' | 'yes'
  /** Opened while the network was read as taken away: it is tried, and cannot come about. */
  attempt?: boolean
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

export type ControlStep = { name: string; atMs: number; detail: string; ok: boolean; observedFrom?: string | undefined }

export type ControlRecord = {
  control: ControlId
  action: ControlAction
  capability?: Capability | undefined
  state: ControlState
  by: Actor
  approvedBy?: Actor | undefined
  reason?: string | undefined
  undoes?: ControlId | undefined
  lifts?: ControlId[] | undefined
  containment?: ContainmentId | undefined
  requestedAtMs: number
  endedAtMs?: number
  steps: ControlStep[]
  enforcer?: string | undefined
  observed?: string | undefined
  observedFrom?: string | undefined
  processCount?: number | undefined
  detail?: string | undefined
  left?: string[] | undefined
}

/** A cause for which a session is restricted. It stands until it is lifted; several stand independently of each other. */
export type Hold = {
  /** The control that placed it. */
  control: ControlId
  action: 'pause' | 'revoke' | 'contain'
  capability?: Capability | undefined
  restricts: Restriction[]
  by: Actor
  reason?: string | undefined
  sinceMs: number
  expiresAtMs?: number | undefined
  containment?: ContainmentId | undefined
}

/** What was last read of a restriction, and by whom. */
export type RestrictionReading = {
  restricted: boolean
  enforcer?: string | undefined
  observed: string
  observedFrom: string
  left: string[]
  atMs: number
}

/** GPUs that sit idle because of a hold: `gpuMs` up to `atMs`, and `gpus` from then on. */
export type HoldingCost = { sinceMs: number; gpus: number; gpuMs: number; atMs: number }

/** What detection said of a session. */
export type FlagState = {
  id: EventId
  rule: string
  title: string
  severity: FlagSeverity
  behaviour?: string | undefined
  call?: string | undefined
  fingerprint: string
  atMs: number
  /** How often the same was said. */
  count: number
  /** What an operator said of it. */
  verdict?: FlagVerdict | undefined
}

/** As it was at `atMs`: it decays from then on. */
export type RiskState = { score: number; atMs: number; isIncident: boolean; because: string[] }

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
  /** Labels, and `agent` and `task`, that are only the agent's word so far. */
  claimed?: string[] | undefined
  startedAtMs: number
  endedAtMs?: number
  exitCode?: number | undefined
  signal?: string | undefined
  /** What operators want; durable, and sent whole to the host after every reconnect. */
  holds: Hold[]
  /** What the host last read; nothing but `session.observed` and an enforced control changes it. */
  observedPaused: boolean
  /** What was last read of every other restriction. */
  readings: Map<Restriction, RestrictionReading>
  /** While anything is held. */
  cost?: HoldingCost
  /** The newest decision of the gate for this session: that its agent asks the gate at all. */
  gate?: { atMs: number; decision: 'allow' | 'deny'; tool: string } | undefined
  /** What was seen of its gate in this run. */
  gateHealth?: GateHealth | undefined
  /** Models that it was seen to call, in that order. */
  models: string[]
  /** Standing orders from which somebody let it go by hand. */
  released: ContainmentId[]
  processes: Map<string, ProcessState>
  exitedProcesses: ProcessState[]
  connections: Map<string, ConnectionState>
  closedConnections: ConnectionState[]
  openActions: Map<string, ActionState>
  newestAction?: ActionState
  /** Oldest first: for evidence. */
  recentActions: ActionState[]
  newestProcess?: ProcessState
  gpuProcesses: Map<string, string>
  controls: ControlRecord[]
  /** The newest of each fingerprint, oldest first. */
  flags: FlagState[]
  flagCounts: Partial<Record<FlagSeverity, number>>
  risk?: RiskState
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

/** "Contain all…": every session that matches is held, later ones too, until it is lifted. */
export type ContainmentState = {
  containment: ContainmentId
  by: Actor
  selector: Selector
  reason?: string | undefined
  sinceMs: number
  expiresAtMs?: number | undefined
  liftedAtMs?: number
  liftedBy?: Actor
  /** Every session that was held by it, also those that have ended. */
  sessionCount: number
}

/** Something that waits for a second person. */
export type ProposalState = {
  proposal: ProposalId
  by: Actor
  what: EventOf<'proposal.made'>['data']['what']
  reason?: string | undefined
  sinceMs: number
  expiresAtMs: number
  decision?: 'confirmed' | 'refused' | 'withdrawn' | 'expired'
  decidedBy?: Actor
  decidedAtMs?: number
}

/** A place that enforces for us, as far as may be shown: its secret is not part of the state. */
export type WebhookState = {
  webhook: string
  name: string
  capabilities: EventOf<'webhook.changed'>['data']['capabilities']
  origin: string
  verifies: boolean
}

/** An action that waits, or waited, for a person. */
export type ApprovalState = Omit<EventOf<'approval.requested'>['data'], 'approval'> & {
  approval: ApprovalId
  session: SessionId
  host?: HostId | undefined
  askedAtMs: number
  endorsedBy: Actor[]
  decided?: (Omit<EventOf<'approval.decided'>['data'], 'approval'> & { atMs: number }) | undefined
  used: number
}

export type ConsoleState = {
  /** By `host/gpu`. */
  gpus: Map<string, GpuState>
  /** Highest applied sequence number per partition of the log. */
  headSeq: Map<number, number>
  newestFactAtMs: number
  sessions: Map<SessionId, SessionState>
  hosts: Map<HostId, HostState>
  sessionOfControl: Map<ControlId, SessionId>
  containments: Map<ContainmentId, ContainmentState>
  proposals: Map<ProposalId, ProposalState>
  policies: Map<PolicyName, boolean>
  /** Those that wait, and the newest that were decided; in the order of the log. */
  approvals: Map<ApprovalId, ApprovalState>
  webhooks: Map<string, WebhookState>
  /** Those that are not over, and the newest that are; in the order in which they were opened. */
  incidents: Map<IncidentId, IncidentState>
  /** The newest incident of each session. */
  incidentOfSession: Map<SessionId, IncidentId>
  /** The highest number that was given. */
  incidentCount: number
  /** How many sessions have held "none" and have not ended. */
  reportedCount: number
  /** Ended sessions, oldest first: the order in which they leave memory. */
  endedSessions: SessionId[]
}

export function emptyState(): ConsoleState {
  return {
    headSeq: new Map(),
    gpus: new Map(),
    newestFactAtMs: 0,
    sessions: new Map(),
    hosts: new Map(),
    sessionOfControl: new Map(),
    containments: new Map(),
    proposals: new Map(),
    policies: new Map(),
    approvals: new Map(),
    webhooks: new Map(),
    incidents: new Map(),
    incidentOfSession: new Map(),
    incidentCount: 0,
    reportedCount: 0,
    endedSessions: [],
  }
}

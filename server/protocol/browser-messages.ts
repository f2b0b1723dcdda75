// The whole conversation between the console in a browser and the server, over the socket.io namespace `/operators`.
// Up: `watch`, `looking`, `painted`, `control`. Down: `snapshot` (answer to `watch`), `frame`, `beat`.
// Views are projections of the one reducer's state, made on the server; the browser never guesses an effect.
import { z } from 'zod'
import { Ability, Observer } from './ability.ts'
import { ApprovalView } from './approval.ts'
import { Capability, ControlAction } from './control.ts'
import { CapabilityView, ControlView, CostView, FleetView, HoldView, RestrictionView } from './control-views.ts'
import { Endpoint } from './event.ts'
import { FlagSeverity } from './flag.ts'
import { GateHealthView } from './gate-health.ts'
import { AtMs, ContainmentId, ControlId, HostId, ProposalId, SessionId } from './ids.ts'
import { SecretCounts } from './secrets.ts'
import { Selector } from './selector.ts'
import { Trust } from './trust.ts'

export const operatorNamespace = '/operators'

// ---- what is shown -----------------------------------------------------------------------------------------------

/**
 * What is known of a session's execution. `pausing`/`resuming`: asked, not confirmed. `paused`: read from the host.
 * `silent`: its host does not answer, so nothing newer is known. `reported`: known only from telemetry, no host holds it.
 */
export const ExecutionState = z.enum(['running', 'pausing', 'paused', 'resuming', 'ended', 'silent', 'reported'])
export type ExecutionState = z.infer<typeof ExecutionState>

/** One line of the Live table. All text in it may have been written by the agent. */
export const SessionRow = z.object({
  session: SessionId,
  name: z.string().optional(),
  agent: z.string().optional(),
  task: z.string().optional(),
  /** Only those with a meaning: see `labelName`. */
  labels: z.record(z.string(), z.string()),
  /** The first models that it was seen to call, at most 10. */
  models: z.array(z.string()),
  host: HostId.optional(),
  state: ExecutionState,
  /** State that was last read from the host while it was still heard; shown under `silent`. */
  lastRead: z.enum(['running', 'paused']).optional(),
  startedAtMs: AtMs,
  endedAtMs: AtMs.optional(),
  exitCode: z.number().optional(),
  signal: z.string().optional(),
  /** The newest tool call, else the newest process; `agent` = the agent's own words, `kernel` = seen by the host. */
  doing: z
    .object({ text: z.string(), tool: z.string().optional(), trust: Trust, sinceMs: AtMs, running: z.boolean() })
    .optional(),
  openConnections: z.number(),
  /** Newest first, at most 3, for the egress column. */
  remotes: z.array(
    z.object({ remote: Endpoint, protocol: z.string(), comm: z.string().optional(), open: z.boolean() }),
  ),
  processCount: z.number(),
  /** Processes seen alive outside the session's cgroup: a pause does not cover them. */
  escapedCount: z.number(),
  actionCount: z.number(),
  eventCount: z.number(),
  gpuIndexes: z.array(z.number()),
  abilities: z.array(Ability),
  /** The control that comes first: the newest open one, else one that stands and went wrong, else the newest. */
  control: ControlView.optional(),
  /** Causes that restrict it, newest first, at most 10. */
  holds: z.array(HoldView),
  restrictions: z.array(RestrictionView),
  cost: CostView.optional(),
  /** As it was at `atMs`; it decays: see `riskNow`. Absent: nothing was ever flagged. */
  risk: z.object({ score: z.number(), atMs: AtMs, isIncident: z.boolean() }).optional(),
  /** The worst flag that is kept, and how many page a person. */
  flagged: z.object({ title: z.string(), severity: FlagSeverity, pages: z.number() }).optional(),
  /** What was seen of its gate; absent where it never asked. */
  gate: GateHealthView.optional(),
  lastEventAtMs: AtMs,
  lastSeq: z.number(),
})
export type SessionRow = z.infer<typeof SessionRow>

export const GpuView = z.object({
  uuid: z.string(),
  index: z.number(),
  name: z.string(),
  utilPercent: z.number().optional(),
  memoryBandwidthPercent: z.number().optional(),
  memoryUsedBytes: z.number().optional(),
  memoryTotalBytes: z.number().optional(),
  powerWatts: z.number().optional(),
  temperatureC: z.number().optional(),
})
export type GpuView = z.infer<typeof GpuView>

export const HostRow = z.object({
  host: HostId,
  connected: z.boolean(),
  sinceMs: AtMs,
  version: z.string(),
  kernel: z.string(),
  abilities: z.array(Ability),
  observers: z.array(Observer),
  gpus: z.array(GpuView),
  /** Why there is no GPU, in the probe's words. */
  gpuAbsent: z.string().optional(),
})
export type HostRow = z.infer<typeof HostRow>

/** A point of a sparkline or chart. Rates are per second over the time since the previous point. */
export const SamplePoint = z.object({
  /** By the clock of the host that read it. */
  atMs: AtMs,
  /** When it reached the server, by the server's clock; absent: read from the store. */
  seenAtMs: AtMs.optional(),
  cpuPercent: z.number(),
  memoryBytes: z.number().optional(),
  /** Mean utilisation of the GPUs on which the session has compute processes; absent when it has none, or nothing was read. */
  gpuPercent: z.number().optional(),
  bytesOutPerSecond: z.number(),
  bytesInPerSecond: z.number(),
})
export type SamplePoint = z.infer<typeof SamplePoint>

export const ProcessView = z.object({
  pid: z.number(),
  ppid: z.number(),
  startTicks: z.number(),
  comm: z.string(),
  argv: z.array(z.string()),
  exe: z.string().optional(),
  startedAtMs: AtMs,
  endedAtMs: AtMs.optional(),
  escaped: z.boolean(),
})
export type ProcessView = z.infer<typeof ProcessView>

export const ConnectionView = z.object({
  connection: z.string(),
  protocol: z.enum(['tcp', 'udp']),
  local: Endpoint,
  remote: Endpoint,
  direction: z.enum(['out', 'in', 'unknown']),
  state: z.string(),
  pid: z.number().optional(),
  comm: z.string().optional(),
  openedAtMs: AtMs,
  closedAtMs: AtMs.optional(),
  /** It ended while the network was revoked and read as such: cut, not closed by its owner. */
  cut: z.boolean(),
  /** Tried while the network was read as revoked: its packets are dropped. */
  attempt: z.boolean(),
  bytesOut: z.number().optional(),
  bytesIn: z.number().optional(),
})
export type ConnectionView = z.infer<typeof ConnectionView>

/** An event as the activity stream receives it: the stored event, what looks like a secret masked. Parsed loosely, rendered as text. */
export const EventView = z.object({
  seq: z.number(),
  id: z.string(),
  kind: z.string(),
  atMs: AtMs,
  seenAtMs: AtMs,
  session: SessionId.optional(),
  host: HostId.optional(),
  trust: Trust,
  /** How many pieces of its text are masked, by kind; absent where none is. */
  masked: SecretCounts.optional(),
  data: z.record(z.string(), z.unknown()),
})
export type EventView = z.infer<typeof EventView>

/** Everything the session page shows besides its activity stream. Lists are bounded; `hidden*` says how many are left out. */
export const SessionDetail = z.object({
  row: SessionRow,
  argv: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  cgroup: z.string().optional(),
  held: z.enum(['cgroup', 'process-group', 'none']),
  labels: z.record(z.string(), z.string()),
  processes: z.array(ProcessView),
  hiddenProcesses: z.number(),
  connections: z.array(ConnectionView),
  hiddenConnections: z.number(),
  capabilities: z.array(CapabilityView),
  /** Absent: it never asked. */
  gate: GateHealthView.optional(),
  /** Newest first: the newest 20, and all whose hold still stands. */
  controls: z.array(ControlView),
})
export type SessionDetail = z.infer<typeof SessionDetail>

// ---- up ----------------------------------------------------------------------------------------------------------

/** `watch` (acknowledged with `Snapshot` or `Problem`): replaces what this socket watched before. */
export const Watch = z.discriminatedUnion('view', [
  z.object({ view: z.literal('live') }),
  z.object({ view: z.literal('session'), session: SessionId }),
])
export type Watch = z.infer<typeof Watch>

/** `painted`: the browser has drawn frame `n`. The server keeps at most two frames unpainted per browser. */
export const Painted = z.object({ n: z.int() })

/**
 * `looking`: the sessions on the screen of a browser that watches Live. Their rows come at once; of others, what nobody waits for comes a
 * second late. Never told: everything comes at once. A new `watch` begins anew.
 */
export const Looking = z.object({ sessions: z.array(SessionId).max(200) })
export type Looking = z.infer<typeof Looking>

const Reason = z.string().max(500)
/** One second to 30 days. */
export const TtlSeconds = z.int().min(1).max(2_592_000)

/** `control` (acknowledged with `ControlAccepted` or `Problem`): asked, not confirmed; the effect comes in frames. */
export const ControlRequest = z.strictObject({
  session: SessionId,
  action: ControlAction,
  /** With `revoke` and `restore`. */
  capability: Capability.optional(),
  reason: Reason.optional(),
  /** The hold to lift; absent: the caller's own newest of that kind, else the newest. */
  undoes: ControlId.optional(),
  /** Lifts every hold of that kind, whoever placed it. */
  all: z.boolean().optional(),
  ttlSeconds: TtlSeconds.optional(),
})
export type ControlRequest = z.infer<typeof ControlRequest>

/** `extend` (acknowledged with `Done` or `Problem`): a hold stands so long from now; absent `ttlSeconds`: until it is lifted. */
export const ExtendRequest = z.strictObject({ control: ControlId, ttlSeconds: TtlSeconds.optional() })

/** `contain` (acknowledged with `ContainmentAccepted` or `Problem`): every session that matches, later ones too. */
export const ContainRequest = z.strictObject({
  selector: Selector,
  reason: Reason.optional(),
  ttlSeconds: TtlSeconds.optional(),
})
export type ContainRequest = z.infer<typeof ContainRequest>

/** `lift` (acknowledged with `Done` or `Problem`): lifts a containment and everything that it holds. */
export const LiftRequest = z.strictObject({ containment: ContainmentId, reason: Reason.optional() })
export type LiftRequest = z.infer<typeof LiftRequest>

/** `decide` (acknowledged with `Done` or `Problem`): the second person confirms or refuses; the first may withdraw. */
export const DecideRequest = z.strictObject({
  proposal: ProposalId,
  decision: z.enum(['confirmed', 'refused', 'withdrawn']),
})
export type DecideRequest = z.infer<typeof DecideRequest>

export const Problem = z.object({ problem: z.object({ title: z.string(), detail: z.string(), status: z.number() }) })
export type Problem = z.infer<typeof Problem>
/** `proposal`: it waits for a second person; nothing was asked of the host. */
export const ControlAccepted = z.union([z.object({ control: ControlId }), z.object({ proposal: ProposalId })])
export type ControlAccepted = z.infer<typeof ControlAccepted>
export const ContainmentAccepted = z.object({ containment: ContainmentId, sessions: z.number() })
/** `proposal`: it waits for a second person. */
export const Done = z.object({ done: z.literal(true), proposal: ProposalId.optional() })
export type Done = z.infer<typeof Done>

// ---- down --------------------------------------------------------------------------------------------------------

/** Answer to `watch`. Frames with `seq` at or below the snapshot's are to be ignored for events, harmless for rows. */
export const Snapshot = z.object({
  /** Identity of this watch; frames of an older watch carry another and are ignored. */
  watch: z.int(),
  seq: z.number(),
  serverNowMs: AtMs,
  rows: z.array(SessionRow),
  hosts: z.array(HostRow),
  fleet: FleetView,
  /** Rows that had no room here, the oldest: frames bring them. Absent: none. */
  toCome: z.int().optional(),
  /** Sparkline points per session, oldest first, at most 60 (live) or 600 (session). */
  samples: z.record(z.string(), z.array(SamplePoint)),
  detail: SessionDetail.optional(),
  /** Newest events of the session, ascending, at most 500. */
  events: z.array(EventView).optional(),
  /** Older events exist before the first of `events` (fetch them over HTTP). */
  olderEvents: z.boolean().optional(),
})
export type Snapshot = z.infer<typeof Snapshot>

/** Changes since the last frame. Rows are whole rows, newest only. `urgent` frames (controls) skip the pacing. */
export const Frame = z.object({
  watch: z.int(),
  n: z.int(),
  seq: z.number(),
  serverNowMs: AtMs,
  rows: z.array(SessionRow),
  /** How many of the rows that the snapshot left out are still to come; absent: as many as before. */
  toCome: z.int().optional(),
  removed: z.array(SessionId),
  hosts: z.array(HostRow),
  /** Whole, when something in it changed. */
  fleet: FleetView.optional(),
  /** With a fleet whose mark of approvals is another: each approval that changed. Absent where they are too many: then the list is to be read. */
  approvals: z.array(ApprovalView).optional(),
  samples: z.array(z.object({ session: SessionId, point: SamplePoint })),
  detail: SessionDetail.optional(),
  events: z.array(EventView),
  /** Events that were left out of `events` because the browser was slow; they are in the log. */
  skipped: z.number(),
  /** Vigil's own test came through the log with this frame: how long ago it was posted says how late this browser sees facts. */
  canary: z.object({ n: z.int(), sentAtMs: AtMs }).optional(),
})
export type Frame = z.infer<typeof Frame>

/** Once a second to every browser: proof of life, and the log's newest fact. */
export const Beat = z.object({ serverNowMs: AtMs, headSeq: z.number(), newestFactAtMs: AtMs.optional() })
export type Beat = z.infer<typeof Beat>

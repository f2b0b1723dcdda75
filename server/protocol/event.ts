// The event: one immutable fact. Every source is normalised into this one union before anything else sees it.
// Facts, controls and their outcomes are all events of one log, so a postmortem is a reading of the log.
import { z } from 'zod'
import { Ability, AbilityName, Observer } from './ability.ts'
import { Actor } from './actor.ts'
import { approvalData } from './approval.ts'
import { Capability, ControlAction, ControlOutcome, HostRestriction, Restriction } from './control.ts'
import { EvidenceItems } from './evidence.ts'
import { flagData } from './flag.ts'
import { DoorClaim } from './gate-health.ts'
import { ApprovalId, AtMs, CallId, ContainmentId, ControlId, EventId, HostId, ProposalId, SessionId } from './ids.ts'
import { incidentData } from './incident.ts'
import { logData } from './log-data.ts'
import { PolicyName } from './policy.ts'
import { Selector } from './selector.ts'
import { signalData } from './signal.ts'
import { LongText, ShortText } from './text.ts'
import type { Trust } from './trust.ts'

/** Version of the event's shape. Raise it together with a step in `upgrade-event.ts`. */
export const eventVersion = 1

const Pid = z.int().min(1).max(4_194_304) // PID_MAX_LIMIT of 64-bit Linux
const Count = z.int().min(0)
const Port = z.int().min(0).max(65_535)
/** Start time of a process in clock ticks since boot (`/proc/PID/stat` field 22): with the PID it names a process for ever. */
const StartTicks = z.int().min(0)
const Argv = z.array(LongText).max(1_024)
const Labels = z
  .record(z.string().max(128), ShortText)
  .refine((labels) => Object.keys(labels).length <= 64, 'at most 64 labels')

/** One end of a connection. `address` is an IPv4 or IPv6 literal without brackets or zone. */
export const Endpoint = z.strictObject({ address: z.string().max(64), port: Port })
export type Endpoint = z.infer<typeof Endpoint>

const dataOfKind = {
  // ---- hosts -------------------------------------------------------------------------------------------------------
  'probe.connected': z.strictObject({
    version: ShortText,
    bootId: ShortText,
    kernel: ShortText,
    abilities: z.array(Ability).max(32),
    observers: z.array(Observer).max(32),
  }),
  'probe.disconnected': z.strictObject({ reason: ShortText }),
  'gpu.inventory': z.strictObject({
    /** Empty together with `absent` saying why: no driver, no tool, no card. */
    gpus: z
      .array(z.strictObject({ uuid: ShortText, index: Count, name: ShortText, memoryTotalBytes: Count.optional() }))
      .max(64),
    absent: ShortText.optional(),
  }),
  // ---- sessions ----------------------------------------------------------------------------------------------------
  'session.started': z.strictObject({
    name: ShortText.optional(),
    agent: ShortText.optional(),
    task: ShortText.optional(),
    argv: Argv.optional(),
    cwd: LongText.optional(),
    pid: Pid.optional(),
    startTicks: StartTicks.optional(),
    /** How the host holds it: its own cgroup v2, a process group, or not at all (reported only). */
    held: z.enum(['cgroup', 'process-group', 'none']),
    cgroup: LongText.optional(),
    abilities: z.array(Ability).max(32),
    labels: Labels.optional(),
  }),
  'session.ended': z.strictObject({
    exitCode: z.int().min(0).max(255).optional(),
    signal: ShortText.optional(),
    reason: ShortText.optional(),
  }),
  // ---- processes ---------------------------------------------------------------------------------------------------
  'process.started': z.strictObject({
    pid: Pid,
    ppid: z.int().min(0),
    startTicks: StartTicks,
    comm: ShortText,
    exe: LongText.optional(),
    argv: Argv,
    uid: Count.optional(),
  }),
  /** The same process replaced its program (`execve`). */
  'process.executed': z.strictObject({
    pid: Pid,
    startTicks: StartTicks,
    comm: ShortText,
    exe: LongText.optional(),
    argv: Argv,
  }),
  'process.exited': z.strictObject({ pid: Pid, startTicks: StartTicks, exitCode: z.int().optional() }),
  /** Seen alive outside the session's cgroup: containment no longer covers it. */
  'process.escaped': z.strictObject({ pid: Pid, startTicks: StartTicks, cgroup: LongText }),
  // ---- connections -------------------------------------------------------------------------------------------------
  'connection.opened': z.strictObject({
    /** Unique on the host until reboot: kernel socket cookie or address tuple with inode. */
    connection: ShortText,
    protocol: z.enum(['tcp', 'udp']),
    local: Endpoint,
    remote: Endpoint,
    direction: z.enum(['out', 'in', 'unknown']),
    /** Kernel state in words, for example `ESTAB`, `SYN-SENT`, `UNCONN`. */
    state: ShortText,
    pid: Pid.optional(),
    startTicks: StartTicks.optional(),
    comm: ShortText.optional(),
  }),
  /** The other side of the host's NAT, from its connection tracking: what a firewall further out sees. */
  'connection.translated': z.strictObject({
    connection: ShortText,
    protocol: z.enum(['tcp', 'udp']),
    local: Endpoint,
    remote: Endpoint,
    translated: z.strictObject({ local: Endpoint, remote: Endpoint }),
  }),
  'connection.closed': z.strictObject({
    connection: ShortText,
    /** Absent where the kernel does not count them for this protocol. */
    bytesOut: Count.optional(),
    bytesIn: Count.optional(),
    durationMs: z.number().min(0).optional(),
  }),
  // ---- GPU ---------------------------------------------------------------------------------------------------------
  'gpu.process.started': z.strictObject({
    gpu: ShortText,
    pid: Pid,
    comm: ShortText,
    memoryUsedBytes: Count.optional(),
  }),
  'gpu.process.ended': z.strictObject({ gpu: ShortText, pid: Pid }),
  // ---- what the agent (or its framework) says it does: hostile text ------------------------------------------------
  'action.started': z.strictObject({
    call: CallId,
    tool: ShortText,
    /** The input as the source gave it: JSON text or plain text. */
    input: LongText,
    /** The one line an operator should read first, for example the shell command. */
    summary: LongText.optional(),
    traceId: ShortText.optional(),
    spanId: ShortText.optional(),
  }),
  'action.ended': z.strictObject({
    call: CallId,
    tool: ShortText.optional(),
    outcome: z.enum(['ok', 'error', 'denied', 'unknown']),
    output: LongText.optional(),
    exitCode: z.int().optional(),
    durationMs: z.number().min(0).optional(),
  }),
  'model.called': z.strictObject({
    model: ShortText,
    provider: ShortText.optional(),
    inputTokens: Count.optional(),
    outputTokens: Count.optional(),
    durationMs: z.number().min(0).optional(),
    error: LongText.optional(),
  }),
  'message.recorded': z.strictObject({ role: z.enum(['system', 'user', 'assistant', 'other']), text: LongText }),
  // ---- other sensors, and what is concluded from them (see signal.ts) --------------------------------------------------
  ...signalData,
  ...flagData,
  ...approvalData,
  ...incidentData,
  // ---- controls ----------------------------------------------------------------------------------------------------
  'control.requested': z.strictObject({
    control: ControlId,
    action: ControlAction,
    by: Actor,
    reason: ShortText.optional(),
    /** The control that this one takes back. */
    undoes: ControlId.optional(),
    /** With `revoke` and `restore`. */
    capability: Capability.optional(),
    /** Holds that this control lifts, decided when it was asked. Absent in a `resume` of old: it lifted every pause. */
    lifts: z.array(ControlId).max(200).optional(),
    /** The hold that this control places lifts itself then. */
    expiresAtMs: AtMs.optional(),
    /** The standing containment of which this control is one part. */
    containment: ContainmentId.optional(),
    /** The second person, where two are needed. */
    approvedBy: Actor.optional(),
  }),
  /** A hold's time is changed; absent `expiresAtMs`: until it is lifted. */
  'hold.extended': z.strictObject({ control: ControlId, by: Actor, expiresAtMs: AtMs.optional() }),
  'control.delivered': z.strictObject({ control: ControlId }),
  /** Something that happened on a control's way, and after its end: verified, reverted. `ok` false: it did not happen as it should. */
  'control.step': z.strictObject({
    control: ControlId,
    name: ShortText,
    detail: ShortText,
    ok: z.boolean().optional(),
    /** Where it was read; absent where it was only asked. */
    observedFrom: LongText.optional(),
  }),
  'control.ended': z.strictObject({
    control: ControlId,
    outcome: ControlOutcome,
    enforcer: ShortText.optional(),
    /** What was read, word for word, for example `frozen 1`; only with `enforced` and `partial`. */
    observed: ShortText.optional(),
    /** Where it was read, for example the path of `cgroup.events`. */
    observedFrom: LongText.optional(),
    processCount: Count.optional(),
    detail: ShortText.optional(),
    /** With `partial` and `failed`: what is not covered. */
    left: z.array(ShortText).max(50).optional(),
  }),
  /** What the host reads, whoever caused it: the only thing that makes a session "paused". */
  'session.observed': z.strictObject({
    paused: z.boolean(),
    observed: ShortText,
    observedFrom: LongText,
  }),
  /** What the host reads of a restriction other than a pause, whoever caused it: the only thing that makes it "enforced". */
  'restriction.observed': z.strictObject({
    restriction: HostRestriction.exclude(['pause']),
    restricted: z.boolean(),
    observed: ShortText,
    observedFrom: LongText,
    left: z.array(ShortText).max(50).optional(),
  }),
  /** What an enforcer that is not the host's was seen to do: the gate denied a call, a vault answered at its own address. */
  'capability.observed': z.strictObject({
    capability: Restriction,
    restricted: z.boolean(),
    enforcer: ShortText,
    observed: ShortText,
    observedFrom: LongText,
  }),
  /** A part of what was found when evidence was taken; a snapshot is as many events as it needs. */
  'evidence.recorded': z.strictObject({
    snapshot: ShortText,
    control: ControlId.optional(),
    evidence: EvidenceItems,
    /** Items that were found but are left out, and why. */
    omitted: Count.optional(),
    note: ShortText.optional(),
  }),
  // ---- the gate ----------------------------------------------------------------------------------------------------
  'gate.decided': z.strictObject({
    call: CallId,
    tool: ShortText,
    capability: Capability.optional(),
    decision: z.enum(['allow', 'deny']),
    reason: ShortText,
    /** The hold that made it so. */
    control: ControlId.optional(),
    /** The approval that let it through, or that was refused. */
    approval: ApprovalId.optional(),
    /** How the door named itself, and how long its caller gave us. */
    door: DoorClaim.optional(),
    deadlineMs: Count.optional(),
  }),
  // ---- containment of many, two persons ----------------------------------------------------------------------------
  /** Every session that matches is contained, also one that starts later, until this is lifted. */
  'containment.requested': z.strictObject({
    containment: ContainmentId,
    by: Actor,
    selector: Selector,
    reason: ShortText.optional(),
    expiresAtMs: AtMs.optional(),
  }),
  'containment.lifted': z.strictObject({
    containment: ContainmentId,
    by: Actor,
    reason: ShortText.optional(),
    approvedBy: Actor.optional(),
  }),
  /** Something that a second person must confirm before it happens. */
  'proposal.made': z.strictObject({
    proposal: ProposalId,
    by: Actor,
    expiresAtMs: AtMs,
    reason: ShortText.optional(),
    /** What happens once it is confirmed. */
    what: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('lift'),
        session: SessionId,
        action: ControlAction.extract(['resume', 'restore', 'release']),
        capability: Capability.optional(),
        lifts: z.array(ControlId).max(200),
      }),
      z.strictObject({ type: z.literal('lift-containment'), containment: ContainmentId }),
      z.strictObject({ type: z.literal('policy'), policy: PolicyName, value: z.boolean() }),
    ]),
  }),
  'proposal.decided': z.strictObject({
    proposal: ProposalId,
    by: Actor,
    decision: z.enum(['confirmed', 'refused', 'withdrawn', 'expired']),
  }),
  'policy.changed': z.strictObject({ policy: PolicyName, value: z.boolean(), by: Actor, approvedBy: Actor.optional() }),
  /** Where else something is enforced: a credential vault, a sandbox provider. Its secret is never part of an event. */
  'webhook.changed': z.strictObject({
    webhook: ShortText,
    name: ShortText,
    capabilities: z.array(AbilityName).max(8),
    origin: ShortText,
    /** It names an address at which the effect can be read. */
    verifies: z.boolean(),
    removed: z.boolean(),
    by: Actor,
  }),
  ...logData,
} as const

export type EventKind = keyof typeof dataOfKind
export const eventKinds = Object.keys(dataOfKind) as EventKind[]

type DataOf<K extends EventKind> = z.infer<(typeof dataOfKind)[K]>

/** What a source hands in: the fact, before the log has given it a place. */
export type EventInput = {
  [K in EventKind]: {
    v: 1
    kind: K
    atMs: number
    /** Given by senders that may repeat themselves; the log keeps an id once. */
    id?: EventId | undefined
    session?: SessionId | undefined
    host?: HostId | undefined
    data: DataOf<K>
  }
}[EventKind]

/** An event with its place in the log. `seq` is dense within `partition`; `seenAtMs` is this server's clock. */
export type StoredEvent = EventInput & {
  id: EventId
  partition: number
  seq: number
  seenAtMs: number
  trust: Trust
  /** Through which door it came, for example `suricata-eve/fw-1`: with the host it names the clock of `atMs`. Absent: Vigil itself. */
  source?: string | undefined
}

export type EventOf<K extends EventKind> = Extract<StoredEvent, { kind: K }>

const schemaOfKind = new Map<string, z.ZodType<EventInput>>(
  eventKinds.map((kind) => [
    kind,
    z.strictObject({
      v: z.literal(eventVersion),
      kind: z.literal(kind),
      atMs: AtMs,
      id: EventId.optional(),
      session: SessionId.optional(),
      host: HostId.optional(),
      data: dataOfKind[kind],
    }) as unknown as z.ZodType<EventInput>,
  ]),
)

/** Schema of one kind's event as a source hands it in; undefined for a kind this version does not know. */
export function schemaOfEventKind(kind: string): z.ZodType<EventInput> | undefined {
  return schemaOfKind.get(kind)
}

/** Kinds without a session make no sense for these; everything else may speak of a host alone. */
const needsSession: ReadonlySet<EventKind> = new Set<EventKind>([
  'session.started',
  'session.ended',
  'session.observed',
  'process.started',
  'process.executed',
  'process.exited',
  'process.escaped',
  'connection.opened',
  'connection.closed',
  'connection.translated',
  'action.started',
  'action.ended',
  'model.called',
  'message.recorded',
  'control.requested',
  'control.delivered',
  'control.step',
  'control.ended',
  'hold.extended',
  'restriction.observed',
  'capability.observed',
  'evidence.recorded',
  'gate.decided',
  'approval.requested',
  'approval.endorsed',
  'approval.decided',
  'approval.used',
])

export function kindNeedsSession(kind: EventKind): boolean {
  return needsSession.has(kind)
}

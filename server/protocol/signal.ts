// What sensors other than our own probe say: firewalls, network monitors, host audit, GPU exporters, trainers. And what Vigil concludes
// from laying them side by side (`attribution.made`). They name no session of their own: attribution finds it. Text in them may be hostile.
import { z } from 'zod'
import { AtMs, CallId, EventId, SessionId } from './ids.ts'
import { LongText, ShortText } from './text.ts'
import { Trust } from './trust.ts'

const Count = z.int().min(0)
const Pid = z.int().min(0).max(4_194_304) // 0: the kernel itself
const Port = z.int().min(0).max(65_535)
const Argv = z.array(LongText).max(1_024)
const Percent = z.number().min(0)

/** One end of a flow as a sensor saw it: an IPv4 or IPv6 literal without brackets or zone; ICMP and fragments have no port. */
export const NetEnd = z.strictObject({ address: z.string().max(64), port: Port.optional() })
export type NetEnd = z.infer<typeof NetEnd>

/** Who ran it, where an orchestrator said so. */
export const Workload = z.strictObject({
  container: ShortText.optional(),
  image: ShortText.optional(),
  pod: ShortText.optional(),
  namespace: ShortText.optional(),
  labels: z.record(z.string().max(128), ShortText).optional(),
})
export type Workload = z.infer<typeof Workload>

/** Between whom, and where it was seen. `source` opened the flow, as far as the sensor knows. */
export const Traffic = z.strictObject({
  /** IANA keyword in lower case (`tcp`, `udp`, `icmp`, `ipv6-icmp`), or the number as text. */
  protocol: ShortText,
  source: NetEnd,
  destination: NetEnd,
  /** The sensor's own name of the flow: `flow_id`, Zeek `uid`. Unique within the sensor's run only. */
  flow: ShortText.optional(),
  communityId: ShortText.optional(),
  /** Addresses on the other side of a NAT, where the sensor knows them. */
  translated: z.strictObject({ source: NetEnd.optional(), destination: NetEnd.optional() }).optional(),
  /** DNS names of the destination, as the sensor knew them. */
  names: z.array(ShortText).max(16).optional(),
  /** First packet of the flow, where the record says so: a long flow belongs to its first packet, not to its alert. */
  flowStartedAtMs: AtMs.optional(),
  /** How far the times of this record may be off by its making: aggregation windows, whole seconds. */
  timeErrorMs: z.number().min(0).optional(),
  /** The machine or interface that saw it. */
  sensor: ShortText.optional(),
  from: Workload.optional(),
  to: Workload.optional(),
})
export type Traffic = z.infer<typeof Traffic>

/** A process as a host sensor other than our probe reports it. */
export const ReportedProcess = z.strictObject({
  pid: Pid.optional(),
  ppid: Pid.optional(),
  startedAtMs: AtMs.optional(),
  comm: ShortText.optional(),
  exe: LongText.optional(),
  argv: Argv.optional(),
  cwd: LongText.optional(),
  uid: Count.optional(),
  /** Login uid; absent when unset. */
  auid: Count.optional(),
  user: ShortText.optional(),
  /** The sensor's own lasting name of a process (Tetragon `exec_id`), and of its parent. */
  id: ShortText.optional(),
  parentId: ShortText.optional(),
  cgroup: LongText.optional(),
  workload: Workload.optional(),
})
export type ReportedProcess = z.infer<typeof ReportedProcess>

export const Severity = z.enum(['critical', 'high', 'medium', 'low', 'info'])
export type Severity = z.infer<typeof Severity>

/** `confirmed` from an exact key (cgroup, process, 5-tuple, trace context); the others from weighed evidence. */
export const TieLevel = z.enum(['confirmed', 'likely', 'possible'])
export type TieLevel = z.infer<typeof TieLevel>

const TieFeature = z.strictObject({
  name: ShortText,
  /** In bits: how many times more probable, as a power of two, the evidence is if the tie is right. */
  weightBits: z.number(),
  detail: ShortText.optional(),
})

/** Data schemas of the kinds in this file; `event.ts` takes them into the one union. */
export const signalData = {
  // ---- network sensors ---------------------------------------------------------------------------------------------
  'flow.observed': z.strictObject({
    traffic: Traffic,
    verdict: z.enum(['allowed', 'denied', 'unknown']),
    direction: z.enum(['out', 'in', 'internal', 'unknown']).optional(),
    endedAtMs: AtMs.optional(),
    /** `Out` is from `source` to `destination`. */
    bytesOut: Count.optional(),
    bytesIn: Count.optional(),
    packetsOut: Count.optional(),
    packetsIn: Count.optional(),
    /** In the sensor's words: `S0`, `REJ`, `established`, `NODATA`. */
    state: ShortText.optional(),
    /** Application protocol as the sensor recognised it. */
    application: ShortText.optional(),
    /** Rule or cause of the verdict. */
    reason: ShortText.optional(),
  }),
  'dns.queried': z.strictObject({
    traffic: Traffic,
    query: ShortText,
    type: ShortText.optional(),
    answers: z.array(ShortText).max(64).optional(),
    responseCode: ShortText.optional(),
  }),
  'ssh.observed': z.strictObject({
    traffic: Traffic,
    clientVersion: ShortText.optional(),
    serverVersion: ShortText.optional(),
    authenticated: z.boolean().optional(),
    attempts: Count.optional(),
  }),
  'tls.observed': z.strictObject({
    traffic: Traffic,
    serverName: ShortText.optional(),
    version: ShortText.optional(),
    subject: ShortText.optional(),
    issuer: ShortText.optional(),
    ja3: ShortText.optional(),
    ja4: ShortText.optional(),
    validation: ShortText.optional(),
  }),
  'http.requested': z.strictObject({
    traffic: Traffic,
    method: ShortText.optional(),
    hostname: ShortText.optional(),
    url: LongText.optional(),
    userAgent: ShortText.optional(),
    status: Count.optional(),
    responseBytes: Count.optional(),
  }),
  'file.transferred': z.strictObject({
    traffic: Traffic,
    name: LongText.optional(),
    sizeBytes: Count.optional(),
    mimeType: ShortText.optional(),
    sha256: ShortText.optional(),
    md5: ShortText.optional(),
  }),
  /** A sensor's judgement: signature hit, anomaly, notice, firewall policy, host rule. */
  'alert.raised': z.strictObject({
    basis: z.enum(['signature', 'anomaly', 'notice', 'policy', 'host']),
    /** What a person reads first: the signature, the rule's name. */
    title: ShortText,
    ruleId: ShortText.optional(),
    category: ShortText.optional(),
    severity: Severity,
    action: z.enum(['blocked', 'allowed', 'unknown']),
    message: LongText.optional(),
    /** ATT&CK or other technique ids as the sensor gave them. */
    techniques: z.array(ShortText).max(16).optional(),
    traffic: Traffic.optional(),
    process: ReportedProcess.optional(),
  }),
  // ---- host sensors ------------------------------------------------------------------------------------------------
  'process.reported': z.strictObject({
    what: z.enum(['executed', 'exited', 'forked']),
    process: ReportedProcess,
    succeeded: z.boolean().optional(),
    exitCode: z.int().optional(),
    signal: ShortText.optional(),
  }),
  'connection.reported': z.strictObject({
    what: z.enum(['connected', 'accepted', 'listening', 'closed', 'sent']),
    process: ReportedProcess,
    protocol: ShortText,
    local: NetEnd.optional(),
    /** Absent with `listening`. */
    remote: NetEnd.optional(),
    succeeded: z.boolean().optional(),
    /** Symbolic errno where it failed: `ECONNREFUSED`; `EINPROGRESS` is not a failure. */
    error: ShortText.optional(),
    bytesOut: Count.optional(),
    bytesIn: Count.optional(),
  }),
  'file.reported': z.strictObject({
    what: z.enum(['opened', 'written', 'deleted', 'renamed', 'changed', 'other']),
    process: ReportedProcess,
    path: LongText,
    succeeded: z.boolean().optional(),
  }),
  'login.reported': z.strictObject({
    /** In the sensor's words: `USER_LOGIN`, `CRED_ACQ`, `session_opened`. */
    what: ShortText,
    user: ShortText.optional(),
    outcome: z.enum(['ok', 'failed', 'unknown']),
    address: z.string().max(64).optional(),
    process: ReportedProcess.optional(),
    message: LongText.optional(),
  }),
  // ---- GPU ---------------------------------------------------------------------------------------------------------
  /** XID and other errors that the driver reported. `gpu` is the device's uuid, or `index-N` where the source masks it. */
  'gpu.fault': z.strictObject({
    gpu: ShortText,
    index: Count.optional(),
    /** NVIDIA XID number. */
    xid: Count.optional(),
    message: ShortText.optional(),
  }),
  'gpu.process.reported': z.strictObject({
    gpu: ShortText,
    index: Count.optional(),
    pid: Pid,
    name: LongText.optional(),
    /** `C` compute, `G` graphics, `M` MPS, as nvidia-smi says. */
    type: ShortText.optional(),
    memoryUsedBytes: Count.optional(),
    smPercent: Percent.optional(),
    memoryBandwidthPercent: Percent.optional(),
  }),
  /** Who should use a GPU: from the scheduler, the trainer or an imported map. The newest for a GPU and time counts. */
  'placement.recorded': z.strictObject({
    gpu: ShortText.optional(),
    index: Count.optional(),
    /** The training worker, as its scheduler names it. */
    worker: ShortText,
    expectedSession: SessionId.optional(),
    /** Sessions that carry all of these labels are expected there. */
    labels: z.record(z.string().max(128), ShortText).optional(),
    fromMs: AtMs.optional(),
    toMs: AtMs.optional(),
  }),
  // ---- trainers, metrics -------------------------------------------------------------------------------------------
  /** What the training framework says of its own progress. */
  'trainer.reported': z.strictObject({
    /** `rollout`, `reset`, `reward`, `step`, `train`, `log`: in the framework's words where it has some. */
    phase: ShortText,
    worker: ShortText.optional(),
    step: z.int().optional(),
    level: z.enum(['error', 'warning', 'info', 'debug']).optional(),
    message: LongText.optional(),
    durationMs: z.number().min(0).optional(),
    numbers: z.record(z.string().max(128), z.number()).optional(),
  }),
  'metric.reported': z.strictObject({
    name: ShortText,
    value: z.number(),
    unit: ShortText.optional(),
    attributes: z.record(z.string().max(128), ShortText).optional(),
  }),
  // ---- what Vigil concludes ----------------------------------------------------------------------------------------
  /**
   * Which session, and which of its actions, caused these facts. All `subjects` share the result. Without `level` and session it says
   * that an earlier tie no longer holds: better nothing than a guess.
   */
  'attribution.made': z.strictObject({
    subjects: z
      .array(z.strictObject({ event: EventId, kind: ShortText, atMs: AtMs }))
      .min(1)
      .max(200),
    /** What a person reads first of the first subject: the alert's title, the destination. */
    about: ShortText,
    /** Of the first subject: through which door it came, who vouches for it, and how bad it says it is. */
    source: ShortText.optional(),
    vouchedBy: Trust.optional(),
    severity: Severity.optional(),
    /** When the fact began, by its own clock: a flow's first packet, however late the alert. */
    startedAtMs: AtMs.optional(),
    level: TieLevel.optional(),
    /** The action, where one is found; the session may be certain while the action is not. */
    call: CallId.optional(),
    tool: ShortText.optional(),
    /** First words of the action, as the agent wrote them. */
    actionText: ShortText.optional(),
    actionAtMs: AtMs.optional(),
    /** Probability as the evidence weighs it, 0 to 1. */
    score: z.number().min(0).max(1).optional(),
    features: z.array(TieFeature).max(16),
    /** The next best; absent where nothing else came into question. */
    runnerUp: z
      .strictObject({
        session: SessionId,
        call: CallId.optional(),
        actionText: ShortText.optional(),
        score: z.number().min(0).max(1),
      })
      .optional(),
    /** What was added to the subjects' raw times to compare them with the action's. */
    clock: z.strictObject({ offsetMs: z.number(), spreadMs: z.number(), pairs: Count }).optional(),
    /** The earlier `attribution.made` that this one takes the place of. */
    corrects: EventId.optional(),
  }),
  /** One source's clock against another's, from pairs of facts that both saw. */
  'clock.estimated': z.strictObject({
    clock: ShortText,
    against: ShortText,
    /** `against` minus `clock`: add it to a time of `clock`. */
    offsetMs: z.number(),
    spreadMs: z.number().min(0),
    pairs: Count,
  }),
} as const

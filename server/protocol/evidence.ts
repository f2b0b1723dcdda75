// What is found when evidence is taken: read by the host, except the agent's own last actions, which are its own words.
import { z } from 'zod'
import { HostId } from './ids.ts'
import { LongText, ShortText } from './text.ts'

const Pid = z.int().min(1).max(4_194_304)
const Count = z.int().min(0)
const Place = z.strictObject({ address: z.string().max(64), port: z.int().min(0).max(65_535) })

export const EvidenceProcess = z.strictObject({
  pid: Pid,
  ppid: Count,
  startTicks: Count,
  /** Kernel's letter: R, S, D, T, Z. */
  state: z.string().max(2),
  comm: ShortText,
  argv: z.array(ShortText).max(64),
  exe: LongText.optional(),
  /** Of the file that runs, read through `/proc/PID/exe`: also when its path was deleted or replaced. */
  exeSha256: z.string().max(64).optional(),
  exeDeleted: z.boolean().optional(),
  cwd: LongText.optional(),
  uid: Count.optional(),
  /** Outside the session's cgroup. */
  escaped: z.boolean().optional(),
})
export type EvidenceProcess = z.infer<typeof EvidenceProcess>

export const EvidenceSocket = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  local: Place,
  remote: Place,
  state: ShortText,
  pid: Pid.optional(),
  comm: ShortText.optional(),
  bytesOut: Count.optional(),
  bytesIn: Count.optional(),
})
export type EvidenceSocket = z.infer<typeof EvidenceSocket>

export const EvidenceFile = z.strictObject({ pid: Pid, fd: Count, target: LongText })
export type EvidenceFile = z.infer<typeof EvidenceFile>

export const EvidenceGpuProcess = z.strictObject({
  gpu: ShortText,
  pid: Pid,
  comm: ShortText,
  memoryUsedBytes: Count.optional(),
})
export type EvidenceGpuProcess = z.infer<typeof EvidenceGpuProcess>

export const EvidenceAction = z.strictObject({
  call: z.string().max(256),
  tool: ShortText,
  text: ShortText,
  running: z.boolean(),
  startedAtMs: z.number(),
})

const itemsMax = 1_000
export const EvidenceItems = z.discriminatedUnion('part', [
  z.strictObject({ part: z.literal('processes'), items: z.array(EvidenceProcess).max(itemsMax) }),
  z.strictObject({ part: z.literal('sockets'), items: z.array(EvidenceSocket).max(itemsMax) }),
  z.strictObject({ part: z.literal('files'), items: z.array(EvidenceFile).max(itemsMax) }),
  z.strictObject({ part: z.literal('gpu'), items: z.array(EvidenceGpuProcess).max(itemsMax) }),
  z.strictObject({ part: z.literal('actions'), host: HostId.optional(), items: z.array(EvidenceAction).max(itemsMax) }),
])
export type EvidenceItems = z.infer<typeof EvidenceItems>

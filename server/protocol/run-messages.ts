// What `vigil run` and the local probe say to each other over the probe's Unix socket: one JSON object a line.
// The command must not run before `opened`; a `refused` names its reason for the person at the terminal.
import { z } from 'zod'
import { SessionId } from './ids.ts'
import { LongText, ShortText } from './text.ts'

/** One line is at most this many bytes; a longer one ends the conversation. */
export const runLineMaxBytes = 4 * 1024 * 1024

const StartTicks = z.int().min(0)

export const RunRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('open'),
    session: SessionId.optional(),
    agent: ShortText.optional(),
    task: ShortText.optional(),
    name: ShortText.optional(),
    labels: z.record(z.string().max(128), ShortText).optional(),
    argv: z.array(LongText).min(1).max(1_024),
    cwd: LongText,
  }),
  /** The probe was restarted while the command ran: what follows is about this session. */
  z.object({ type: z.literal('attach'), session: SessionId }),
  z.object({ type: z.literal('started'), pid: z.int().min(1), startTicks: StartTicks }),
  z.object({ type: z.literal('exited'), code: z.int().min(0).max(255).optional(), signal: ShortText.optional() }),
])
export type RunRequest = z.infer<typeof RunRequest>
export type RunOpen = Extract<RunRequest, { type: 'open' }>

export const RunReply = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('opened'),
    session: SessionId,
    held: z.enum(['cgroup', 'process-group']),
    /** Folder of the session's cgroup; null when a process group holds it. */
    cgroup: z.string().nullable(),
    /** Variables to set for the command. */
    env: z.record(z.string(), z.string()),
    /** One line for stderr: what this host cannot do. */
    notice: z.string().optional(),
  }),
  z.object({ type: z.literal('refused'), reason: z.string() }),
  /** Answer to `exited`: the probe has it. */
  z.object({ type: z.literal('noted') }),
])
export type RunReply = z.infer<typeof RunReply>

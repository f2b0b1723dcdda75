// What a wallboard may know: figures and nothing that anybody wrote, because it hangs where anyone walks past and its link is no sign-in.
import { z } from 'zod'
import { AtMs } from './ids.ts'

/** Of wallboards alone. It takes no message. */
export const wallNamespace = '/wall'

const Count = z.int().min(0)

export const WallFigures = z.strictObject({
  serverNowMs: AtMs,
  /** Moves with every beat of the server. */
  beat: Count,
  newestFactAtMs: AtMs.optional(),
  sessions: z.strictObject({
    running: Count,
    paused: Count,
    /** Asked and not confirmed: pausing, resuming. */
    asked: Count,
    silent: Count,
    ended: Count,
  }),
  hosts: z.strictObject({ connected: Count, known: Count }),
  /** Sessions that still run and were flagged so that a person is called. */
  paged: Count,
  approvals: z.strictObject({ waiting: Count, soonestExpiresAtMs: AtMs.optional() }),
  /** Containments that stand, and those of them that are not whole. */
  containments: z.strictObject({ standing: Count, troubled: Count }),
  /** Over the GPUs that were read: absent where none was. */
  gpus: z.strictObject({ known: Count, read: Count, busyPercent: z.number().min(0).max(100).optional() }),
})
export type WallFigures = z.infer<typeof WallFigures>

/** A link as Settings shows it: its secret was told once and is not kept. */
export const WallLinkView = z.object({
  id: z.string(),
  name: z.string(),
  /** Its last four characters. */
  hint: z.string(),
  createdAtMs: AtMs,
  createdBy: z.string(),
  lastUsedAtMs: AtMs.optional(),
  revokedAtMs: AtMs.optional(),
  /** Wallboards that show it now. */
  open: Count,
})
export type WallLinkView = z.infer<typeof WallLinkView>

// What is masked, shown to somebody who may see it: asked for one event or one approval at a time, and on record before it is answered.
import { z } from 'zod'
import { ApprovalView } from './approval.ts'
import { ApprovalId } from './ids.ts'

/** `POST /api/sessions/{id}/reveal` */
export const RevealRequest = z.union([
  /** One event of the session. */
  z.strictObject({ seq: z.int().min(1) }),
  /** One approval of the session. */
  z.strictObject({ approval: ApprovalId }),
])
export type RevealRequest = z.infer<typeof RevealRequest>

export const Revealed = z.object({
  seq: z.number().optional(),
  /** Data of the event as it is in the log. Hostile text. */
  data: z.record(z.string(), z.unknown()).optional(),
  approval: ApprovalView.optional(),
})
export type Revealed = z.infer<typeof Revealed>

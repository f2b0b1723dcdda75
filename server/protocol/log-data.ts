// Facts of the log about itself: what is missing from it, who changed what, and Vigil's own test of its pipe.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { AtMs } from './ids.ts'
import { LongText, ShortText } from './text.ts'

export const logData = {
  'gap.recorded': z.strictObject({
    stream: z.enum(['events', 'samples']),
    count: z.int().min(0),
    reason: ShortText,
    fromMs: AtMs.optional(),
    toMs: AtMs.optional(),
  }),
  'audit.recorded': z.strictObject({ by: Actor, change: ShortText, subject: ShortText, detail: LongText.optional() }),
  /** Posted by the server at its own door for facts; it means nothing but that it came through. See `canary-view.ts`. */
  'canary.recorded': z.strictObject({ mark: ShortText }),
} as const

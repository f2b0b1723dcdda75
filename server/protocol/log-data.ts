// Facts of the log about itself: what is missing from it, and who changed what.
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
} as const

// That a console shows an evidence bundle and not a running server: told with "who am I", so that every page can say it.
import { z } from 'zod'
import { AtMs } from './ids.ts'

export const ShownBundle = z.object({
  /** Name of the file. */
  name: z.string(),
  title: z.string().optional(),
  madeAtMs: AtMs,
  madeBy: z.string(),
  sessions: z.array(z.string()),
  /** Every byte is as it was signed. */
  whole: z.boolean(),
  /** Where the first change is, when it is not. */
  firstDamageAt: z.int().optional(),
  /** The signer's public key, and whether somebody said that it is the right one. */
  key: z.string(),
  pin: z.enum(['not asked', 'matches', 'differs']),
  /** Lines that could not be read, and are therefore not shown. */
  unreadable: z.int().min(0),
})
export type ShownBundle = z.infer<typeof ShownBundle>

// What a channel needs, and what it answers: an error is a value, in words that may be shown, without any secret.
import { z } from 'zod'
import type { Message } from './message.ts'

export type Outcome =
  | { ok: true; status?: number | undefined; detail: string }
  | { ok: false; status?: number | undefined; detail: string; retryAfterMs?: number | undefined }

export type Envelope = {
  /** Of the delivery: the same at every attempt. */
  id: string
  /** Of the occasion's round: the same for its beginning, its acknowledgement and its end. */
  dedupKey: string
  message: Message
  consoleUrl: string | undefined
  nowMs: number
}

export type Channel = (envelope: Envelope) => Promise<Outcome>

/** Where to, as it is kept; `secret` beside it is never shown again. */
export const Target = z.discriminatedUnion('kind', [
  /** The secret is the whole address: `origin` is what may be shown of it. */
  z.object({ kind: z.literal('slack'), origin: z.string() }),
  /** The secret is the routing key. */
  z.object({ kind: z.literal('pagerduty'), url: z.string() }),
  /** The secret is the password, or empty. */
  z.object({
    kind: z.literal('email'),
    host: z.string(),
    port: z.int(),
    security: z.enum(['tls', 'starttls', 'none']),
    user: z.string().optional(),
    from: z.string(),
    to: z.array(z.string()),
  }),
  /** The secret signs. */
  z.object({ kind: z.literal('webhook'), url: z.string() }),
])
export type Target = z.infer<typeof Target>

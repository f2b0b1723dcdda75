// A webhook as the API tells it: never with its secret, except in the one answer to its making.
import { z } from 'zod'
import { AbilityName } from '../../server/protocol/ability.ts'

export const Webhook = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  verifyUrl: z.string().optional(),
  capabilities: z.array(AbilityName),
})
export type Webhook = z.infer<typeof Webhook>

export const WebhookAdded = z.object({ webhook: Webhook, secret: z.string() })
export type WebhookAdded = z.infer<typeof WebhookAdded>

// Standard Webhooks (https://www.standardwebhooks.com): who receives a message can tell that it is ours and unchanged.
import { createHmac } from 'node:crypto'

/** `secret`: `whsec_` and base64. `id`, time in seconds and body stand under the signature. */
export function signedHeaders(secret: string, id: string, atSeconds: number, body: string): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(atSeconds), 'webhook-signature': `v1,${signature}` }
}

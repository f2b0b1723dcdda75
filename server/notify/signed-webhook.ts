// Any other receiver: a POST signed as Standard Webhooks say. `webhook-id` is the delivery's, the same at every attempt.
import { callWebhook } from '../enforce/call-webhook.ts'
import type { Reach } from '../enforce/reach.ts'
import type { Channel, Envelope } from './channel.ts'
import { linkOf } from './message.ts'
import { postedOutcome } from './posted-outcome.ts'

export function signedWebhookChannel(url: string, secret: string, reach: Reach): Channel {
  return async (envelope) => {
    const { id, nowMs } = envelope
    const body = JSON.stringify(webhookBody(envelope))
    return await postedOutcome(() => callWebhook({ method: 'POST', url, secret, id, nowMs, body, reach }))
  }
}

export function webhookBody({ dedupKey, message, consoleUrl, nowMs }: Envelope) {
  const { step, title, severity, session, sinceMs, said, because, path } = message
  return {
    type: `vigil.notification.${step}`,
    timestamp: new Date(nowMs).toISOString(),
    data: {
      dedupKey,
      title,
      severity,
      ...(session !== undefined && { session }),
      since: new Date(sinceMs || nowMs).toISOString(),
      ...(because !== undefined && { because }),
      /** Hostile text, inert and cut. */
      agentText: said,
      path,
      url: linkOf(message, consoleUrl) ?? null,
    },
  }
}

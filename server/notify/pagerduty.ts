// PagerDuty, Events API v2: one incident an occasion, by its dedup key, however often it is sent.
import { createHash } from 'node:crypto'
import { boundedCall } from '../enforce/bounded-call.ts'
import type { Reach } from '../enforce/reach.ts'
import type { FlagSeverity } from '../protocol/flag.ts'
import { cutText } from '../protocol/text.ts'
import type { Channel, Envelope } from './channel.ts'
import { linkOf, notOurs, whereLine } from './message.ts'
import { postedOutcome } from './posted-outcome.ts'

/** The service region of most accounts; the EU has its own. */
export const pagerdutyUrl = 'https://events.pagerduty.com/v2/enqueue'
const dedupKeyMax = 255
const summaryMax = 1_024

const severityOf: Readonly<Record<FlagSeverity, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  informational: 'info',
}

export function pagerdutyChannel(url: string, routingKey: string, reach: Reach): Channel {
  return async (envelope) => {
    const body = JSON.stringify(pagerdutyBody(envelope, routingKey))
    const outcome = await postedOutcome(() => boundedCall({ method: 'POST', url, headers: {}, body, reach }))
    // A test must not stay open.
    if (!outcome.ok || envelope.message.step !== 'test') return outcome
    const end = JSON.stringify({ ...pagerdutyBody(envelope, routingKey), event_action: 'resolve' })
    return await postedOutcome(() => boundedCall({ method: 'POST', url, headers: {}, body: end, reach }))
  }
}

export function pagerdutyBody({ message, dedupKey, consoleUrl, nowMs }: Envelope, routingKey: string) {
  const { step, title, severity, session, said, sinceMs } = message
  const link = linkOf(message, consoleUrl)
  return {
    routing_key: routingKey,
    event_action: step === 'test' ? 'trigger' : step,
    dedup_key: boundedKey(dedupKey),
    client: 'Vigil',
    ...(link !== undefined && { client_url: link, links: [{ href: link, text: 'Open it in Vigil' }] }),
    payload: {
      summary: cutText(`Vigil: ${title}`, summaryMax),
      source: session ?? 'vigil',
      severity: severityOf[severity],
      timestamp: new Date(sinceMs || nowMs).toISOString(),
      custom_details: {
        where: whereLine(message, consoleUrl),
        ...(message.because !== undefined && { because: message.because }),
        ...(said.length > 0 && { [notOurs]: said }),
      },
    },
  }
}

function boundedKey(key: string): string {
  const whole = `vigil:${key}`
  return whole.length <= dedupKeyMax ? whole : `vigil:${createHash('sha256').update(key).digest('hex')}`
}

// A route as it is kept, and the channel that it leads through.
import { z } from 'zod'
import type { Reach } from '../enforce/reach.ts'
import { FlagSeverity } from '../protocol/flag.ts'
import { OccasionAbout } from '../protocol/notification-view.ts'
import { type Channel, Target } from './channel.ts'
import { emailChannel } from './email.ts'
import { pagerdutyChannel } from './pagerduty.ts'
import type { PlannedRoute } from './plan.ts'
import { signedWebhookChannel } from './signed-webhook.ts'
import { slackChannel } from './slack.ts'

export type Route = PlannedRoute & { name: string; target: Target; secret: string; createdAtMs: number }

const Kept = z.object({ target: Target, minSeverity: FlagSeverity, abouts: z.array(OccasionAbout) })

/** Throws for what no version of ours wrote: a route must not fall silent unnoticed. */
export function routeOf(row: {
  id: string
  name: string
  target: unknown
  secret: string
  isEnabled: boolean
  minSeverity: string
  abouts: string[]
  afterMinutes: number
  known: string[]
  createdAtMs: number
}): Route {
  const kept = Kept.parse(row)
  const { id, name, secret, isEnabled, afterMinutes, createdAtMs } = row
  return {
    id,
    name,
    secret,
    isEnabled,
    afterMinutes,
    createdAtMs,
    ...kept,
    kind: kept.target.kind,
    known: new Set(row.known),
  }
}

export function channelOf({ target, secret }: Pick<Route, 'target' | 'secret'>, reach: Reach): Channel {
  switch (target.kind) {
    case 'slack':
      return slackChannel(secret, reach)
    case 'pagerduty':
      return pagerdutyChannel(target.url, secret, reach)
    case 'email':
      return emailChannel(target, secret, reach)
    case 'webhook':
      return signedWebhookChannel(target.url, secret, reach)
  }
}

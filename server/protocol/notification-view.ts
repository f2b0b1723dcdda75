// How people are reached who do not look at the console: routes as they may be shown, what was said to them, and what is worth saying now.
import { z } from 'zod'
import { FlagSeverity } from './flag.ts'
import { AtMs, SessionId } from './ids.ts'

export const OccasionAbout = z.enum(['approval', 'session', 'control', 'host'])
export type OccasionAbout = z.infer<typeof OccasionAbout>

/** What waits for somebody now. `title` is ours, `said` may be the agent's. */
export const OccasionView = z.object({
  key: z.string(),
  about: OccasionAbout,
  severity: FlagSeverity,
  sinceMs: z.number(),
  title: z.string(),
  said: z.array(z.string()),
  session: SessionId.optional(),
  path: z.string(),
})
export type OccasionView = z.infer<typeof OccasionView>

/** `GET /api/occasions`: `open` counts all, `occasions` are the worst and newest of them. */
export const OccasionsView = z.object({ open: z.number(), occasions: z.array(OccasionView) })

export const NotificationKind = z.enum(['slack', 'pagerduty', 'email', 'webhook'])
export type NotificationKind = z.infer<typeof NotificationKind>

const Name = z.string().trim().min(1).max(100)
const AfterMinutes = z.int().min(0).max(1_440)
const Abouts = z
  .array(OccasionAbout)
  .min(1)
  .max(8)
  .transform((all) => [...new Set(all)])
const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(2_048)
  .refine((text) => URL.canParse(text) && new URL(text).username === '' && new URL(text).password === '', {
    error: 'must carry no user or password',
  })
const Email = z.email().max(320)

/** Where a new route leads, with what is secret of it. */
export const NotificationTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('slack'), url: HttpUrl.describe('of the incoming webhook') }),
  z.object({
    kind: z.literal('pagerduty'),
    routingKey: z
      .string()
      .trim()
      .regex(/^\S{8,64}$/, 'must be the integration key of a service'),
    url: HttpUrl.optional().describe("the Events API; without it, PagerDuty's own for accounts outside the EU"),
  }),
  z
    .object({
      kind: z.literal('email'),
      host: z
        .string()
        .trim()
        .regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be the name or address of a mail server'),
      port: z.int().min(1).max(65_535),
      security: z.enum(['tls', 'starttls', 'none']),
      user: z.string().max(320).optional(),
      password: z.string().max(1_024).optional(),
      from: Email,
      to: z.array(Email).min(1).max(20),
    })
    .refine(({ security, user }) => security !== 'none' || user === undefined, {
      path: ['security'],
      error: 'a password is not sent over a connection that is not encrypted',
    }),
  z.object({ kind: z.literal('webhook'), url: HttpUrl }),
])
export type NotificationTarget = z.infer<typeof NotificationTarget>

export const NotificationRouteRequest = z.strictObject({
  name: Name,
  target: NotificationTarget,
  minSeverity: FlagSeverity.default('high'),
  abouts: Abouts.default(OccasionAbout.options),
  afterMinutes: AfterMinutes.default(0),
})
export type NotificationRouteRequest = z.infer<typeof NotificationRouteRequest>

/** Where it leads is not changed: that is another route, with its own secret. */
export const NotificationRouteChange = z.strictObject({
  name: Name.optional(),
  isEnabled: z.boolean().optional(),
  minSeverity: FlagSeverity.optional(),
  abouts: Abouts.optional(),
  afterMinutes: AfterMinutes.optional(),
})
export type NotificationRouteChange = z.infer<typeof NotificationRouteChange>

export const NotificationRouteView = z.object({
  id: z.string(),
  name: z.string(),
  kind: NotificationKind,
  /** Where it leads, as far as it is no secret. */
  leadsTo: z.string(),
  isEnabled: z.boolean(),
  minSeverity: FlagSeverity,
  abouts: z.array(OccasionAbout),
  /** 0: at once. Otherwise only what nobody has taken for so long. */
  afterMinutes: z.number(),
  createdAtMs: AtMs,
})
export type NotificationRouteView = z.infer<typeof NotificationRouteView>

export const DeliveryState = z.enum(['waiting', 'delivered', 'failed', 'dropped'])
export type DeliveryState = z.infer<typeof DeliveryState>

export const DeliveryView = z.object({
  id: z.string(),
  key: z.string(),
  route: z.string(),
  routeName: z.string(),
  step: z.enum(['trigger', 'acknowledge', 'resolve', 'test']),
  state: DeliveryState,
  attempts: z.number(),
  createdAtMs: z.number(),
  /** While it waits: of the next attempt. */
  nextAtMs: z.number(),
  endedAtMs: z.number().optional(),
  /** Of the last attempt. */
  status: z.number().optional(),
  detail: z.string().optional(),
  title: z.string(),
  path: z.string(),
  session: z.string().optional(),
})
export type DeliveryView = z.infer<typeof DeliveryView>

export const NotificationTested = z.object({
  ok: z.boolean(),
  status: z.number().optional(),
  detail: z.string(),
  tookMs: z.number(),
})
export type NotificationTested = z.infer<typeof NotificationTested>

/** Under which address people reach the console, for links in messages. */
export const ConsoleAddress = z.object({ consoleUrl: HttpUrl.optional() })
export type ConsoleAddress = z.infer<typeof ConsoleAddress>

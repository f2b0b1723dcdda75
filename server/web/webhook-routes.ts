// Webhooks: where else something is enforced. The secret is shown once, when it is made, and never becomes part of an event.
import { createRoute, z } from '@hono/zod-openapi'
import { policyIsOn } from '../control/second-person.ts'
import { bounds, type ConsoleState } from '../model/state.ts'
import { AbilityName } from '../protocol/ability.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import type { Clock, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

export type WebhookRecord = {
  id: string
  name: string
  url: string
  secret: string
  verifyUrl?: string | undefined
  capabilities: AbilityName[]
  createdAtMs: number
}

export type WebhookDirectory = {
  list(): WebhookRecord[]
  get(id: string): WebhookRecord | undefined
  create(webhook: Pick<WebhookRecord, 'name' | 'url' | 'verifyUrl' | 'capabilities'>): Promise<WebhookRecord>
  remove(id: string): Promise<boolean>
}

/** Sends a signed message that asks for nothing. Throws an Error that says why nothing came back. */
export type SendTest = (webhook: WebhookRecord, nowMs: number) => Promise<{ status: number; body: string }>

const bodyShownMax = 200

const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(2_048)
  .refine((text) => URL.canParse(text) && new URL(text).username === '' && new URL(text).password === '', {
    error: 'must carry no user or password: requests are signed',
  })
const Webhook = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  verifyUrl: z.string().optional(),
  capabilities: z.array(AbilityName),
  createdAtMs: z.number(),
})
const Params = z.object({ id: z.string().min(1).max(64) })
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const listRoute = createRoute({
  method: 'get',
  path: '/api/webhooks',
  summary: 'Webhooks, without their secrets',
  responses: { 200: { description: 'webhooks', content: json(z.object({ webhooks: z.array(Webhook) })) } },
})

const createRoute_ = createRoute({
  method: 'post',
  path: '/api/webhooks',
  summary: 'Add a webhook (Standard Webhooks); its signing secret is in this answer and never again',
  request: {
    body: {
      required: true,
      content: json(
        z.object({
          name: z.string().trim().min(1).max(100),
          url: HttpUrl,
          capabilities: z.array(AbilityName).min(1).max(AbilityName.options.length),
          verifyUrl: HttpUrl.optional().describe('where the effect can be read; without it nothing counts as enforced'),
        }),
      ),
    },
  },
  responses: {
    201: { description: 'added', content: json(z.object({ webhook: Webhook, secret: z.string() })) },
  },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/webhooks/{id}',
  summary: 'Remove a webhook; what it restricts stays as it is there',
  request: { params: Params },
  responses: { 200: { description: 'removed', content: json(z.object({ removed: z.string() })) } },
})

const testRoute = createRoute({
  method: 'post',
  path: '/api/webhooks/{id}/test',
  summary: 'Send a signed vigil.test and say what came back',
  request: { params: Params },
  responses: {
    200: {
      description: 'what came back',
      content: json(
        z.object({
          answered: z.boolean(),
          status: z.number().optional(),
          body: z.string().optional().describe(`its first ${bodyShownMax} characters`),
          detail: z.string(),
          tookMs: z.number(),
        }),
      ),
    },
  },
})

export type WebhookRoutesOptions = {
  webhooks: WebhookDirectory
  pipeline: PipelinePort
  clock: Clock
  recordAudit: RecordAudit
  sendTest: SendTest
}

export function webhookRoutes({ webhooks, pipeline, clock, recordAudit, sendTest }: WebhookRoutesOptions) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ webhooks: webhooks.list().map(shown) }, 200)
    })
    app.openapi(createRoute_, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      requireOnePerson(pipeline.state)
      if (webhooks.list().length >= bounds.webhooks) {
        throw new ProblemError(409, 'Too many webhooks', `${bounds.webhooks} at most: remove one first`)
      }
      const wanted = c.req.valid('json')
      const capabilities = [...new Set(wanted.capabilities)]
      const made = await webhooks.create({ ...wanted, capabilities })
      try {
        await recordChange(made, by, false)
      } catch (error) {
        await webhooks.remove(made.id)
        throw error
      }
      await recordAudit(by, 'webhook.added', `${made.name} (${made.id}): ${capabilities.join(', ')}`)
      return c.json({ webhook: shown(made), secret: made.secret }, 201)
    })
    app.openapi(removeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const webhook = find(c.req.valid('param').id)
      // The event first: what is no longer shown as a means may still be asked for a moment, never the other way round.
      await recordChange(webhook, by, true)
      await webhooks.remove(webhook.id)
      await recordAudit(by, 'webhook.removed', `${webhook.name} (${webhook.id})`)
      return c.json({ removed: webhook.id }, 200)
    })
    app.openapi(testRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const webhook = find(c.req.valid('param').id)
      const startMs = clock.nowMs()
      const answer = await sendTest(webhook, startMs).catch((error: unknown) => messageOf(error))
      const tookMs = clock.nowMs() - startMs
      await recordAudit(by, 'webhook.tested', `${webhook.name} (${webhook.id})`)
      if (typeof answer === 'string') return c.json({ answered: false, detail: `it ${answer}`, tookMs }, 200)
      const { status, body } = answer
      return c.json(
        { answered: true, status, body: body.slice(0, bodyShownMax), detail: wordsFor(status), tookMs },
        200,
      )
    })
  }

  function find(id: string): WebhookRecord {
    const webhook = webhooks.get(id)
    if (!webhook) throw new ProblemError(404, 'No such webhook', 'see GET /api/webhooks')
    return webhook
  }

  /** In the writer, where the policy cannot change in between. */
  async function recordChange(webhook: WebhookRecord, by: Actor, removed: boolean): Promise<void> {
    const recorded = await pipeline.command((state) => {
      const isAllowed = !policyIsOn(state, 'two-person-policy')
      const events = isAllowed ? [webhookChanged(webhook, by, removed, clock.nowMs())] : []
      return { result: isAllowed, events, trust: 'operator' }
    })
    if (!recorded) throw takesTwo()
  }
}

export function webhookChanged(webhook: WebhookRecord, by: Actor, removed: boolean, nowMs: number): EventInput {
  const { id, name, url, verifyUrl, capabilities } = webhook
  const { origin } = new URL(url)
  const verifies = verifyUrl !== undefined
  const data = { webhook: id, name, capabilities, origin: origin.slice(0, 512), verifies, removed, by }
  return { v: 1, kind: 'webhook.changed', atMs: nowMs, data }
}

function requireOnePerson(state: ConsoleState): void {
  if (policyIsOn(state, 'two-person-policy')) throw takesTwo()
}

function takesTwo(): ProblemError {
  return new ProblemError(
    409,
    'Takes two people',
    'while changing settings takes two people, webhooks stay as they are: turn it off with a second person first',
  )
}

function shown({ secret: _secret, ...rest }: WebhookRecord): z.infer<typeof Webhook> {
  return rest
}

function wordsFor(status: number): string {
  return status >= 200 && status < 300 ? 'taken' : `it answered ${status}; only 2xx counts as taken`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

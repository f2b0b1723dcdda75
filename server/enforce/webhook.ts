// Enforces by asking somebody else: a credential vault, a sandbox provider. A 2xx is an acknowledgement and never an effect; only
// what is read at an address that an admin chose, or that lies on the same origin as one, can be called an effect.
import { createHash, randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ConsoleState } from '../model/state.ts'
import { callWebhook } from './call-webhook.ts'
import type { Asked, Enforcer, Order, Reading, Webhook } from './enforcer.ts'
import type { Reach } from './reach.ts'

const Acknowledgement = z.object({ verifyUrl: z.string().max(2_048) })
const VerifyAnswer = z.object({ restricted: z.boolean(), observed: z.string().min(1).max(512) })

export type WebhookEnforcerOptions = {
  webhook: Webhook
  state: ConsoleState
  reach: Reach
  nowMs: () => number
  /** Holds a call back while too many are under way. */
  inTurn: <T>(call: () => Promise<T>) => Promise<T>
}

export function createWebhookEnforcer({ webhook, state, reach, nowMs, inTurn }: WebhookEnforcerOptions): Enforcer {
  const { secret } = webhook

  async function ask(order: Order): Promise<Asked> {
    const type = order.wanted ? 'capability.revoked' : 'capability.restored'
    const body = JSON.stringify({ type, timestamp: new Date(nowMs()).toISOString(), data: dataOf(state, order) })
    const id = messageId(webhook.id, order)
    const { url } = webhook
    const answer = await inTurn(() => callWebhook({ method: 'POST', url, secret, id, nowMs: nowMs(), body, reach }))
    if (answer.status < 200 || answer.status > 299) throw new Error(`answered ${answer.status}`)
    return { detail: `answered ${answer.status}`, ...verifyAddress(webhook, answer.body) }
  }

  return {
    name: `webhook ${webhook.name}`,
    address: originOf(webhook.url),
    immediate: false,
    can: (part) => webhook.capabilities.some((each) => each === part),
    apply: ask,
    revert: ask,
    async observe(order, { verifyUrl }): Promise<Reading | undefined> {
      if (verifyUrl === undefined) return undefined
      const url = new URL(verifyUrl)
      const observedFrom = `${url.origin}${url.pathname}`
      url.searchParams.set('session', order.session)
      url.searchParams.set('capability', order.part)
      // Each reading is a message of its own: a receiver that remembers ids must answer it afresh.
      const id = `msg_${randomUUID().replaceAll('-', '')}`
      const answer = await inTurn(() =>
        callWebhook({ method: 'GET', url: url.href, secret, id, nowMs: nowMs(), reach }),
      )
      if (answer.status !== 200) throw new Error(`${observedFrom} answered ${answer.status}`)
      const said = VerifyAnswer.safeParse(jsonOf(answer.body))
      if (!said.success) throw new Error(`${observedFrom} did not answer {"restricted": boolean, "observed": string}`)
      return { ...said.data, observedFrom }
    },
  }
}

/** The same for every delivery of the same wish, also after a restart: who receives it can leave repeats out. */
function messageId(webhook: string, { control, session, part, wanted }: Order): string {
  const wish = JSON.stringify([webhook, control, session, part, wanted])
  return `msg_${createHash('sha256').update(wish).digest('hex').slice(0, 32)}`
}

function dataOf(state: ConsoleState, { session: id, part, control, by, reason }: Order) {
  const session = state.sessions.get(id)
  return {
    session: id,
    host: session?.host ?? null,
    agent: session?.agent ?? null,
    labels: session?.labels ?? {},
    capability: part,
    control,
    by: by.name,
    reason: reason ?? null,
  }
}

/** An answer may name where the effect can be read, but it cannot send our signed requests anywhere else. */
function verifyAddress(webhook: Webhook, body: string): Pick<Asked, 'verifyUrl' | 'trouble'> {
  const said = Acknowledgement.safeParse(jsonOf(body))
  if (!said.success) return { verifyUrl: webhook.verifyUrl }
  if (originOf(said.data.verifyUrl) === originOf(webhook.url)) return { verifyUrl: said.data.verifyUrl }
  return {
    verifyUrl: webhook.verifyUrl,
    trouble: `it named an address on another origin than ${originOf(webhook.url)}, which is refused`,
  }
}

export function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    return ''
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A signed message that asks for nothing, so that an admin sees whether this address answers. Throws like `callWebhook`. */
export function sendTest(webhook: Webhook, nowMs: number, reach: Reach) {
  const body = JSON.stringify({ type: 'vigil.test', timestamp: new Date(nowMs).toISOString(), data: {} })
  const id = `msg_${randomUUID().replaceAll('-', '')}`
  return callWebhook({ method: 'POST', url: webhook.url, secret: webhook.secret, id, nowMs, body, reach })
}

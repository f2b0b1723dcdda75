// The rows of the store are the webhooks; what the log last said of them may be older, if the server died between the two.
import type { EventInput } from '../protocol/event.ts'
import type { EnforcementPipeline, Webhook } from './enforcer.ts'
import { originOf } from './webhook.ts'

/** Appends what makes the log agree with the store. Called once at the start, before anything is enforced. */
export function reconcileWebhooks(
  pipeline: EnforcementPipeline,
  webhooks: readonly Webhook[],
  nowMs: number,
): Promise<void> {
  const by = { type: 'server' as const, id: 'start', name: 'start of the server' }
  return pipeline.command((state) => {
    const rows = new Map(webhooks.map((each) => [each.id, each]))
    const events: EventInput[] = []
    const change = (data: Omit<Extract<EventInput, { kind: 'webhook.changed' }>['data'], 'by'>) =>
      events.push({ v: 1, kind: 'webhook.changed', atMs: nowMs, data: { ...data, by } })
    for (const known of state.webhooks.values()) if (!rows.has(known.webhook)) change({ ...known, removed: true })
    for (const { id, name, url, verifyUrl, capabilities } of webhooks) {
      if (state.webhooks.has(id)) continue
      const verifies = verifyUrl !== undefined
      change({ webhook: id, name, capabilities, origin: originOf(url).slice(0, 512), verifies, removed: false })
    }
    return { result: undefined, events, trust: 'vigil' }
  })
}

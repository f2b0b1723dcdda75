// A vault on loopback, and enforcement on a real pipeline whose log is kept in memory: it can be stopped and started on the same log.

import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pace } from './enforce/bring.ts'
import type { Webhook } from './enforce/enforcer.ts'
import { createReach } from './enforce/reach.ts'
import { reconcileWebhooks } from './enforce/reconcile-webhooks.ts'
import { startEnforcement } from './enforce/run-enforcement.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { emptyState } from './model/state.ts'
import { createPipeline } from './pipeline.ts'
import type { AbilityName } from './protocol/ability.ts'
import { auditGenesis } from './protocol/audit.ts'
import type { EventInput, EventKind, StoredEvent } from './protocol/event.ts'
import { ControlId, type EventId, SessionId } from './protocol/ids.ts'

export type Received = { method: string; url: URL; headers: IncomingHttpHeaders; body: string }
export type VaultAnswer = { status: number; body?: unknown; headers?: Record<string, string>; hang?: true }

export type Vault = Awaited<ReturnType<typeof startVault>>

/** `answers` says what each request gets; everything that arrives is kept. */
export async function startVault(answers: (request: Received, count: number) => VaultAnswer) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', origin)
      const { method = '', headers } = request
      const got: Received = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      received.push(got)
      const answer = answers(got, received.filter((each) => each.method === method).length)
      if (answer.hang) return
      response.writeHead(answer.status, answer.headers)
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    received,
    posts: () => received.filter((each) => each.method === 'POST'),
    reads: () => received.filter((each) => each.method === 'GET'),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As the specification says, and not as our own code does it. */
export function verifies(secret: string, { headers, body }: Received): boolean {
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const text = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.')
  const expected = createHmac('sha256', bytes).update(text, 'utf8').digest('base64')
  return headers['webhook-signature'] === `v1,${expected}`
}

export const rigSecret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
export const rigSession = SessionId.parse('ep-1')
const fast: Pace = { deliveriesMs: [0, 5, 5, 5, 5], readingsMs: [0, 5, 5], quietMs: 600_000 }

export type Rig = Awaited<ReturnType<typeof startRig>>

/** `log`: everything an earlier rig wrote, to go on with. */
export async function startRig(webhooks: Webhook[], options: { log?: StoredEvent[]; pace?: Pace } = {}) {
  const log = [...(options.log ?? [])]
  const state = emptyState()
  for (const event of log) applyEvent(state, event, nothingTouched())
  const faults: string[] = []
  const onError = (context: string, error: unknown) => faults.push(`${context}: ${error}`)
  const nowMs = () => Date.now()
  const pipeline = createPipeline({
    log: {
      partition: 0,
      headSeq: () => log.length,
      isConnected: () => true,
      auditHead: () => ({ n: 0, hash: auditGenesis }),
      append: async () => new Set<number>(),
      close: async () => undefined,
    },
    state,
    streams: [],
    nowMs,
    newEventId: () => randomUUID() as EventId,
    onError,
  })
  pipeline.onCommit(({ events }) => log.push(...events), 'first')
  await reconcileWebhooks(pipeline, webhooks, nowMs())
  const list = () => webhooks
  const enforcement = startEnforcement({
    pipeline,
    webhooks: { list },
    clock: { nowMs },
    reach: createReach({ loopback: true }),
    onError,
    pace: options.pace ?? fast,
  })
  const append = async (...events: Pick<EventInput, 'kind' | 'data' | 'session'>[]) => {
    const whole = events.map((event) => ({ v: 1, atMs: nowMs(), session: rigSession, ...event }) as EventInput)
    const { rejected } = await pipeline.submit({ sender: { type: 'vigil' }, events: whole })
    if (rejected[0]) throw new Error(rejected[0].reason)
  }
  const of = <K extends EventKind>(kind: K) =>
    log.filter((event) => event.kind === kind).map((event) => event.data as Extract<EventInput, { kind: K }>['data'])
  return {
    log,
    state,
    faults,
    of,
    append,
    /** A session that no host holds, as telemetry tells of it. */
    start: () => append({ kind: 'session.started', data: { held: 'none', abilities: [], labels: { team: 'rl' } } }),
    ask: (id: string, action: string, more: object = {}) =>
      append({
        kind: 'control.requested',
        data: {
          control: ControlId.parse(id),
          action,
          by: { type: 'operator', id: 'o', name: 'Ada' },
          ...more,
        } as never,
      }),
    endOf: (id: string) => of('control.ended').find((each) => each.control === id),
    async until(check: () => unknown): Promise<void> {
      for (let tries = 0; tries < 1_000 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5))
      if (!check())
        throw new Error(`not within 5 s: ${check}\n${log.map((each) => JSON.stringify(each.data)).join('\n')}`)
    },
    async stop() {
      enforcement.close()
      await pipeline.close(1_000)
    },
  }
}

export function webhookTo(vault: Vault, more: Partial<Webhook> = {}): Webhook {
  const capabilities: AbilityName[] = ['credentials']
  return { id: 'whk-1', name: 'vault', url: `${vault.origin}/hook`, secret: rigSecret, capabilities, ...more }
}

const open: (() => Promise<unknown>)[] = []

/** After each test: nothing stays open. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close()
}

export async function vaultThat(answers: (request: Received, count: number) => VaultAnswer): Promise<Vault> {
  const vault = await startVault(answers)
  open.push(vault.close)
  return vault
}

/** With a session that no host holds, unless it goes on with an earlier log. */
export async function rigWith(webhooks: Webhook[], options: Parameters<typeof startRig>[1] = {}): Promise<Rig> {
  const rig = await startRig(webhooks, options)
  open.push(rig.stop)
  if (!options.log) await rig.start()
  return rig
}

/** Takes every wish, and reads back what it was told last. */
export function honest() {
  let restricted = false
  return ({ method, url, body }: Received): VaultAnswer => {
    if (method === 'GET') {
      return {
        status: 200,
        body: { restricted, observed: `${url.searchParams.get('capability')} sealed: ${restricted}` },
      }
    }
    restricted = JSON.parse(body).type === 'capability.revoked'
    return { status: 202 }
  }
}

// The HTTP API alone, on a real pipeline and a real PostgreSQL that can be taken away: no sockets, no probe, no console. For tests only.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { parseConfig } from './config.ts'
import type { Pace } from './enforce/bring.ts'
import { createReach } from './enforce/reach.ts'
import { startEnforcement } from './enforce/run-enforcement.ts'
import { sendTest } from './enforce/webhook.ts'
import { openStore } from './open-store.ts'
import { createPipeline } from './pipeline.ts'
import { AbilityName } from './protocol/ability.ts'
import type { Actor } from './protocol/actor.ts'
import type { EventInput } from './protocol/event.ts'
import { ApprovalId, type EventId } from './protocol/ids.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { openWebhooks } from './store/webhooks.ts'
import { accountRoutes } from './web/account-routes.ts'
import { createApiApp } from './web/api-app.ts'
import { approvalRoutes } from './web/approval-routes.ts'
import { createAuth } from './web/auth.ts'
import { createGate } from './web/gate.ts'
import { allowAll, type JudgeAtGate } from './web/gate-judge-port.ts'
import { gateRoutes } from './web/gate-routes.ts'
import { createIdentify, scopes } from './web/identity.ts'
import { keyRoutes } from './web/key-routes.ts'
import { operatorRoutes } from './web/operator-routes.ts'
import { webhookRoutes } from './web/webhook-routes.ts'

export const apiTestKey = 'key-for-tests-0123456789'
/** As fast as a test may be; the quiet tries are far away. */
export const testPace: Pace = { deliveriesMs: [0, 5, 5, 5, 5], readingsMs: [0, 5, 5], quietMs: 600_000 }

export type ApiForTest = Awaited<ReturnType<typeof startApiForTest>>

export async function startApiForTest(pace = testPace, judge: JudgeAtGate = allowAll) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vigil-api-'))
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') })
  const config = parseConfig({ VIGIL_DATA: dataDir, DATABASE_URL: postgres.connectionString, VIGIL_PROBE: 'off' })
  const store = await openStore(config, path.resolve(import.meta.dirname, '..'), () => undefined)
  const faults: string[] = []
  const onError = (context: string, error: unknown) => faults.push(`${context}: ${error}`)
  const clock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs }
  const pipeline = createPipeline({
    log: store.log,
    state: store.state,
    streams: store.streams,
    nowMs: clock.nowMs,
    newEventId: () => randomUUID() as EventId,
    onError,
  })
  const written: EventInput[] = []
  pipeline.onCommit(({ events }) => written.push(...events))

  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = createAuth({
    prisma: store.prisma,
    secret: store.authSecret,
    baseUrl: url,
    origins: [url],
    readSignedIn: store.readSignedIn,
    nowMs: clock.nowMs,
  })
  store.keys.addFixed(apiTestKey, 'all', [...scopes])
  const isCapability = (text: string): text is AbilityName => AbilityName.safeParse(text).success
  const webhooks = await openWebhooks(store.prisma, isCapability)
  const vigil = { type: 'vigil' as const }
  const recordAudit = async (by: Actor, change: string, subject: string) => {
    const event: EventInput = { v: 1, kind: 'audit.recorded', atMs: clock.nowMs(), data: { by, change, subject } }
    await pipeline.submit({ sender: vigil, events: [event], trust: 'operator' })
  }
  const link = { type: 'server' as const, id: 'setup', name: 'set-up link' }
  const noSetup = { token: () => undefined, spend: () => undefined }
  const reach = createReach({ loopback: true })
  const gate = createGate({
    pipeline,
    clock,
    judge,
    newApprovalId: () => ApprovalId.parse(`apr-${randomUUID().slice(0, 13)}`),
  })
  const app = createApiApp({
    identify: createIdentify(store.keys, (headers) => auth.operatorOf(headers)),
    onError,
    routes: [
      accountRoutes(auth, noSetup, pipeline.state, (change, subject) => recordAudit(link, change, subject)),
      keyRoutes(store.keys, recordAudit, () => undefined),
      gateRoutes(gate),
      approvalRoutes({
        pipeline,
        past: store.past,
        clock,
        readAction: () => ({ commands: [], moreCommands: 0, could: [], moreCould: 0 }),
        before: () => undefined,
        gate,
      }),
      webhookRoutes({
        webhooks,
        pipeline,
        clock,
        recordAudit,
        sendTest: (webhook, nowMs) => sendTest(webhook, nowMs, reach),
      }),
      operatorRoutes({ auth, baseUrl: url, state: pipeline.state, clock, recordAudit }),
    ],
  })
  const enforcement = startEnforcement({ pipeline, webhooks, clock, reach, onError, pace })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  server.on('request', (request, response) => void listener(request, response))

  return {
    url,
    pipeline,
    auth,
    webhooks,
    clock,
    /** Every event since the start, in the order of the log. */
    written,
    faults,
    /** As the key with every scope, unless other headers are given. */
    api: (pathname: string, init: RequestInit = {}) =>
      fetch(url + pathname, { ...init, headers: { authorization: `Bearer ${apiTestKey}`, ...init.headers } }),
    post: (pathname: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(url + pathname, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${apiTestKey}`, 'content-type': 'application/json', ...headers },
      }),
    /** Appended as Vigil itself writes it. Throws when it is not admitted. */
    async append(...events: Pick<EventInput, 'kind' | 'data' | 'session'>[]): Promise<void> {
      const whole = events.map((event) => ({ v: 1, atMs: clock.nowMs(), ...event }) as EventInput)
      const { rejected } = await pipeline.submit({ sender: vigil, events: whole })
      if (rejected[0]) throw new Error(rejected[0].reason)
    },
    /** From here on the database does not answer. */
    takeDatabase: () => postgres.stop(),
    async stop() {
      enforcement.close()
      await pipeline.close(1_000)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await store.close().catch(() => undefined)
      await postgres.stop().catch(() => undefined)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

// Wires store, pipeline, API, sockets, console and local probe together, in the order in which they need each other.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Server as SocketServer } from 'socket.io'
import { keepAttribution } from './attribution-keeper.ts'
import { keepAudit } from './audit-keeper.ts'
import { watchBusyness } from './busyness.ts'
import type { Config } from './config.ts'
import type { OpenConsole } from './console-handler.ts'
import { reconcileWebhooks } from './enforce/reconcile-webhooks.ts'
import { startEnforcement } from './enforce/run-enforcement.ts'
import { sendTest } from './enforce/webhook.ts'
import { firstAdministrator } from './first-administrator.ts'
import { keepIncidents } from './incident-keeper.ts'
import type { Listening } from './listen.ts'
import { localProbeKey, startLocalProbe } from './local-probe.ts'
import { createApprovalHistory } from './model/approval-history.ts'
import { projectGpus, projectOffTask } from './model/project-gpu.ts'
import { projectWall } from './model/project-wall.ts'
import { openStore } from './open-store.ts'
import { otlpDecoder } from './otlp-decoder.ts'
import { createPipeline } from './pipeline.ts'
import { AbilityName } from './protocol/ability.ts'
import type { Actor } from './protocol/actor.ts'
import { operatorNamespace } from './protocol/browser-messages.ts'
import type { EventInput } from './protocol/event.ts'
import { assumedGpuPrices } from './protocol/gpu-truth-view.ts'
import { ApprovalId, ControlId, type EventId, hostIdOf, type SessionId } from './protocol/ids.ts'
import { probeNamespace } from './protocol/probe-messages.ts'
import { wallNamespace } from './protocol/wall-messages.ts'
import { createSampleRecorder } from './sample-recorder.ts'
import { createSignalBoard } from './signal-board.ts'
import { snapshotKeeper } from './snapshot-keeper.ts'
import { sourceClockOf } from './source-clock.ts'
import { describeSource, formats } from './source-formats.ts'
import { createSourceRegistry } from './source-registry.ts'
import { keepStandingOrders } from './standing-orders.ts'
import { openWebhooks } from './store/webhooks.ts'
import { accountRoutes } from './web/account-routes.ts'
import { createApiApp, isApiPath } from './web/api-app.ts'
import { approvalRoutes } from './web/approval-routes.ts'
import { auditRoutes } from './web/audit-routes.ts'
import { createAuth } from './web/auth.ts'
import { createBodyBudget } from './web/body-budget.ts'
import { claudeCodeHookRoutes } from './web/claude-code-hook-routes.ts'
import { createControls } from './web/control-request.ts'
import { controlRoutes } from './web/control-routes.ts'
import { egressRoutes } from './web/egress-routes.ts'
import { flagRoutes } from './web/flag-routes.ts'
import { fleetRoutes } from './web/fleet-routes.ts'
import { formatRoutes } from './web/format-routes.ts'
import { createGate } from './web/gate.ts'
import { gateRoutes } from './web/gate-routes.ts'
import { gpuRoutes } from './web/gpu-routes.ts'
import { gpuSeriesRoutes } from './web/gpu-series-routes.ts'
import { healthRoutes } from './web/health-routes.ts'
import { hostRoutes } from './web/host-routes.ts'
import { createIdentify, type Scope, scopes } from './web/identity.ts'
import { incidentRoutes } from './web/incident-routes.ts'
import { incidentTimelineRoutes } from './web/incident-timeline-routes.ts'
import { ingestRoutes } from './web/ingest-routes.ts'
import { keyRoutes } from './web/key-routes.ts'
import { liveRoutes } from './web/live-routes.ts'
import { notificationRoutes } from './web/notification-routes.ts'
import { operatorRoutes } from './web/operator-routes.ts'
import { serveOperators } from './web/operator-socket.ts'
import { otlpRoutes } from './web/otlp-routes.ts'
import { serveProbes } from './web/probe-socket.ts'
import { ruleDocumentRoutes } from './web/rule-document-routes.ts'
import { ruleRoutes } from './web/rule-routes.ts'
import { sessionRoutes } from './web/session-routes.ts'
import { signalRoutes } from './web/signal-routes.ts'
import { sourceRoutes } from './web/source-routes.ts'
import { wallRoutes } from './web/wall-routes.ts'
import { serveWall } from './web/wall-socket.ts'
import { webhookRoutes } from './web/webhook-routes.ts'
import { wireDetection } from './wire-detection.ts'
import { wireEgress } from './wire-egress.ts'
import { wireNotify } from './wire-notify.ts'

/** Of request bodies, over all connections. */
const bodyBytesInMemoryMax = 256 * 1024 * 1024

export type Running = { stop(): Promise<void> }

/** `openConsole` is handed in, so that the API can be run and tested without a built console. */
export async function runServer(
  config: Config,
  listening: Listening,
  root: string,
  openConsole: OpenConsole,
): Promise<Running> {
  const say = (line: string) => console.log(line)
  const onError = (context: string, error: unknown) => console.error(`vigil: ${context}:`, error)
  const clock = { nowMs: () => Date.now() }
  const dev = process.env.NODE_ENV === 'development'

  const store = await openStore(config, root, say)
  try {
    return await wire()
  } catch (error) {
    await store.close().catch((closing: unknown) => onError('close the store after a failed start', closing))
    throw error
  }

  async function wire(): Promise<Running> {
    const pipeline = createPipeline({
      log: store.log,
      state: store.state,
      streams: store.streams,
      nowMs: clock.nowMs,
      newEventId: () => randomUUID() as EventId,
      onError,
    })
    const vigil = { type: 'vigil' as const }
    const samples = createSampleRecorder({
      gpusOf(id) {
        const session = pipeline.state.sessions.get(id)
        return session ? [...new Set(session.gpuProcesses.values())].map((uuid) => `${session.host}/${uuid}`) : []
      },
      write: store.writeSamples,
      sawGpu: (sample) => detection.takeGpuSample(sample),
      onError,
      async recordGap(count, reason) {
        const event: EventInput = {
          v: 1,
          kind: 'gap.recorded',
          atMs: clock.nowMs(),
          data: { stream: 'samples', count, reason },
        }
        await pipeline.submit({ sender: vigil, events: [event] })
      },
    })
    pipeline.onCommit(({ events, touched }) => {
      samples.forget(touched.removed)
      for (const event of events) if (event.kind === 'session.ended' && event.session) samples.trim(event.session)
    })
    const signals = createSignalBoard((id) => attribution.tieOf(id))
    const { dataDir } = config
    const detection = await wireDetection({ pipeline, store, root, dataDir, nowMs: clock.nowMs, say, onError })
    const attribution = keepAttribution({
      pipeline,
      headSeq: store.log.headSeq(),
      readLog: store.readLog,
      nowMs: clock.nowMs,
      newEventId: () => randomUUID() as EventId,
      alsoTake(event) {
        signals.take(event)
        if (event.kind === 'finding.made') detection.takeAgain(event)
      },
      onError,
    })
    const incidents = keepIncidents({
      pipeline,
      headSeq: store.log.headSeq(),
      readLog: store.readLog,
      // No drill is started from here yet, and a label alone makes none: it would be what an attacker writes on itself.
      isDrill: () => false,
      nowMs: clock.nowMs,
      onError,
    })
    const egress = wireEgress({ pipeline, store, book: detection.book, nowMs: clock.nowMs, onError })
    const sources = createSourceRegistry({
      ...store.sources,
      describe: describeSource,
      clockOf: (id) => sourceClockOf(id, attribution.clocks()),
      nowMs: clock.nowMs,
      onError,
    })
    const snapshots = snapshotKeeper(pipeline, store.writeSnapshot, clock.nowMs, onError)
    await markHostsUnheard()
    const isAbility = (text: string): text is AbilityName => AbilityName.safeParse(text).success
    const webhooks = await openWebhooks(store.prisma, isAbility)
    await reconcileWebhooks(pipeline, webhooks.list(), clock.nowMs())
    const enforcement = startEnforcement({ pipeline, webhooks, clock, onError })

    const recordAudit = async (by: Actor, change: string, subject: string) => {
      const event: EventInput = { v: 1, kind: 'audit.recorded', atMs: clock.nowMs(), data: { by, change, subject } }
      await pipeline.submit({ sender: vigil, events: [event], trust: 'operator' })
    }
    const origins = [listening.url, `http://127.0.0.1:${listening.port}`, ...config.origins]
    const auth = createAuth({
      prisma: store.prisma,
      secret: store.authSecret,
      baseUrl: listening.url,
      origins,
      readSignedIn: store.readSignedIn,
      nowMs: clock.nowMs,
      onSignedIn({ id, name, email }) {
        recordAudit({ type: 'operator', id, name }, 'operator.signed-in', email).catch((error) =>
          onError('record a sign-in', error),
        )
      },
    })
    const setup = await firstAdministrator(auth, config, listening.url, say)
    const { keys } = store
    if (config.key !== undefined) keys.addFixed(config.key, 'VIGIL_KEY', [...scopes])
    const probeKey = config.localProbe ? await localProbeKey(config.dataDir) : undefined
    const localHost = hostIdOf(process.env.VIGIL_HOST ?? hostname())
    if (probeKey) keys.addFixed(probeKey.key, 'local-probe', ['probe'] satisfies Scope[], localHost)
    const identify = createIdentify(keys, (headers) => auth.operatorOf(headers))
    const newId = () => randomUUID().slice(0, 13)
    const controls = createControls({ pipeline, clock, newId, countDeciders: (role) => auth.countDeciders(role) })
    const standing = keepStandingOrders({
      pipeline,
      nowMs: clock.nowMs,
      newControlId: () => ControlId.parse(`ctl-${newId()}`),
      onError,
    })

    const approvalHistory = createApprovalHistory()
    pipeline.onCommit(({ events }) => {
      for (const event of events) approvalHistory.take(event)
    })
    for (const event of await store.readApprovalEvents(clock.nowMs())) approvalHistory.take(event)

    const socketOptions = {
      serveClient: false,
      // A host that vanished without a word must not look connected for long: its rows would go on saying what was true before.
      pingInterval: 3_000,
      pingTimeout: 5_000,
      maxHttpBufferSize: 8 * 1024 * 1024,
      destroyUpgrade: false, // Next's own development socket shares the port
      perMessageDeflate: false, // costs more latency than it saves bytes on a console's frames
    }
    const io = new SocketServer(socketOptions)
    const busyness = watchBusyness(() => pipeline.queuedRows())
    const probes = serveProbes({ namespace: io.of(probeNamespace), keys, pipeline, samples, clock, onError })
    const operators = serveOperators({
      namespace: io.of(operatorNamespace),
      pipeline,
      samples,
      reader: store.reader,
      identify,
      controls,
      clock,
      gapMs: busyness.gapMs,
      onError,
    })

    const wall = serveWall({
      namespace: io.of(wallNamespace),
      links: store.wallLinks,
      identify,
      figures(beat) {
        const nowMs = clock.nowMs()
        const gpus = projectGpus(pipeline.state, samples.history, store.gpuPrices.read() ?? assumedGpuPrices, nowMs)
        return projectWall(pipeline.state, gpus, nowMs, beat)
      },
      clock,
      onError,
    })

    const notify = await wireNotify({
      pipeline,
      store: store.notifications,
      consoleAddress: store.consoleAddress,
      nowMs: clock.nowMs,
      onError,
    })

    const audit = await keepAudit({ dataDir, ...store.audit, nowMs: clock.nowMs, onError })
    pipeline.onCommit(() => audit.noteHead())
    const budget = createBodyBudget(bodyBytesInMemoryMax)
    const gate = createGate({
      pipeline,
      clock,
      judge: detection.judgeAtGate,
      newApprovalId: () => ApprovalId.parse(`apr-${newId()}`),
    })
    const offTaskOf = (sessions: readonly SessionId[]) =>
      projectOffTask(pipeline.state, sessions, {
        samples: samples.history,
        prices: store.gpuPrices.read() ?? assumedGpuPrices,
        nowMs: clock.nowMs(),
      })
    const api = createApiApp({
      identify,
      onError,
      routes: [
        accountRoutes(auth, setup, pipeline.state, (change, subject) =>
          recordAudit({ type: 'server', id: 'setup', name: 'set-up link' }, change, subject),
        ),
        keyRoutes(keys, recordAudit, (id) => probes.dropKey(id)),
        wallRoutes(store.wallLinks, wall, recordAudit),
        hostRoutes(pipeline, samples),
        sessionRoutes(pipeline, samples, store.reader, clock),
        controlRoutes(pipeline, controls),
        fleetRoutes(pipeline, controls),
        gateRoutes(gate),
        claudeCodeHookRoutes({ gate, formats, ports: { pipeline, samples, sources, clock }, budget }),
        approvalRoutes({ pipeline, clock, readAction: detection.readAction, before: approvalHistory.before }),
        webhookRoutes({ webhooks, pipeline, clock, recordAudit, sendTest }),
        notificationRoutes({ notifications: notify.port, state: pipeline.state, recordAudit }),
        operatorRoutes({ auth, baseUrl: listening.url, state: pipeline.state, clock, recordAudit }),
        ingestRoutes(pipeline, budget, sources),
        formatRoutes(formats, { pipeline, samples, sources, clock }, budget),
        gpuRoutes(pipeline, samples, store.gpuPrices, clock, recordAudit),
        gpuSeriesRoutes({ state: pipeline.state, samples, clock, readSeries: store.readGpuSeries }),
        sourceRoutes(sources),
        liveRoutes({ pipeline, samples, prices: store.gpuPrices, lanes: store.readLanes, destinations: egress, clock }),
        signalRoutes({ ...signals, tieOf: attribution.tieOf }),
        egressRoutes(egress.port, recordAudit),
        incidentRoutes({ pipeline, clock, offTaskOf }),
        incidentTimelineRoutes({
          pipeline,
          clock,
          reader: store.reader,
          firstSeqSince: store.firstSeqSince,
          tieOf: attribution.tieOf,
        }),
        flagRoutes({ flags: detection.flags, reader: store.reader, pipeline, clock }),
        ruleRoutes(detection.book, recordAudit),
        ruleDocumentRoutes(detection.book, detection.backtests, recordAudit),
        otlpRoutes(pipeline, samples, otlpDecoder, clock, budget, sources),
        auditRoutes({ ...store.audit, ...audit }),
        healthRoutes(pipeline, {
          databaseConnected: () => store.log.isConnected(),
          probesConnected: probes.connected,
          viewers: operators.viewers,
          samplesShed: samples.shedCount,
        }),
      ],
    })
    const apiListener = getRequestListener(api.fetch, { overrideGlobalObjects: false })
    const web = await openConsole({ root, dev, server: listening.server })
    listening.serve((request, response) => {
      const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/'
      if (isApiPath(pathname)) void apiListener(request, response)
      else web.handle(request, response)
    })
    // Only now: a browser that is back asks the HTTP API at once, and must not be told "Live" before that answers.
    io.attach(listening.server, socketOptions)

    const script = path.join(root, 'dist/probe.mjs')
    const probe =
      probeKey && existsSync(script)
        ? await startLocalProbe({
            script,
            url: listening.url,
            dataDir: config.dataDir,
            keyFile: probeKey.file,
            host: localHost,
            log: (line) => say(`vigil: ${line}`),
          })
        : undefined
    if (probeKey && !probe) say('vigil: no local probe: dist/probe.mjs is not built')

    return {
      async stop() {
        // Browsers first: what they saw last must not be our own going down (a probe that stops, hosts that fall silent).
        operators.close()
        wall.close()
        await probe?.stop()
        standing.close()
        probes.close()
        busyness.close()
        enforcement.close()
        await notify.close()
        await attribution.close()
        await detection.close()
        await incidents.close()
        await pipeline.close()
        await audit.close()
        if (store.log.isConnected()) await egress.close()
        if (store.log.isConnected()) {
          await samples.close()
          await sources.close()
          await snapshots.close()
        }
        const closing = io.close() // closes the HTTP server as well, which would wait for every open request
        listening.server.closeAllConnections()
        await closing
        await web.close()
        await store.close()
      },
    }

    /** After a restart nothing has been heard from any host yet: what the log last said of them is old. */
    async function markHostsUnheard(): Promise<void> {
      const events: EventInput[] = [...pipeline.state.hosts.values()]
        .filter((host) => host.connected)
        .map((host) => ({
          v: 1,
          kind: 'probe.disconnected',
          atMs: clock.nowMs(),
          host: host.host,
          data: { reason: 'the server was restarted' },
        }))
      if (events.length > 0) await pipeline.submit({ sender: vigil, events })
    }
  }
}

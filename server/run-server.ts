// Wires store, pipeline, API, sockets, console and local probe together, in the order in which they need each other.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import path from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Server as SocketServer } from 'socket.io'
import { allRoutes } from './all-routes.ts'
import { keepAttribution } from './attribution-keeper.ts'
import { keepAudit } from './audit-keeper.ts'
import { watchBusyness } from './busyness.ts'
import type { Config } from './config.ts'
import type { OpenConsole } from './console-handler.ts'
import { drillLimits, drillProgram } from './drill-limits.ts'
import { createReach } from './enforce/reach.ts'
import { reconcileWebhooks } from './enforce/reconcile-webhooks.ts'
import { startEnforcement } from './enforce/run-enforcement.ts'
import { openBundleMaker } from './evidence-bundles.ts'
import { firstAdministrator } from './first-administrator.ts'
import { markHostsUnheard } from './hosts-unheard.ts'
import { keepIncidents } from './incident-keeper.ts'
import type { Listening } from './listen.ts'
import { localProbeKey, startLocalProbe } from './local-probe.ts'
import { openLog } from './log.ts'
import { createApprovalHistory } from './model/approval-history.ts'
import { wallFigures } from './model/project-wall.ts'
import { type OwnNode, openStore } from './open-store.ts'
import { createPipeline } from './pipeline.ts'
import { keepProbeHeartbeats } from './probe-heartbeats.ts'
import { AbilityName } from './protocol/ability.ts'
import type { Actor } from './protocol/actor.ts'
import { operatorNamespace } from './protocol/browser-messages.ts'
import type { EventInput } from './protocol/event.ts'
import { ApprovalId, ControlId, type EventId, hostIdOf } from './protocol/ids.ts'
import { probeNamespace } from './protocol/probe-messages.ts'
import { wallNamespace } from './protocol/wall-messages.ts'
import { createSampleRecorder } from './sample-recorder.ts'
import { readBundleToShow, readOnly, readOnlyReason } from './shown-bundle.ts'
import { createSignalBoard } from './signal-board.ts'
import { snapshotKeeper } from './snapshot-keeper.ts'
import { sourceClockOf } from './source-clock.ts'
import { describeSource } from './source-formats.ts'
import { createSourceRegistry } from './source-registry.ts'
import { keepStandingOrders } from './standing-orders.ts'
import { openWebhooks } from './store/webhooks.ts'
import { createApiApp, isApiPath } from './web/api-app.ts'
import { createBodyBudget } from './web/body-budget.ts'
import { createControls } from './web/control-request.ts'
import { createGate } from './web/gate.ts'
import { type Scope, scopes } from './web/identity.ts'
import { serveOperators } from './web/operator-socket.ts'
import { serveProbes } from './web/probe-socket.ts'
import { serveWall } from './web/wall-socket.ts'
import { wireAuth } from './wire-auth.ts'
import { wireCanary } from './wire-canary.ts'
import { wireDetection } from './wire-detection.ts'
import { wireDrills } from './wire-drills.ts'
import { wireEgress } from './wire-egress.ts'
import { wireJobs } from './wire-jobs.ts'
import { wireNotify } from './wire-notify.ts'
import { wireRetention } from './wire-retention.ts'
import { wireSelf } from './wire-self.ts'

/** Of request bodies, over all connections. */
const bodyBytesInMemoryMax = 256 * 1024 * 1024

export type Running = { stop(): Promise<void> }

/** `openConsole` is handed in, so that the API can be run and tested without a built console. */
export async function runServer(
  config: Config,
  listening: Listening,
  root: string,
  openConsole: OpenConsole,
  own?: OwnNode,
): Promise<Running> {
  const log = openLog(config.logAsJson)
  const { say } = log
  const clock = { nowMs: () => Date.now() }
  const self = wireSelf(config, clock.nowMs, log)
  const { onError } = self
  const dev = process.env.NODE_ENV === 'development'

  const shown = config.bundle && readBundleToShow(config.bundle.file, config.bundle.key)
  const store = await openStore(config, root, say, shown?.fill, own)
  try {
    return await wire()
  } catch (error) {
    await store.close().catch((closing: unknown) => onError('close the store after a failed start', closing))
    throw error
  }

  async function wire(): Promise<Running> {
    const writer = createPipeline({
      log: self.timed(store.log),
      state: store.state,
      streams: store.streams,
      nowMs: clock.nowMs,
      newEventId: () => randomUUID() as EventId,
      onError,
    })
    const pipeline = shown ? readOnly(writer) : writer
    const vigil = { type: 'vigil' as const }
    const samples = createSampleRecorder({
      nowMs: clock.nowMs,
      gpusOf(id) {
        const session = pipeline.state.sessions.get(id)
        return session ? [...new Set(session.gpuProcesses.values())].map((uuid) => `${session.host}/${uuid}`) : []
      },
      write: store.writeSamples,
      sawGpu: (sample) => detection.takeGpuSample(sample),
      onError,
      async recordGap(count, reason) {
        const data = { stream: 'samples' as const, count, reason }
        await pipeline.submit({ sender: vigil, events: [{ v: 1, kind: 'gap.recorded', atMs: clock.nowMs(), data }] })
      },
    })
    pipeline.onCommit(({ events, touched }) => {
      samples.forget(touched.removed)
      for (const event of events) if (event.kind === 'session.ended' && event.session) samples.trim(event.session)
    })
    const signals = createSignalBoard((id) => attribution.tieOf(id))
    const { dataDir } = config
    const detection = await wireDetection({
      pipeline,
      store,
      root,
      dataDir,
      nowMs: clock.nowMs,
      say,
      isDrill: (session, seenAtMs) => drills.wasDrillAt(session, seenAtMs),
      onError,
    })
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
    const egress = wireEgress({ pipeline, store, book: detection.book, nowMs: clock.nowMs, onError })
    const sources = createSourceRegistry({
      ...store.sources,
      describe: describeSource,
      clockOf: (id) => sourceClockOf(id, attribution.clocks()),
      nowMs: clock.nowMs,
      onError,
    })
    const heartbeats = keepProbeHeartbeats(pipeline, clock.nowMs)
    const snapshots = snapshotKeeper(pipeline, store.writeSnapshot, clock.nowMs, onError)
    await markHostsUnheard(pipeline, clock.nowMs())
    const isAbility = (text: string): text is AbilityName => AbilityName.safeParse(text).success
    const webhooks = await openWebhooks(store.prisma, isAbility)
    if (!shown) await reconcileWebhooks(pipeline, webhooks.list(), clock.nowMs())
    const reach = createReach({ loopback: config.outgoingToLoopback })
    const enforcement = !shown && startEnforcement({ pipeline, webhooks, clock, reach, onError })

    const recordAudit = async (by: Actor, change: string, subject: string) => {
      const event: EventInput = { v: 1, kind: 'audit.recorded', atMs: clock.nowMs(), data: { by, change, subject } }
      await pipeline.submit({ sender: vigil, events: [event], trust: 'operator' })
    }
    const { auth, identify } = wireAuth({
      config,
      listening,
      store,
      isReadOnly: shown !== undefined,
      state: pipeline.state,
      severalNodes: own !== undefined,
      nowMs: clock.nowMs,
      recordAudit,
      onError,
    })
    const setup = await firstAdministrator(auth, config, listening.url, say)
    const { keys } = store
    if (config.key !== undefined) keys.addFixed(config.key, 'VIGIL_KEY', [...scopes])
    const probeKey = config.localProbe ? await localProbeKey(config.dataDir) : undefined
    const localHost = hostIdOf(process.env.VIGIL_HOST ?? hostname())
    if (probeKey) keys.addFixed(probeKey.key, 'local-probe', ['probe'] satisfies Scope[], localHost)
    const newId = () => randomUUID().slice(0, 13)
    const controls = createControls({ pipeline, clock, newId, countDeciders: (role) => auth.countDeciders(role) })
    const standing =
      !shown &&
      keepStandingOrders({
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
      past: store.past,
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
      figures: (beat) => wallFigures(pipeline.state, samples.history, store.gpuPrices.read(), clock.nowMs(), beat),
      clock,
      onError,
    })

    const notify = await wireNotify({
      pipeline,
      store: store.notifications,
      consoleAddress: store.consoleAddress,
      reach,
      nowMs: clock.nowMs,
      onError,
    })

    const audit = await keepAudit({ dataDir, ...store.audit, nowMs: clock.nowMs, onError })
    pipeline.onCommit(() => audit.noteHead())
    const bundles = await openBundleMaker({
      dataDir,
      privateKey: store.bundleKey,
      source: store.bundleSource,
      nowMs: clock.nowMs,
    })
    const jobs = await wireJobs({ dataDir, backtests: detection.backtests, nowMs: clock.nowMs, recordAudit, onError })
    const drills = await wireDrills({
      pipeline,
      keys,
      recordAudit,
      readAudit: store.audit.read,
      program: drillProgram(root),
      url: listening.url,
      dataDir,
      limits: () => drillLimits(config.localProbe, pipeline.state.hosts.get(localHost)),
      nowMs: clock.nowMs,
      onError,
    })
    // What is shown of a bundle is as it was: nothing forms anew.
    const incidents = shown
      ? undefined
      : keepIncidents({
          pipeline,
          headSeq: store.log.headSeq(),
          readLog: store.readLog,
          isDrill: (session, seenAtMs) => drills.wasDrillAt(session, seenAtMs),
          nowMs: clock.nowMs,
          onError,
        })
    const { nowMs } = clock
    const retention = wireRetention({ config, store, pipeline, start: jobs.start, notify, nowMs, say, onError })
    const budget = createBodyBudget(bodyBytesInMemoryMax)
    const gate = createGate({
      pipeline,
      clock,
      judge: detection.judgeAtGate,
      newApprovalId: () => ApprovalId.parse(`apr-${newId()}`),
    })
    const api = createApiApp({
      identify,
      onError,
      isDatabaseConnected: () => store.log.isConnected(),
      readOnly: shown && readOnlyReason,
      routes: allRoutes({
        reach,
        url: listening.url,
        store,
        pipeline,
        samples,
        clock,
        auth,
        setup,
        shown,
        keys,
        recordAudit,
        probes,
        operators,
        wall,
        controls,
        gate,
        budget,
        sources,
        heartbeats,
        canary: () => canary.view(),
        detection,
        attribution,
        signals,
        egress,
        notify,
        webhooks,
        audit,
        bundles,
        drills,
        jobs,
        retention,
        approvalHistory,
        self,
      }),
    })
    const apiListener = getRequestListener(api.fetch, { overrideGlobalObjects: false })
    const web = await openConsole({ root, dev, server: listening.server })
    listening.serve((request, response) => {
      self.answers(request, response)
      const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/'
      if (isApiPath(pathname)) void apiListener(request, response)
      else web.handle(request, response)
    })
    // Only now: a browser that is back asks the HTTP API at once, and must not be told "Live" before that answers.
    io.attach(listening.server, socketOptions)

    const canary = wireCanary(config, listening.port, keys, clock.nowMs, (came) => operators.canaryCame(came))
    // After the operators' sockets: their frame is being made when it is said to be back.
    pipeline.onCommit(({ events }) => canary.take(events))

    const probe =
      probeKey &&
      (await startLocalProbe({
        script: path.join(root, 'dist/probe.mjs'),
        url: listening.url,
        dataDir: config.dataDir,
        keyFile: probeKey.file,
        host: localHost,
        log: (line) => say(`vigil: ${line}`),
      }))

    return {
      async stop() {
        // Browsers first: what they saw last must not be our own going down (a probe that stops, hosts that fall silent).
        await canary.close()
        heartbeats.close()
        self.close()
        operators.close()
        wall.close()
        await drills.close()
        await retention.close()
        await jobs.close()
        await probe?.stop()
        if (standing) standing.close()
        probes.close()
        busyness.close()
        if (enforcement) enforcement.close()
        await notify.close()
        await attribution.close()
        await detection.close()
        await incidents?.close()
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
  }
}

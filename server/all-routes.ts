// Every HTTP route of the server, each given the parts that it needs and no more.
import type { keepAttribution } from './attribution-keeper.ts'
import type { keepAudit } from './audit-keeper.ts'
import type { startCanary } from './canary.ts'
import type { Reach } from './enforce/reach.ts'
import { sendTest } from './enforce/webhook.ts'
import type { openBundleMaker } from './evidence-bundles.ts'
import type { firstAdministrator } from './first-administrator.ts'
import type { createApprovalHistory } from './model/approval-history.ts'
import { projectOffTask } from './model/project-gpu.ts'
import { titleOf } from './model/project-incident.ts'
import { openNumbers } from './numbers.ts'
import type { Store } from './open-store.ts'
import { otlpDecoder } from './otlp-decoder.ts'
import type { Pipeline } from './pipeline.ts'
import type { keepProbeHeartbeats } from './probe-heartbeats.ts'
import { assumedGpuPrices } from './protocol/gpu-truth-view.ts'
import type { SessionId } from './protocol/ids.ts'
import type { IncidentId } from './protocol/incident.ts'
import type { createSampleRecorder } from './sample-recorder.ts'
import { extractOfAudit, type readBundleToShow } from './shown-bundle.ts'
import type { createSignalBoard } from './signal-board.ts'
import { formats } from './source-formats.ts'
import type { createSourceRegistry } from './source-registry.ts'
import type { openWebhooks } from './store/webhooks.ts'
import { accountRoutes } from './web/account-routes.ts'
import type { ApiApp } from './web/api-app.ts'
import { approvalRoutes } from './web/approval-routes.ts'
import { auditRoutes } from './web/audit-routes.ts'
import type { createAuth } from './web/auth.ts'
import type { BodyBudget } from './web/body-budget.ts'
import { bundleRoutes } from './web/bundle-routes.ts'
import { claudeCodeHookRoutes } from './web/claude-code-hook-routes.ts'
import type { Controls } from './web/control-request.ts'
import { controlRoutes } from './web/control-routes.ts'
import { drillRoutes } from './web/drill-routes.ts'
import { egressRoutes } from './web/egress-routes.ts'
import { flagRoutes } from './web/flag-routes.ts'
import { fleetRoutes } from './web/fleet-routes.ts'
import { formatRoutes } from './web/format-routes.ts'
import { gapRoutes } from './web/gap-routes.ts'
import type { Gate } from './web/gate.ts'
import { gateRoutes } from './web/gate-routes.ts'
import { gpuRoutes } from './web/gpu-routes.ts'
import { gpuSeriesRoutes } from './web/gpu-series-routes.ts'
import { healthRoutes } from './web/health-routes.ts'
import { hostRoutes } from './web/host-routes.ts'
import { incidentRoutes } from './web/incident-routes.ts'
import { aroundIncident } from './web/incident-surroundings.ts'
import { incidentTimelineRoutes } from './web/incident-timeline-routes.ts'
import { ingestRoutes } from './web/ingest-routes.ts'
import { jobRoutes } from './web/job-routes.ts'
import type { RecordAudit } from './web/key-routes.ts'
import { keyRoutes } from './web/key-routes.ts'
import { liveRoutes } from './web/live-routes.ts'
import { notificationRoutes } from './web/notification-routes.ts'
import { numbersRoutes } from './web/numbers-routes.ts'
import { operatorRoutes } from './web/operator-routes.ts'
import type { serveOperators } from './web/operator-socket.ts'
import { otlpRoutes } from './web/otlp-routes.ts'
import type { Clock } from './web/ports.ts'
import type { serveProbes } from './web/probe-socket.ts'
import { replayRoutes } from './web/replay-routes.ts'
import { retentionRoutes } from './web/retention-routes.ts'
import { revealRoutes } from './web/reveal-routes.ts'
import { ruleDocumentRoutes } from './web/rule-document-routes.ts'
import { ruleRoutes } from './web/rule-routes.ts'
import { selfRoutes } from './web/self-routes.ts'
import { sessionRoutes } from './web/session-routes.ts'
import { signalRoutes } from './web/signal-routes.ts'
import { sourceRoutes } from './web/source-routes.ts'
import { tuningRoutes } from './web/tuning-routes.ts'
import { wallRoutes } from './web/wall-routes.ts'
import type { serveWall } from './web/wall-socket.ts'
import { webhookRoutes } from './web/webhook-routes.ts'
import type { wireDetection } from './wire-detection.ts'
import type { wireDrills } from './wire-drills.ts'
import type { wireEgress } from './wire-egress.ts'
import type { wireJobs } from './wire-jobs.ts'
import type { wireNotify } from './wire-notify.ts'
import type { wireRetention } from './wire-retention.ts'
import type { wireSelf } from './wire-self.ts'

/** What `run-server.ts` has wired, by name. */
export type RouteParts = {
  /** Of this server, as it is reached by default. */
  url: string
  store: Store
  pipeline: Pipeline
  samples: ReturnType<typeof createSampleRecorder>
  clock: Clock
  auth: ReturnType<typeof createAuth>
  setup: Awaited<ReturnType<typeof firstAdministrator>>
  shown: ReturnType<typeof readBundleToShow> | undefined
  keys: Store['keys']
  recordAudit: RecordAudit
  probes: ReturnType<typeof serveProbes>
  operators: ReturnType<typeof serveOperators>
  wall: ReturnType<typeof serveWall>
  controls: Controls
  gate: Gate
  reach: Reach
  budget: BodyBudget
  sources: ReturnType<typeof createSourceRegistry>
  heartbeats: ReturnType<typeof keepProbeHeartbeats>
  /** Asked for late: it starts once the server listens. */
  canary: () => ReturnType<ReturnType<typeof startCanary>['view']>
  detection: Awaited<ReturnType<typeof wireDetection>>
  attribution: ReturnType<typeof keepAttribution>
  signals: ReturnType<typeof createSignalBoard>
  egress: ReturnType<typeof wireEgress>
  notify: Awaited<ReturnType<typeof wireNotify>>
  webhooks: Awaited<ReturnType<typeof openWebhooks>>
  audit: Awaited<ReturnType<typeof keepAudit>>
  bundles: Awaited<ReturnType<typeof openBundleMaker>>
  drills: Awaited<ReturnType<typeof wireDrills>>
  jobs: Awaited<ReturnType<typeof wireJobs>>
  retention: ReturnType<typeof wireRetention>
  approvalHistory: ReturnType<typeof createApprovalHistory>
  self: ReturnType<typeof wireSelf>
}

/** In no order that matters: no two answer the same path. */
export function allRoutes(parts: RouteParts): ((app: ApiApp) => void)[] {
  const { url, store, pipeline, samples, clock, auth, setup, shown, keys, recordAudit, probes, operators, wall } = parts
  const { controls, gate, budget, sources, heartbeats, canary, detection, attribution, signals, egress, notify } = parts
  const { webhooks, audit, bundles, drills, jobs, retention, approvalHistory, self } = parts
  const offTaskOf = (sessions: readonly SessionId[]) =>
    projectOffTask(pipeline.state, sessions, {
      samples: samples.history,
      prices: store.gpuPrices.read() ?? assumedGpuPrices,
      nowMs: clock.nowMs(),
    })
  const ground = {
    pipeline,
    samples,
    prices: store.gpuPrices,
    past: store.past,
    clock,
    tieOf: attribution.tieOf,
    offTaskOf,
    incidentLastSeenAt: store.incidentLastSeenAt,
  }
  const incidentOf = (id: IncidentId) => {
    const found = pipeline.state.incidents.get(id)
    if (!found) return undefined
    const { sessions, firstAtMs, detectedAtMs } = found
    return { title: titleOf(found), sessions, firstAtMs, detectedAtMs }
  }
  return [
    accountRoutes(
      auth,
      setup,
      pipeline.state,
      (change, subject) => recordAudit({ type: 'server', id: 'setup', name: 'set-up link' }, change, subject),
      shown?.about,
    ),
    keyRoutes(keys, recordAudit, (id) => probes.dropKey(id)),
    wallRoutes(store.wallLinks, wall, recordAudit),
    hostRoutes(pipeline, samples),
    sessionRoutes({ pipeline, samples, reader: store.reader, past: store.past, clock }),
    gapRoutes({ pipeline, reader: store.reader, clock, readGapFacts: store.readGapFacts, sources }),
    replayRoutes(store.past),
    revealRoutes({ pipeline, reader: store.reader, clock }),
    controlRoutes(pipeline, controls),
    fleetRoutes(pipeline, controls),
    gateRoutes(gate),
    claudeCodeHookRoutes({ gate, formats, ports: { pipeline, samples, sources, clock }, budget }),
    approvalRoutes({
      pipeline,
      past: store.past,
      clock,
      readAction: detection.readAction,
      before: approvalHistory.before,
      gate,
    }),
    webhookRoutes({
      webhooks,
      pipeline,
      clock,
      recordAudit,
      sendTest: (webhook, nowMs) => sendTest(webhook, nowMs, parts.reach),
    }),
    notificationRoutes({ notifications: notify.port, state: pipeline.state, recordAudit }),
    operatorRoutes({ auth, baseUrl: url, state: pipeline.state, clock, recordAudit }),
    ingestRoutes(pipeline, budget, sources),
    formatRoutes(formats, { pipeline, samples, sources, clock }, budget, jobs.imports),
    gpuRoutes({
      pipeline,
      samples,
      prices: store.gpuPrices,
      past: store.past,
      readGpusAt: store.readGpusAt,
      clock,
      recordAudit,
    }),
    gpuSeriesRoutes({
      state: pipeline.state,
      samples,
      past: store.past,
      clock,
      readSeries: store.readGpuSeries,
    }),
    sourceRoutes({ sources, keys, heartbeats, canary }),
    liveRoutes({
      pipeline,
      samples,
      prices: store.gpuPrices,
      past: store.past,
      readGpusAt: store.readGpusAt,
      lanes: store.readLanes,
      destinations: egress,
      clock,
    }),
    signalRoutes({ ...signals, tieOf: attribution.tieOf }, { past: store.past, clock }),
    egressRoutes(egress.port, recordAudit, { past: store.past, clock }),
    incidentRoutes({ ...ground, accounts: auth.listOperators }),
    incidentTimelineRoutes({
      ...ground,
      reader: store.reader,
      firstSeqSince: store.firstSeqSince,
      around: aroundIncident({ readGapFacts: store.readGapFacts, sources, readSeries: store.readGpuSeries }),
      consoleUrl: () => store.consoleAddress.read()?.consoleUrl ?? url,
    }),
    flagRoutes({ flags: detection.flags, reader: store.reader, pipeline, clock }),
    ruleRoutes(detection.book, recordAudit),
    ruleDocumentRoutes(detection.book, detection.backtests, recordAudit, jobs.watch),
    tuningRoutes(detection.tuning, jobs.watch),
    otlpRoutes(pipeline, samples, otlpDecoder, clock, budget, sources),
    auditRoutes({ ...store.audit, ...audit, ...(shown && extractOfAudit) }, clock),
    bundleRoutes({ bundles, recordAudit, incidentOf }),
    retentionRoutes(retention, recordAudit),
    jobRoutes({ jobs, make: bundles.make, clock, recordAudit, incidentOf }),
    drillRoutes(drills),
    numbersRoutes(
      openNumbers({
        state: pipeline.state,
        store,
        drillSpans: drills.spans,
        nameOfRule: () => {
          const named = new Map(detection.book.rules().map((rule) => [rule.id, rule]))
          return (rule) => {
            const found = named.get(rule)
            return found && { title: found.title, severity: found.severity }
          }
        },
        past: store.past,
        nowMs: clock.nowMs,
      }),
      clock,
    ),
    healthRoutes({
      databaseConnected: () => store.log.isConnected(),
      metrics: self.begin(pipeline, {
        databaseConnected: () => store.log.isConnected(),
        probes: probes.connected,
        browsers: operators.viewers,
        samplesShed: () => samples.shedCount() + (retention.disk()?.shedRows ?? 0),
        disk: retention.disk,
      }),
      disk: retention.disk,
    }),
    selfRoutes(self),
  ]
}

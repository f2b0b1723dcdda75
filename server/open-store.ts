// Everything that lives in PostgreSQL, opened in order: the database itself, its tables, the state from the log, the writer.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import type { Config } from './config.ts'
import type { ShedStore } from './disk-keeper.ts'
import { type BundleSource, newBundleKey } from './evidence-bundles.ts'
import type { ConsoleState } from './model/state.ts'
import { openPast } from './open-past.ts'
import { openPastApart } from './past-apart.ts'
import { historyDays } from './protocol/approval-reading.ts'
import { GpuPrices } from './protocol/gpu-truth-view.ts'
import type { IncidentId } from './protocol/incident.ts'
import { ConsoleAddress } from './protocol/notification-view.ts'
import { RetentionDays } from './protocol/retention.ts'
import type { RetentionStore } from './retention-keeper.ts'
import { openApiKeys } from './store/api-keys.ts'
import { readApprovalEvents } from './store/approval-events.ts'
import { type AuditQuery, readAudit, readAuditChain, readAuditHeadAt } from './store/audit-chain.ts'
import { type DestinationChange, readDestinations, writeDestinations } from './store/destinations.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { forgetEventKeys } from './store/event-keys.ts'
import { openEventLog } from './store/event-log.ts'
import { readFlag, readFlags, readFlagsById, readFlagsOfRule } from './store/flags.ts'
import { readGpusAt } from './store/gpu-readings-at.ts'
import { readGpuSeries } from './store/gpu-series.ts'
import { type Lease, type LeaseLostError, type NodeAddress, readLease, sayAlive } from './store/lease.ts'
import { aliveEveryMs } from './store/lease-candidate.ts'
import { applyMigrations } from './store/migrate.ts'
import { openNotifications } from './store/notifications.ts'
import { ensurePartitions } from './store/partitions.ts'
import { createPrismaClient } from './store/prisma.ts'
import { readProbeStreams } from './store/probe-streams.ts'
import { readAuditExtract, readBundleEvents, readBundleScope } from './store/read-bundle.ts'
import { firstSeqSince, readLog, readSessionEvents } from './store/read-events.ts'
import { type GapFactsQuery, readGapFacts } from './store/read-gaps.ts'
import { readLanes } from './store/read-lanes.ts'
import {
  incidentLastSeenAt,
  readApprovalFacts,
  readFlagCounts,
  readHeardDays,
  readIncidentEvents,
  readVerdicts,
  type Span,
} from './store/read-numbers.ts'
import {
  dropDefaultSamples,
  dropRolledUp,
  dropSampleDay,
  hasRolledUpBefore,
  oldestReadingsMs,
  sampleDaysBefore,
} from './store/retention.ts'
import { readSessionPoints, rollUpSamples, writeGpuSamples, writeSessionSamples } from './store/samples.ts'
import { sessionFromLog } from './store/session-from-log.ts'
import { dropShedNote, readShedNotes, sampleDaysToShed, shedSampleDay } from './store/shed-samples.ts'
import { readSignedIn } from './store/signed-in.ts'
import { stateAt, writeSnapshot } from './store/snapshots.ts'
import { addRefusals, readRefusals, readSources, writeSources } from './store/sources.ts'
import { openWallLinks } from './store/wall-links.ts'
import { type Scope, scopes } from './web/identity.ts'
import type { EventReader, PastPort } from './web/ports.ts'

/** One node has one partition of the log. */
const partition = 0
const houseKeepingMs = 60_000
/** At a start, to tell how requests of one shape were decided; a request may have 64 kB. */
const approvalEventsReadMax = 10_000
/** A sender that repeats itself does so within hours; a week is generous. */
const eventKeysKeptMs = 7 * 24 * 3_600_000

/** What names the rules that are in force, and since when they are. */
const RulesInForce = z.object({ fingerprint: z.string(), sinceMs: z.number() })

/** Of a node among several, which has the lock on the log already. */
export type OwnNode = {
  address: NodeAddress
  locked: pg.Client
  /** From here on it is the owner, under this lease. */
  onOwner(lease: Lease): void
  onLost(error: LeaseLostError): void
}

export type Store = Awaited<ReturnType<typeof openStore>>

/** `fill` puts something into the log before it is read and its writer is opened: a bundle that is to be shown. */
export async function openStore(
  config: Config,
  root: string,
  say: (line: string) => void,
  fill?: (pool: pg.Pool, partition: number) => Promise<void>,
  own?: OwnNode,
) {
  const log = (line: string) => say(`vigil: ${line}`)
  // Said at every start and stop, and never a fault.
  const usual = /the database system is (starting up|shutting down)|terminating connection due to administrator command/
  const logDatabase = (line: string) => {
    if (!usual.test(line)) log(line)
  }
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: path.join(config.dataDir, 'postgres'), log: logDatabase })
  const connectionString = config.databaseUrl ?? embedded?.connectionString
  if (connectionString === undefined) throw new Error('no database to connect to')
  const pool = new pg.Pool({ connectionString, max: 8, application_name: 'vigil' })
  // An idle connection that breaks (PostgreSQL restarted) is replaced at the next query; the query's own error is what counts.
  pool.on('error', () => undefined)
  const prisma = createPrismaClient(connectionString, { maxConnections: 6 })

  try {
    await applyMigrations({ connectionString, migrationsDir: path.join(root, 'prisma/migrations'), log })
    await keepHouse()
    await fill?.(pool, partition)
    const eventLog = await openEventLog({
      connectionString,
      partition,
      log,
      ...(own && { locked: own.locked, node: own.address, onLost: own.onLost }),
    })
    const alive = own && setInterval(() => void stayAlive(own.address), aliveEveryMs)
    const state: ConsoleState = await stateAt(pool, partition, undefined, (replayed) =>
      log(`replaying the log: ${replayed} events`),
    )
    const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text)
    const timer = setInterval(() => {
      keepHouse().catch((error: unknown) =>
        log(`housekeeping failed: ${error instanceof Error ? error.message : String(error)}`),
      )
    }, houseKeepingMs)
    const authSecret = await settingOf('auth.secret', () => randomBytes(32).toString('base64url'))
    const lease = own && (await readLease(pool, partition))
    if (lease) own?.onOwner(lease)
    const past = openPastOf(connectionString, eventLog.headSeq)
    const reader: EventReader = {
      sessionEvents: (query) => readSessionEvents(pool, query),
      sessionFromLog: (session) => sessionFromLog(pool, session),
      sessionPoints: (session, limit, untilMs) => readSessionPoints(pool, session, limit, untilMs),
    }
    return {
      log: eventLog,
      state,
      streams: await readProbeStreams(pool),
      prisma,
      keys: await openApiKeys(prisma, isScope),
      wallLinks: await openWallLinks(prisma),
      authSecret,
      bundleKey: await settingOf('bundle.key', newBundleKey),
      bundleSource: {
        moment: () => ({ headSeq: eventLog.headSeq(), headN: eventLog.auditHead().n }),
        scope: (of, { headSeq }) => readBundleScope(pool, { ...of, partition, headSeq }),
        events: (of, { headSeq }, beside) => readBundleEvents(pool, { ...of, partition, headSeq }, beside),
        audit: ({ sessions }, { headN }, names, limit) =>
          readAuditExtract(pool, { partition, headN, sessions, names, limit }),
      } satisfies BundleSource as BundleSource,
      reader,
      readApprovalEvents: (nowMs: number) =>
        readApprovalEvents(pool, nowMs - historyDays * 24 * 3_600_000, approvalEventsReadMax),
      readSignedIn: (token: string) => readSignedIn(pool, token),
      readFlags: (sinceMs: number, limit: number) => readFlags(pool, sinceMs, limit),
      readFlag: (id: string) => readFlag(pool, id),
      readFlagsOfRule: (query: Parameters<typeof readFlagsOfRule>[1]) => readFlagsOfRule(pool, query),
      readFlagsById: (ids: readonly string[], sinceMs: number) => readFlagsById(pool, ids, sinceMs),
      numbers: {
        heardDays: (span: Span) => readHeardDays(pool, span),
        flagCounts: (query: Parameters<typeof readFlagCounts>[1]) => readFlagCounts(pool, query),
        verdicts: (span: Span) => readVerdicts(pool, span),
        approvalFacts: (span: Span) => readApprovalFacts(pool, span),
        incidentEvents: (span: Span) => readIncidentEvents(pool, span),
      },
      readLanes: (query: Parameters<typeof readLanes>[1]) => readLanes(pool, query),
      incidentLastSeenAt: (id: IncidentId) => incidentLastSeenAt(pool, id),
      firstSeqSince: (sinceMs: number) => firstSeqSince(pool, { partition, sinceMs, headSeq: eventLog.headSeq() }),
      readLog: (afterSeq: number, limit: number) => readLog(pool, { partition, afterSeq, limit }),
      audit: {
        head: () => eventLog.auditHead(),
        read: (query: Omit<AuditQuery, 'partition'>) => readAudit(pool, { partition, ...query }),
        readChain: (afterN: number, limit: number) => readAuditChain(pool, { partition, afterN, limit }),
        headAt: (atMs: number) => readAuditHeadAt(pool, partition, atMs),
      },
      past: past as PastPort,
      readGapFacts: (query: GapFactsQuery) => readGapFacts(pool, query),
      rulesInForce: await openSetting('detection.rules', RulesInForce),
      readGpuSeries: (span: Parameters<typeof readGpuSeries>[1]) => readGpuSeries(pool, span),
      readGpusAt: (asked: Parameters<typeof readGpusAt>[1]) => readGpusAt(pool, asked),
      gpuPrices: await openSetting('gpu.prices', GpuPrices),
      retention: {
        daysBefore: (cutoffMs) => sampleDaysBefore(pool, cutoffMs),
        dropDay: (day, holds) => dropSampleDay(pool, day, holds),
        dropDefault: (cutoffMs, holds) => dropDefaultSamples(pool, cutoffMs, holds),
        hasRolledUpBefore: (kind, cutoffMs, holds) => hasRolledUpBefore(pool, kind, cutoffMs, holds),
        dropRolledUp: (kind, cutoffMs, held, signal) => dropRolledUp(pool, kind, { cutoffMs, held, signal }),
        oldestMs: () => oldestReadingsMs(pool),
        days: await openSetting('retention.days', RetentionDays),
      } satisfies RetentionStore as RetentionStore,
      shed: {
        daysToShed: (beforeMs) => sampleDaysToShed(pool, beforeMs),
        shedDay: (day, holds, beforeMs) => shedSampleDay(pool, day, holds, beforeMs),
        notes: () => readShedNotes(pool),
        dropNote: () => dropShedNote(pool),
      } satisfies ShedStore as ShedStore,
      notifications: openNotifications(prisma),
      consoleAddress: await openSetting('console.address', ConsoleAddress),
      destinations: {
        kept: await readDestinations(pool),
        write: (change: DestinationChange) => writeDestinations(pool, change),
      },
      sources: {
        rows: await readSources(pool),
        write: (rows: Parameters<typeof writeSources>[1]) => writeSources(pool, rows),
        addRefusals: (rows: Parameters<typeof addRefusals>[1], kept: number) => addRefusals(pool, rows, kept),
        readRefusals: (source: string, limit: number) => readRefusals(pool, source, limit),
      },
      writeSnapshot: (current: ConsoleState) => writeSnapshot(pool, partition, current),
      async writeSamples(
        sessions: Parameters<typeof writeSessionSamples>[1],
        gpus: Parameters<typeof writeGpuSamples>[1],
      ) {
        await writeSessionSamples(pool, sessions)
        await writeGpuSamples(pool, gpus)
      },
      async close() {
        clearInterval(timer)
        clearInterval(alive)
        await past.close()
        await eventLog.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }

  /** In a thread of its own, from the built program; while the sources are being worked on, here. */
  function openPastOf(connectionUri: string, headSeq: () => number): PastPort & { close(): Promise<void> } {
    const here = openPast(pool, partition, headSeq)
    const program = path.join(root, 'dist/past-worker.mjs')
    if (process.env.NODE_ENV === 'development' || !existsSync(program)) return { ...here, close: async () => undefined }
    return openPastApart({
      program,
      data: { connectionString: connectionUri, partition },
      headSeq,
      store: here,
      onError: (context, error) => console.error(`vigil: ${context}:`, error),
    })
  }

  /** What fails is told by the log's own connection; what lasts, by another node that takes over. */
  async function stayAlive(address: NodeAddress): Promise<void> {
    await sayAlive(pool, partition, address).catch(() => undefined)
  }

  /** Partitions ahead of time, and samples of the last minutes rolled up. */
  async function keepHouse(): Promise<void> {
    const nowMs = Date.now()
    const client = await pool.connect()
    try {
      await ensurePartitions(client, nowMs)
      await forgetEventKeys(client, nowMs - eventKeysKeptMs)
    } finally {
      client.release()
    }
    const minuteMs = nowMs - (nowMs % 60_000)
    await rollUpSamples(pool, minuteMs - 3 * 60_000, minuteMs)
  }

  /** A setting that is made once. Two servers that start together agree on the first one written. */
  async function settingOf(key: string, make: () => string): Promise<string> {
    await prisma.setting.createMany({ data: [{ key, value: make() }], skipDuplicates: true })
    const { value } = await prisma.setting.findUniqueOrThrow({ where: { key } })
    if (typeof value !== 'string') throw new Error(`setting ${key} is damaged`)
    return value
  }

  /** A setting that people change; a damaged one is as good as none. */
  async function openSetting<T extends object>(key: string, schema: z.ZodType<T>) {
    const row = await prisma.setting.findUnique({ where: { key } })
    let value = schema.safeParse(row?.value).data
    return {
      read: () => value,
      async write(next: T) {
        const stored = { key, value: JSON.parse(JSON.stringify(next)) as object }
        await prisma.setting.upsert({ where: { key }, create: stored, update: stored })
        value = next
      },
    }
  }

  async function close(): Promise<void> {
    await prisma.$disconnect()
    await pool.end()
    await embedded?.stop()
  }
}

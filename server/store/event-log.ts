// The one writer of a partition of the log. Holds its lease (`lease.ts`), so that two servers never number the same partition;
// survives PostgreSQL's death by reconnecting and reading back whether the batch in flight was committed. Where another node was owner
// meanwhile it never writes again: its state lacks what that one wrote.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { AuditHead } from '../protocol/audit.ts'
import type { EventId } from '../protocol/ids.ts'
import { type AppendBatch, appendEvents } from './append-events.ts'
import { type AuditDeed, chainAudit, readAuditHead } from './audit-chain.ts'
import { isEpoch, LeaseLostError, leaseLostCode, type NodeAddress, resumeLease, takeOver, tryLock } from './lease.ts'

/** Between two tries of one batch, at most. */
const retryMsMax = 1_000

export type EventLog = {
  readonly partition: number
  /** Sequence number of the newest durable event; 0 when there is none. */
  headSeq(): number
  /** The newest link of the audit's chain. */
  auditHead(): AuditHead
  /** False while PostgreSQL does not answer, and for ever when the lease is lost. */
  isConnected(): boolean
  /**
   * Makes a batch durable, however long PostgreSQL takes to come back. Answers the places of the rows that were in the log already.
   * One call at a time. Throws only what a retry cannot mend (a value PostgreSQL refuses) or after `close`;
   * `LeaseLostError` where another node owns the partition now.
   */
  append(batch: LogBatch): Promise<Set<number>>
  close(): Promise<void>
}

export type LogBatch = Omit<AppendBatch, 'partition' | 'epoch' | 'headSeq' | 'audit'> & {
  /** The deeds among the rows, in their order. They have no key: none of them can be a repeat. */
  deeds?: readonly AuditDeed[]
}

export type EventLogOptions = {
  connectionString: string
  partition: number
  log: (message: string) => void
  /** How long to wait at the start for another writer to let go (a killed server's connection lingers a moment). */
  lockWaitMs?: number
  /** A connection that has the lock already: of a node that waited for it. It is the log's from now on. */
  locked?: pg.Client | undefined
  /** Whom the lease names as its owner; by default a server that nobody else reaches. */
  node?: NodeAddress | undefined
  /** Called once, when another node turns out to be the owner: this one must end, or begin anew. */
  onLost?: ((error: LeaseLostError) => void) | undefined
}

const alone: NodeAddress = { id: 'alone', url: '' }

const lostText = 'another node owns the log now: what this one holds is old'

export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { partition, log } = options
  let closed = false
  let client: pg.Client | undefined
  let headSeq = 0
  let auditHead: AuditHead
  /** Known from the first connection on, and never another one. */
  let epoch: number | undefined
  let lost: LeaseLostError | undefined
  let reconnecting: Promise<pg.Client> | undefined

  async function connect(lockWaitMs: number, locked?: pg.Client): Promise<void> {
    const next =
      locked ?? new pg.Client({ connectionString: options.connectionString, application_name: 'vigil log writer' })
    next.on('error', (error) => {
      log(`the log's connection broke: ${error.message}`)
      if (client !== next) return
      client = undefined
      // At once, not at the next append: with the connection the lock is gone, and another node may be waiting for it.
      reconnect().catch(() => undefined) // closed, or lost, which is told by itself
    })
    if (!locked) await next.connect()
    try {
      if (!locked) await waitForLock(next, lockWaitMs)
      if (epoch === undefined) epoch = await takeOver(next, partition, options.node ?? alone)
      else if (!(await resumeLease(next, partition, epoch))) throw new LeaseLostError(lostText)
      const head = await next.query<{ seq: string | null }>('SELECT max(seq) AS seq FROM event WHERE partition = $1', [
        partition,
      ])
      headSeq = Number(head.rows[0]?.seq ?? 0)
      auditHead = await readAuditHead(next, partition)
      if (closed) throw new Error('the event log is closed')
    } catch (error) {
      await next.end().catch(() => undefined)
      throw error
    }
    client = next
  }

  async function waitForLock(next: pg.Client, waitMs: number): Promise<void> {
    const deadlineMs = Date.now() + waitMs
    while (!(await tryLock(next, partition))) {
      if (epoch !== undefined && !(await isEpoch(next, partition, epoch))) throw new LeaseLostError(lostText)
      if (closed || Date.now() > deadlineMs) {
        throw new Error('another Vigil server writes to this database: stop it, or give this one its own DATABASE_URL')
      }
      await sleep(100)
    }
  }

  function reconnect(): Promise<pg.Client> {
    reconnecting ??= tryUntilBack().finally(() => {
      reconnecting = undefined
    })
    return reconnecting
  }

  /** Tries until PostgreSQL is back; says so once, not at every try. */
  async function tryUntilBack(): Promise<pg.Client> {
    for (let attempt = 0; !closed && !lost; attempt += 1) {
      try {
        await connect(60_000)
        if (client) return client
      } catch (error) {
        if (error instanceof LeaseLostError) throw lose(error)
        if (attempt === 0) log(`waiting for PostgreSQL: ${error instanceof Error ? error.message : String(error)}`)
      }
      await sleep(Math.min(50 * 2 ** attempt, retryMsMax))
    }
    throw lost ?? new Error('the event log is closed')
  }

  function lose(error: LeaseLostError): LeaseLostError {
    if (lost) return lost
    lost = error
    void client?.end().catch(() => undefined)
    client = undefined
    options.onLost?.(error)
    return error
  }

  await connect(options.lockWaitMs ?? 10_000, options.locked)

  return {
    partition,
    headSeq: () => headSeq,
    auditHead: () => auditHead,
    isConnected: () => client !== undefined,
    async append(batch) {
      const before = headSeq
      for (let failures = 0; ; failures += 1) {
        // A connection that broke is tried again at once. A database that answers and cannot write (its disk is full) would else be asked
        // as often as it can refuse.
        if (failures > 1) await sleep(Math.min(50 * 2 ** failures, retryMsMax))
        if (closed) throw new Error('the event log is closed')
        if (lost || epoch === undefined) throw lost ?? new LeaseLostError(lostText)
        const writer = client ?? (await reconnect())
        // Only we write here: a head that moved while we were away is our own batch, committed before the answer got lost.
        if (headSeq > before) return await duplicatesOf(writer, partition, before, batch.rows)
        try {
          const { deeds = [], ...rest } = batch
          const audit = chainAudit(auditHead, partition, deeds)
          const duplicates = await appendEvents(writer, { ...rest, audit, partition, epoch, headSeq })
          headSeq = before + batch.rows.length - duplicates.size
          const newest = audit.at(-1)
          if (newest) auditHead = { n: newest.n, hash: newest.hash }
          return duplicates
        } catch (error) {
          if (isLeaseLost(error)) throw lose(new LeaseLostError(lostText, { cause: error }))
          if (!isConnectionLoss(error)) throw error
          if (client === writer) client = undefined
          await writer.end().catch(() => undefined)
        }
      }
    },
    async close() {
      closed = true
      await client?.end().catch(() => undefined)
      client = undefined
    },
  }
}

/** Which rows of our batch, whose answer got lost, are not in the log: the others are there in the batch's order. */
async function duplicatesOf(
  client: pg.Client,
  partition: number,
  afterSeq: number,
  rows: readonly { id: EventId }[],
): Promise<Set<number>> {
  const found = await client.query<{ id: EventId }>(
    'SELECT id FROM event WHERE partition = $1 AND seq > $2 ORDER BY seq',
    [partition, afterSeq],
  )
  const duplicates = new Set<number>()
  let written = 0
  rows.forEach((row, place) => {
    if (found.rows[written]?.id === row.id.toLowerCase()) written += 1
    else duplicates.add(place)
  })
  return duplicates
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === leaseLostCode
}

/** Class 08 is connection trouble, 57P is the server shutting down or crashing, 53 is short of resources: all pass. */
function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  // What pg says of a connection that ended has no code; any other error without one is a fault that a retry cannot mend.
  if (code === undefined) return /connection|not queryable|client was closed|timeout/i.test(error.message)
  return /^(08|57P|53)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/.test(code)
}

// A node that waits to own the log: it asks for the lock over and over, and reads meanwhile who has it. It writes nothing before it has the lock.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { endSilentOwner, type Lease, readLease, tryLock } from './lease.ts'

/** Two short questions each time; a waiting `pg_advisory_lock` would hold a snapshot open, and with it every dead row back. */
const pollMs = 250
/** An owner says every `aliveEveryMs` that it is there. */
export const aliveEveryMs = 2_000
const silentMsMax = 15_000
/**
 * After PostgreSQL itself was away everybody's connection is new. The owner before, which has the whole state in memory, goes first: a restart of
 * the database is then no change of owner.
 */
const graceMs = 5_000

export type LeaseCandidate = {
  /** As read last; undefined where there is no owner yet, or PostgreSQL does not answer. */
  lease(): Lease | undefined
  /** Whether the first question was answered with the lock. Rejects where the database cannot be reached at all. */
  first: Promise<boolean>
  /** The connection that has the lock: the caller's from now on. undefined after `stop`. */
  won: Promise<pg.Client | undefined>
  stop(): Promise<void>
}

export type LeaseCandidateOptions = {
  connectionString: string
  partition: number
  log: (line: string) => void
  /** Of tests, which do not wait. */
  times?: { pollMs?: number; silentMsMax?: number; graceMs?: number }
}

export function seekLease(options: LeaseCandidateOptions): LeaseCandidate {
  const { connectionString, partition, log } = options
  const times = { pollMs, silentMsMax, graceMs, ...options.times }
  const stopping = new AbortController()
  let lease: Lease | undefined
  let answerFirst: (hasLock: boolean) => void = () => undefined
  let failFirst: (error: unknown) => void = () => undefined
  const first = new Promise<boolean>((resolve, reject) => {
    answerFirst = resolve
    failFirst = reject
  })
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined)

  async function seek(): Promise<pg.Client | undefined> {
    let wasThere = false
    let wasAway = false
    let told = false
    while (!stopping.signal.aborted) {
      const client = new pg.Client({
        connectionString,
        application_name: 'vigil lease',
        connectionTimeoutMillis: 5_000,
      })
      client.on('error', () => undefined) // the query that it breaks says so
      try {
        await client.connect()
        wasThere = true
        if (wasAway) await pause(times.graceMs)
        if (await ask(client)) return client
      } catch (error) {
        lease = undefined
        // A database that was never there is more likely a wrong address than an outage.
        if (!wasThere) throw new Error(`Cannot reach the database: ${messageOf(error)}`, { cause: error })
        if (!told) log(`waiting for PostgreSQL: ${messageOf(error)}`)
        told = true
      }
      await client.end().catch(() => undefined)
      wasAway = true
      await pause(times.pollMs)
    }
    return undefined
  }

  /** True with the lock; false after `stop`. Throws when the connection breaks. */
  async function ask(client: pg.Client): Promise<boolean> {
    while (!stopping.signal.aborted) {
      if (await tryLock(client, partition)) return true
      lease = await readLease(client, partition)
      answerFirst(false)
      if (lease && lease.silentMs > times.silentMsMax && (await endSilentOwner(client, partition, times.silentMsMax)))
        log(
          `the owner of the log has said nothing for ${Math.round(lease.silentMs / 1000)} s: its connection was ended`,
        )
      await pause(times.pollMs)
    }
    return false
  }

  const won = seek().then(async (client) => {
    answerFirst(client !== undefined)
    if (!client || !stopping.signal.aborted) return client
    await client.end().catch(() => undefined)
    return undefined
  })
  won.catch(failFirst)

  return {
    lease: () => lease,
    first,
    won,
    async stop() {
      stopping.abort()
      await won.catch(() => undefined) // told by `won` itself
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

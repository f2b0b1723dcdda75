// The default database: a real PostgreSQL on loopback, made on first use in the data folder and supervised. It must
// never lose a committed row (fsync and synchronous_commit stay on) and never outlive the server that started it.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import {
  type Cluster,
  choosePort,
  database,
  dataFolderArgument,
  explainFailure,
  openCluster,
  postgresEnvironment,
  urlOfEmbedded,
} from './embedded/cluster.ts'
import { clearOrphan, lockDataFolder } from './embedded/data-folder-lock.ts'

export interface EmbeddedPostgres {
  /** stays the same for the life of this object, restarts included, so that pools reconnect by themselves */
  readonly connectionString: string
  /** of the postmaster now running; null between a crash and the restart */
  readonly pid: number | null
  /** Fast shutdown; resolves when no process is left. Repeating it is harmless. */
  stop(): Promise<void>
}

export interface PostgresExit {
  pid: number
  code: number | null
  signal: NodeJS.Signals | null
  /** the last lines it logged */
  lastLines: string[]
  restartInMs: number
}

export interface EmbeddedPostgresOptions {
  /** folder of ours alone, e.g. .vigil/postgres; created when absent */
  dataDir: string
  log?: (message: string) => void
  /** called when PostgreSQL died without being asked; it is being restarted already */
  onExit?: (exit: PostgresExit) => void
}

const startLimitMs = 60_000 // crash recovery replays at most max_wal_size of log
const restartDelaysMs = [0, 200, 500, 1_000, 2_000, 5_000, 10_000]
const healthyAfterMs = 60_000

/** Given on the command line, so that nothing written into the data folder can weaken them. */
const settings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  wal_compression: 'on',
  max_wal_size: '2GB',
  max_connections: '50',
  // Parallel plans want /dev/shm, of which a container has 64 MB, and fail there; our queries do not need them.
  max_parallel_workers_per_gather: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
}

export async function startEmbeddedPostgres({
  dataDir,
  log = () => {},
  onExit = () => {},
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await openClusterLocked(dataDir, log)
  const port = await choosePort(dataDir).catch((error: unknown) => {
    cluster.unlock()
    throw explainFailure(error, dataDir)
  })
  const urlOf = (name: string) => urlOfEmbedded({ password: cluster.password, port, name })
  const lastLines: string[] = []
  let child: ChildProcess | null = null
  let stopping: Promise<void> | null = null
  let failures = 0
  let restartTimer: NodeJS.Timeout | undefined

  /** Spawns and waits until it answers. Rejects when it exits first; the child is gone then. */
  async function launch(): Promise<void> {
    const started = spawnPostgres(cluster, port, (line) => {
      lastLines.push(line)
      if (lastLines.length > 20) lastLines.shift()
      log(`postgres: ${line}`)
    })
    child = started
    const exited = new Promise<void>((resolve) => started.once('exit', () => resolve()))
    started.once('exit', () => {
      if (child === started) child = null
    })
    try {
      await waitUntilReady(urlOf('postgres'), started, exited)
    } catch (error) {
      started.kill('SIGQUIT')
      await exited
      throw explainFailure(new Error([...lastLines, String(error)].join('\n'), { cause: error }), dataDir)
    }
    const readyAtMs = Date.now()
    void exited.then(() => {
      if (stopping) return
      if (Date.now() - readyAtMs > healthyAfterMs) failures = 0
      restartAfter(started)
    })
  }

  function restartAfter(dead: ChildProcess): void {
    const { exitCode: code, signalCode: signal, pid = 0 } = dead
    log(`PostgreSQL (pid ${pid}) ended without being asked (${signal ?? code}); restarting it`)
    onExit({ pid, code, signal, lastLines: [...lastLines], restartInMs: scheduleRestart() })
  }

  function scheduleRestart(): number {
    const restartInMs = restartDelaysMs[Math.min(failures, restartDelaysMs.length - 1)] ?? 10_000
    failures += 1
    restartTimer = setTimeout(() => void relaunch(), restartInMs)
    return restartInMs
  }

  async function relaunch(): Promise<void> {
    try {
      await clearOrphan(cluster.clusterDir, log) // backends of a killed postmaster need a moment to notice
      if (stopping) return
      await launch()
      log(`PostgreSQL is back (pid ${child?.pid})`)
    } catch (error) {
      if (stopping) return
      const restartInMs = scheduleRestart()
      log(
        `PostgreSQL did not come back, next try in ${restartInMs} ms: ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  /** Last resort: a server that dies of an exception must not leave its database behind. */
  const killAtExit = () => child?.kill('SIGINT')
  process.once('exit', killAtExit)

  async function shutDown(): Promise<void> {
    clearTimeout(restartTimer)
    const last = child
    if (last) await stopChild(last, log)
    process.removeListener('exit', killAtExit)
    cluster.unlock()
  }

  try {
    await launch()
    await createDatabase(urlOf('postgres'))
  } catch (error) {
    stopping = shutDown()
    await stopping
    throw error
  }
  return {
    connectionString: urlOf(database),
    get pid() {
      return child?.pid ?? null
    },
    stop() {
      stopping ??= shutDown()
      return stopping
    },
  }
}

async function openClusterLocked(
  dataDir: string,
  log: (message: string) => void,
): Promise<Cluster & { unlock(): void }> {
  let unlock: (() => void) | undefined
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    unlock = await lockDataFolder(dataDir)
    const cluster = await openCluster(dataDir)
    await clearOrphan(cluster.clusterDir, log)
    return { ...cluster, unlock }
  } catch (error) {
    unlock?.()
    throw explainFailure(error, dataDir)
  }
}

function spawnPostgres(cluster: Cluster, port: number, onLine: (line: string) => void): ChildProcess {
  const { binaries, clusterDir, account } = cluster
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(
    binaries.postgres,
    ['-D', dataFolderArgument(clusterDir, account), '-p', String(port), ...flags],
    {
      cwd: clusterDir,
      env: postgresEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C reaches the server alone, which writes its last rows before it stops the database.
      detached: true,
      ...account,
    },
  )
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (!/ LOG: {2}/.test(line)) onLine(line)
  })
  child.on('error', (error) => onLine(`cannot run ${binaries.postgres}: ${error.message}`))
  return child
}

/** Connects with the password until it works: proves port, authentication and recovery at once. */
async function waitUntilReady(url: string, child: ChildProcess, exited: Promise<void>): Promise<void> {
  let gone = child.pid === undefined
  void exited.then(() => {
    gone = true
  })
  const deadlineMs = Date.now() + startLimitMs
  for (let lastError: unknown; ; ) {
    if (gone) throw new Error(`it exited with ${child.signalCode ?? child.exitCode}`)
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {}) // reported by the query that it breaks
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      lastError = error
      await client.end().catch(() => {}) // it never connected: nothing to close
      if ((error as { code?: string }).code === '28P01')
        throw new Error('the password in its data folder is not its own')
    }
    if (Date.now() > deadlineMs) throw new Error(`not ready after ${startLimitMs / 1000} s: ${lastError}`)
    await sleep(20)
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database])
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`)
  } finally {
    await client.end()
  }
}

/** Fast shutdown, then immediate, then by force: a child of ours that has not exited cannot have lent its pid away. */
async function stopChild(child: ChildProcess, log: (message: string) => void): Promise<void> {
  const exited = new Promise<'exited'>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve('exited')
    else child.once('exit', () => resolve('exited'))
  })
  for (const [signal, patienceMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const) {
    child.kill(signal)
    const waiting = new AbortController()
    const timeout = sleep(patienceMs, 'late' as const, { signal: waiting.signal }).catch(() => 'late' as const)
    const result = await Promise.race([exited, timeout])
    waiting.abort()
    if (result === 'exited') return
    log(`PostgreSQL (pid ${child.pid}) did not stop within ${patienceMs / 1000} s of ${signal}`)
  }
  throw new Error(`PostgreSQL (pid ${child.pid}) cannot be stopped.`)
}

// Makes and checks the folder of an embedded PostgreSQL cluster: initdb, password, port, and plain words for what is
// wrong with it. Durability is a product promise: nothing here may weaken fsync.
import { execFile } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, accountForPostgres } from './account.ts'
import { locateBinaries, type PostgresBinaries } from './binaries.ts'

export const superuser = 'vigil'

export interface Cluster {
  clusterDir: string
  password: string
  /** null: this process's own account */
  account: Account | null
  binaries: PostgresBinaries
}

/** Nothing of the caller's environment reaches PostgreSQL: a stray PGPORT or LC_ALL would change it. */
export const postgresEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  NODE_ENV: 'production', // means nothing to PostgreSQL; Next's types demand it of every environment
}

/**
 * The data folder as PostgreSQL should name it. Under Linux as root we start it inside the folder and let it speak of
 * its own working folder: then its account needs no way through the folders above (a clone in /root is closed to it).
 */
export function dataFolderArgument(clusterDir: string, account: Account | null): string {
  return account && process.platform === 'linux' ? '/proc/self/cwd' : clusterDir
}

/** Creates the cluster on first use; otherwise checks that it can be opened. The folder exists and is locked. */
export async function openCluster(dataDir: string): Promise<Cluster> {
  const clusterDir = join(dataDir, 'cluster')
  const owner = await stat(clusterDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  const account = accountForPostgres(owner)
  if (account) await chown(dataDir, account.uid, account.gid)
  const binaries = await locateBinaries(account)
  const password = await readOrMakePassword(dataDir, account, owner !== null)
  if (owner === null) await initialise({ clusterDir, password, account, binaries })
  else await checkVersion(clusterDir, binaries.major)
  return { clusterDir, password, account, binaries }
}

async function readOrMakePassword(dataDir: string, account: Account | null, clusterExists: boolean): Promise<string> {
  const path = join(dataDir, 'password')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (clusterExists) {
      throw new Error(
        `${path} is missing, and without it the database in ${dataDir} cannot be opened. Restore that file from a backup, or move ${dataDir} away to start empty.`,
      )
    }
  }
  const password = randomBytes(24).toString('hex')
  await writeFile(path, `${password}\n`, { mode: 0o600 })
  await chmod(path, 0o600)
  if (account) await chown(path, account.uid, account.gid) // initdb reads it as that account
  return password
}

/** initdb into a side folder and rename: a start that is killed half-way leaves nothing that looks like a cluster. */
async function initialise({ clusterDir, account, binaries }: Cluster): Promise<void> {
  const newDir = `${clusterDir}.new`
  await rm(newDir, { recursive: true, force: true })
  await mkdir(newDir, { mode: 0o700 })
  if (account) await chown(newDir, account.uid, account.gid)
  const folder = dataFolderArgument(newDir, account)
  await promisify(execFile)(
    binaries.initdb,
    [
      `--pgdata=${folder}`,
      `--username=${superuser}`,
      `--pwfile=${folder}/../password`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Built into PostgreSQL 17+: the same order of text on every machine, whatever locales it has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { cwd: newDir, env: postgresEnvironment, ...account },
  )
  await rename(newDir, clusterDir)
}

async function checkVersion(clusterDir: string, major: number): Promise<void> {
  const made = (await readFile(join(clusterDir, 'PG_VERSION'), 'utf8')).trim()
  if (made === String(major)) return
  throw new Error(
    `${clusterDir} was made by PostgreSQL ${made}, and this Vigil brings ${major}. Dump it with the older Vigil and load it here, or set VIGIL_DATA to a new folder.`,
  )
}

export const database = 'vigil'

/** Where the PostgreSQL of this folder answers while it runs; undefined where it never ran. Throws when the folder is somebody else's. */
export async function embeddedUrlOf(dataDir: string): Promise<string | undefined> {
  const read = async (name: string) =>
    await readFile(join(dataDir, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
  const [password, port] = [(await read('password'))?.trim(), Number(await read('port'))]
  if (!password || !Number.isInteger(port) || port <= 0) return undefined
  return urlOfEmbedded({ password, port, name: database })
}

export function urlOfEmbedded({ password, port, name }: { password: string; port: number; name: string }): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${name}`
}

/** The port of the last start when it is still free, so that saved connection strings stay good; else a new one. */
export async function choosePort(dataDir: string): Promise<number> {
  const path = join(dataDir, 'port')
  const saved = Number(await readFile(path, 'utf8').catch(() => '')) // absent or unreadable: choose anew
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below the range that kernels lend to outgoing connections: nobody takes it while PostgreSQL restarts.
    const port = attempt === 0 && saved > 0 ? saved : randomInt(20_000, 32_000)
    if (!(await isFree(port))) continue
    if (port !== saved) await writeFile(path, `${port}\n`, { mode: 0o600 })
    return port
  }
  throw new Error('No free TCP port was found on 127.0.0.1 between 20000 and 32000 for the embedded PostgreSQL.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** One line that says what to do, for failures of the file system and of the binaries; other errors pass unchanged. */
export function explainFailure(error: unknown, dataDir: string): Error {
  const { code } = error as NodeJS.ErrnoException
  const text = `${error instanceof Error ? error.message : error}\n${(error as { stderr?: string }).stderr ?? ''}`
  const say = (line: string) => new Error(line, { cause: error })
  if (code === 'ENOSPC' || /No space left on device/.test(text)) {
    return say(
      `The disk that holds ${dataDir} is full. Free some space and start again, or set VIGIL_DATA to another disk.`,
    )
  }
  if (code === 'EROFS' || /Read-only file system/.test(text)) {
    return say(`${dataDir} is on a read-only file system. Set VIGIL_DATA to a folder that can be written.`)
  }
  if (code === 'EACCES' || code === 'EPERM' || /Permission denied|wrong ownership/.test(text)) {
    return say(
      `${dataDir} cannot be read and written by this user. Give it to the user that runs Vigil, or set VIGIL_DATA to another folder.`,
    )
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return say(`${dataDir} is not a folder. Move that file away, or set VIGIL_DATA to another folder.`)
  }
  if (error instanceof Error && !/^Command failed/.test(error.message) && code === undefined) return error
  return say(`The embedded PostgreSQL in ${dataDir} did not start: ${text.trim().split('\n').filter(Boolean).at(-1)}`)
}

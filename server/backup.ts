// A backup of everything that a Vigil keeps, and a restore of it: the database, wherever it is, and what of the data folder cannot be made again.
// Also while the server runs. A restore never writes over anything.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openArchive, writeArchive } from './store/backup/archive.ts'
import { dumpDatabase } from './store/backup/dump-database.ts'
import { loadDatabase } from './store/backup/load-database.ts'
import type { FileInBackup, Manifest } from './store/backup/manifest.ts'
import { embeddedUrlOf } from './store/embedded/cluster.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { readMigrations } from './store/migrate.ts'

/** Where the end of the audit is remembered, the local probe's key, and rules that people put there. Everything else is made anew. */
const namedFiles = ['audit-head.json', 'probe.key']
const rulesFolder = 'rules'
const fileBytesMax = 64 * 1024 * 1024
const startingMs = 60_000

export type BackupPlace = {
  dataDir: string
  /** undefined: the embedded one in the data folder */
  databaseUrl: string | undefined
  /** Of the program, for its migrations. */
  root: string
  log: (line: string) => void
}

export type BackupSummary = {
  file: string
  bytes: number
  madeAtMs: number
  tables: number
  rows: number
  events: number
  /** Of the data folder. */
  files: string[]
}

/** Throws an Error with one line that says what to do. */
export async function makeBackup(file: string, place: BackupPlace): Promise<BackupSummary> {
  const target = path.resolve(file)
  const database = await openExisting(place)
  try {
    const migrations = await readMigrations(path.join(place.root, 'prisma/migrations'))
    const manifest = await writeArchive(target, async (add) => {
      // Before the moment of the database: an end of the audit that was written down later would not be in it.
      const contents = await filesOf(place.dataDir)
      const files: FileInBackup[] = []
      for (const [name, content] of contents) {
        const piece = await add(`data/${String(files.length + 1).padStart(6, '0')}.gz`, content)
        files.push({ path: name, piece })
      }
      const dumped = await dumpDatabase({
        connectionString: database.connectionString,
        migrations,
        add,
        progress: (table) => place.log(`reading ${table}`),
      })
      return { format: 'vigil backup', version: 1, ...dumped, files }
    })
    return summaryOf(file, (await stat(target)).size, manifest)
  } finally {
    await database.close()
  }
}

/** Reads every byte and writes nothing. Throws an Error with one line. */
export async function checkBackup(file: string): Promise<BackupSummary> {
  const archive = await openChecked(file)
  await archive.close()
  return summaryOf(file, archive.bytes, archive.manifest)
}

/** Throws an Error with one line that says what to do; nothing was restored then. */
export async function restoreBackup(file: string, place: BackupPlace): Promise<BackupSummary> {
  const archive = await openChecked(file)
  try {
    const stranger = archive.manifest.files.find(({ path: name }) => !isOurs(name))?.path
    if (stranger !== undefined)
      throw new Error(`${file} is not restored: it holds ${stranger}, which no backup of ours has`)
    await requireEmptyFolder(place.dataDir)
    await mkdir(place.dataDir, { recursive: true })
    const database = place.databaseUrl === undefined ? await startOwn(place) : outside(place.databaseUrl)
    const written: string[] = []
    try {
      await loadDatabase({
        connectionString: database.connectionString,
        migrationsDir: path.join(place.root, 'prisma/migrations'),
        archive,
        progress: (table) => place.log(`writing ${table}`),
        async beforeCommit() {
          for (const { path: name, piece } of archive.manifest.files) {
            const target = path.join(place.dataDir, name)
            await mkdir(path.dirname(target), { recursive: true })
            written.push(target)
            await writeNew(target, await archive.read(piece))
          }
        },
      })
    } catch (error) {
      for (const target of written) await rm(target, { force: true })
      throw error
    } finally {
      await database.close()
    }
    return summaryOf(file, archive.bytes, archive.manifest)
  } finally {
    await archive.close()
  }
}

async function openChecked(file: string) {
  return await openArchive(file).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new Error(`${file} is not there`)
    throw new Error(`${file} is not restored: ${message}`, { cause: error })
  })
}

function summaryOf(file: string, bytes: number, manifest: Manifest): BackupSummary {
  return {
    file,
    bytes,
    madeAtMs: manifest.madeAtMs,
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    events: manifest.tables.find(({ table }) => table === 'event')?.rows ?? 0,
    files: manifest.files.map((each) => each.path),
  }
}

type Database = { connectionString: string; close(): Promise<void> }

const outside = (connectionString: string): Database => ({ connectionString, close: async () => undefined })

/** The server's own PostgreSQL while it runs; else it is started for as long as this takes. */
async function openExisting({ dataDir, databaseUrl, log, ...rest }: BackupPlace): Promise<Database> {
  if (databaseUrl !== undefined) return outside(databaseUrl)
  const folder = path.join(dataDir, 'postgres')
  if (!(await isThere(path.join(folder, 'cluster')))) {
    throw new Error(
      `there is no database in ${dataDir}: set VIGIL_DATA to the data folder, or DATABASE_URL to your own PostgreSQL`,
    )
  }
  const running = await embeddedUrlOf(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES')
      throw new Error(`${folder} belongs to another user: run this as the user that runs Vigil`)
    throw error
  })
  if (running !== undefined && (await answers(running))) return outside(running)
  log('the server does not run: its database is started for this')
  return await startOwn({ dataDir, databaseUrl, log, ...rest })
}

async function startOwn({ dataDir, log }: BackupPlace): Promise<Database> {
  const embedded = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres'), log })
  return { connectionString: embedded.connectionString, close: () => embedded.stop() }
}

/** False where nobody listens, or somebody else does, who does not know the password. */
async function answers(connectionString: string): Promise<boolean> {
  for (const deadlineMs = Date.now() + startingMs; ; await sleep(200)) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      await client.end().catch(() => undefined)
      const isStarting = (error as { code?: string }).code === '57P03'
      if (!isStarting || Date.now() > deadlineMs) return false
    }
  }
}

const isOurs = (name: string) => namedFiles.includes(name) || name.startsWith(`${rulesFolder}/`)

/** Path in the data folder -> content. */
async function filesOf(dataDir: string): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = []
  for (const name of namedFiles) {
    const content = await readFile(path.join(dataDir, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new Error(`${path.join(dataDir, name)} cannot be read: ${error.message}`)
    })
    if (content) found.push([name, content])
  }
  const rules = path.join(dataDir, rulesFolder)
  if (!(await isThere(rules))) return found
  for (const entry of readdirSync(rules, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    // What a link leads to is not of this folder; rules are read from plain files alone.
    if (!entry.isFile() || statSync(file).size > fileBytesMax) continue
    found.push([path.relative(dataDir, file).split(path.sep).join('/'), readFileSync(file)])
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1))
}

async function requireEmptyFolder(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Error(`${dataDir} cannot be used: ${error.message}`)
  })
  // The database in it is looked at by itself.
  const stranger = names.find((name) => name !== 'postgres' && name !== 'lost+found')
  if (stranger === undefined) return
  throw new Error(
    `the data folder ${dataDir} is not empty (${stranger}): move it away, or set VIGIL_DATA to a new folder`,
  )
}

async function writeNew(file: string, content: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  )
}

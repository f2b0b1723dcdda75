// One Vigil at a time per data folder, and no orphaned PostgreSQL left on it. A process is signalled only after its
// own /proc entry proves that it is a postgres working in this very cluster: pids are reused.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

interface Owner {
  pid: number
  /** start time of that pid in clock ticks since boot, plus the boot's id: together they survive pid reuse */
  startedAt: string
}

/** Claims the folder, or throws with the pid that holds it. Returns the function that lets it go. */
export async function lockDataFolder(dataDir: string): Promise<() => void> {
  const lockPath = join(dataDir, 'owner.json')
  const me: Owner = { pid: process.pid, startedAt: startOf(process.pid) ?? '' }
  const deadlineMs = Date.now() + 1_500 // a server that was killed this instant takes a moment to be gone
  for (;;) {
    try {
      await writeFile(lockPath, JSON.stringify(me), { flag: 'wx', mode: 0o600 })
      return () => rmSync(lockPath, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await readOwner(lockPath)
    if (!holder || startOf(holder.pid) !== holder.startedAt) {
      await rm(lockPath, { force: true }) // its owner is gone
    } else if (holder.pid === process.pid || Date.now() > deadlineMs) {
      const who = holder.pid === process.pid ? 'this process already' : `another Vigil server (pid ${holder.pid})`
      throw new Error(`${dataDir} is in use by ${who}. Stop it first, or set VIGIL_DATA to another folder.`)
    } else await sleep(50)
  }
}

async function readOwner(lockPath: string): Promise<Owner | null> {
  try {
    const value: unknown = JSON.parse(await readFile(lockPath, 'utf8'))
    if (typeof value === 'object' && value && 'pid' in value && 'startedAt' in value) {
      return { pid: Number(value.pid), startedAt: String(value.startedAt) }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return null // gone meanwhile, or torn by a crash while it was written
}

/** What distinguishes this pid from an earlier or later process of the same number; null when there is none. */
function startOf(pid: number): string | null {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name may hold spaces and parentheses: fields are counted after the last ")". Start time is field 22.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null // dead, merely not yet collected by its parent
    const startTicks = fields[18]
    return `${startTicks}@${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`
  } catch {
    return null // no such process
  }
}

/**
 * Stops a PostgreSQL that a killed Vigil left running on this cluster, waits for stray backends of a killed one, and
 * removes a postmaster.pid whose number now belongs to somebody else. To be called while holding the folder's lock.
 */
export async function clearOrphan(clusterDir: string, log: (message: string) => void): Promise<void> {
  const pidFile = join(clusterDir, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return
  const postmasterPid = Number(text.split('\n', 1)[0])
  let living = postgresPidsIn(clusterDir)
  if (living.includes(postmasterPid)) {
    log(`stopping the PostgreSQL (pid ${postmasterPid}) that an earlier Vigil left running`)
    process.kill(postmasterPid, 'SIGINT') // fast shutdown: disconnects, checkpoints, exits
  }
  for (let waitedMs = 0; living.length > 0 && waitedMs < 30_000; waitedMs += 50) {
    await sleep(50)
    living = postgresPidsIn(clusterDir)
  }
  if (living.length > 0) {
    throw new Error(
      `A PostgreSQL (pid ${living.join(', ')}) still holds ${clusterDir} and does not stop. Stop it by hand.`,
    )
  }
  // Nobody works in this cluster. PostgreSQL would still refuse if the old number was taken by another process of ours.
  if (process.platform === 'linux') await rm(pidFile, { force: true })
}

/** Pids of postgres processes whose working folder is this cluster (PostgreSQL always works in its data folder). */
function postgresPidsIn(clusterDir: string): number[] {
  const cluster = realpathSync(clusterDir)
  if (process.platform !== 'linux') {
    const rows = execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' }).split('\n')
    return rows
      .filter((row) => row.includes('postgres') && row.includes(cluster))
      .map((row) => Number.parseInt(row, 10))
  }
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return (
          pid > 0 &&
          readlinkSync(`/proc/${pid}/cwd`) === cluster &&
          basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')) === 'postgres'
        )
      } catch {
        return false // it ended while we looked, or belongs to somebody else
      }
    })
}

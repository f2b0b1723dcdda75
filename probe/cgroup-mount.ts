// Finds the cgroup v2 hierarchy and our own `vigil` folder in it, and proves that a process can be put there and frozen.
// It must never touch a cgroup outside that folder: what is adopted is held elsewhere, by its inode (session-cgroup.ts).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/** Mount point of cgroup v2 from the text of /proc/self/mountinfo: also the `unified` one of a hybrid host. */
export function parseCgroup2Mount(mountinfo: string): { mountPoint: string; root: string } | undefined {
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ')
    if (!right?.startsWith('cgroup2 ')) continue
    const fields = left?.split(' ') ?? []
    const [, , , root, mountPoint] = fields
    if (root !== undefined && mountPoint !== undefined) {
      return { mountPoint: unescapeMount(mountPoint), root: unescapeMount(root) }
    }
  }
  return undefined
}

/** mountinfo writes space, tab, newline and backslash as octal. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** Path of a process in the v2 hierarchy from /proc/PID/cgroup. */
export function parseCgroup2Path(text: string): string | undefined {
  for (const line of text.split('\n')) if (line.startsWith('0::')) return line.slice(3)
  return undefined
}

/**
 * A session id as one folder name: injective, without dots, so it can neither leave the folder nor look like one of the
 * kernel's own files.
 */
export function encodeSessionFolder(session: string): string {
  const encoded = session.replace(/[^A-Za-z0-9-]/g, (char) => `_${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  if (encoded.length <= 160) return encoded
  return `${encoded.slice(0, 96)}_z${createHash('sha256').update(session).digest('hex').slice(0, 32)}`
}

export type CgroupHome = {
  /** Absolute path of our `vigil` folder. */
  folder: string
  /** Its path as /proc/PID/cgroup and ss write it, for example `/vigil`. */
  path: string
  /** Its path as nft wants it, from /sys/fs/cgroup, and its depth in the hierarchy. */
  nftPath: string | undefined
  level: number
}
/** Absolute path of the whole hierarchy in which our folder is. */
export function mountPointOf(home: CgroupHome): string {
  return home.folder.slice(0, home.folder.length - home.path.length) || '/'
}

export type CgroupFinding = { ok: true; home: CgroupHome } | { ok: false; reason: string }

/** Looks for a place where session cgroups can be made, entered and frozen, and tries it out. Never throws. */
export function findCgroupHome(): CgroupFinding {
  let mount: ReturnType<typeof parseCgroup2Mount>
  let own: string | undefined
  try {
    mount = parseCgroup2Mount(fs.readFileSync('/proc/self/mountinfo', 'utf8'))
    own = parseCgroup2Path(fs.readFileSync('/proc/self/cgroup', 'utf8'))
  } catch (error) {
    return { ok: false, reason: `/proc cannot be read: ${String(error)}` }
  }
  if (!mount) return { ok: false, reason: 'no cgroup v2 is mounted on this host' }
  const reasons: string[] = []
  const parents = [...new Set(['/', own ?? '/'])].filter((parent) => !parent.includes('/vigil'))
  for (const parent of parents) {
    const cgroupPath = path.posix.join(parent, 'vigil')
    const folder = path.join(mount.mountPoint, cgroupPath)
    const problem = tryFolder(folder)
    if (problem !== undefined) {
      reasons.push(problem)
      continue
    }
    const inSys = path.relative('/sys/fs/cgroup', folder)
    const level = cgroupPath.split('/').filter((part) => part !== '').length
    return { ok: true, home: { folder, path: cgroupPath, nftPath: inSys.startsWith('..') ? undefined : inSys, level } }
  }
  return { ok: false, reason: reasons[0] ?? 'no cgroup folder can be used' }
}

function tryFolder(folder: string): string | undefined {
  const trial = path.join(folder, `trial-${process.pid}-${Date.now().toString(36)}`)
  try {
    fs.mkdirSync(folder, { recursive: true })
    enableMemory(folder)
    fs.mkdirSync(trial)
  } catch (error) {
    return `cgroup v2 cannot be written (${errorCode(error)} on ${folder})`
  }
  try {
    if (!fs.existsSync(path.join(trial, 'cgroup.freeze')))
      return 'this kernel has no cgroup.freeze (Linux 5.2 or newer is needed)'
    const entered = spawnSync('sh', ['-c', 'echo $$ >"$1/cgroup.procs"', 'sh', trial], { timeout: 5_000 })
    if (entered.status !== 0)
      return `a process cannot be put into ${folder}: ${entered.stderr.toString().trim().slice(0, 200)}`
    fs.writeFileSync(path.join(trial, 'cgroup.freeze'), '0')
    return undefined
  } catch (error) {
    return `cgroup.freeze cannot be written (${errorCode(error)})`
  } finally {
    try {
      fs.rmdirSync(trial)
    } catch {
      // A trial folder that is still busy is empty of sessions and harmless; the next start makes another.
    }
  }
}

/** Lets the kernel account memory for our own children where the parent allows it; without it RSS is summed instead. */
function enableMemory(folder: string): void {
  try {
    const controllers = fs.readFileSync(path.join(folder, 'cgroup.controllers'), 'utf8').split(/\s+/)
    if (controllers.includes('memory')) fs.writeFileSync(path.join(folder, 'cgroup.subtree_control'), '+memory')
  } catch {
    // Optional: the observer says from where memory is read.
  }
}

/**
 * Makes the cgroup of a session, always a fresh one: a left-over would hand on its freeze and its counters. Throws an Error
 * with one line for the person when one of that name still holds processes, or when the kernel refuses.
 */
export function makeSessionCgroup(home: CgroupHome, session: string): { folder: string; path: string } {
  const name = encodeSessionFolder(session)
  const folder = path.join(home.folder, name)
  if (!isPopulated(folder)) removeSessionCgroup(home, folder)
  try {
    fs.mkdirSync(folder)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    throw new Error(
      `the cgroup ${folder} still holds processes of an earlier session of this name: choose another --session`,
    )
  }
  return { folder, path: path.posix.join(home.path, name) }
}

/** Processes in it or in any cgroup below it. */
function isPopulated(folder: string): boolean {
  try {
    return /^populated 1$/m.test(fs.readFileSync(path.join(folder, 'cgroup.events'), 'utf8'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENODEV') return false
    throw error
  }
}

/** Removes a session's cgroup and its children when nothing is in them; a busy one is left as it is. */
export function removeSessionCgroup(home: CgroupHome, folder: string): void {
  if (path.dirname(folder) !== home.folder) throw new Error(`${folder} is not one of our session cgroups`)
  removeTree(folder)
}

function removeTree(folder: string): void {
  let entries: fs.Dirent[]
  try {
    entries = fs.readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  for (const entry of entries) if (entry.isDirectory()) removeTree(path.join(folder, entry.name))
  try {
    fs.rmdirSync(folder)
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(errorCode(error))) throw error
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

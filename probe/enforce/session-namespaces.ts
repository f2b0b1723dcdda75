// Which cgroups and threads a session has this moment, and in which network namespaces they are. Threads, not processes: one thread
// may enter another namespace while its process stays.
import fs from 'node:fs'
import { parseNamespaceLink } from '../observe/parse-proc.ts'
import { readNetns, readSocketInodes } from '../observe/read-process.ts'

export type SessionTasks = {
  /** The session's cgroup and all below it: folder, and id as nft and ss know it. */
  cgroups: { folder: string; id: number }[]
  /** One thread in each network namespace, by its inode. */
  namespaces: Map<number, number>
  pids: number[]
  /** There was more than could be read. */
  cutShort: boolean
}

const cgroupsMax = 1_000
const tasksMax = 20_000
const sliceMs = 2

/** Gives other work its turn every few milliseconds. */
export function breather(): () => Promise<void> {
  let endMs = performance.now() + sliceMs
  return async () => {
    if (performance.now() < endMs) return
    await new Promise((resolve) => setImmediate(resolve))
    endMs = performance.now() + sliceMs
  }
}

/** Nothing at all when the cgroup is gone. */
export async function readSessionTasks(folder: string): Promise<SessionTasks> {
  const tasks: SessionTasks = { cgroups: [], namespaces: new Map(), pids: [], cutShort: false }
  const rest = breather()
  const waiting = [folder]
  let threads = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const stat = fs.statSync(next, { throwIfNoEntry: false })
    if (!stat) continue
    if (tasks.cgroups.length >= cgroupsMax) {
      tasks.cutShort = true
      break
    }
    tasks.cgroups.push({ folder: next, id: stat.ino })
    for (const pid of readNumbers(next, 'cgroup.procs', tasks)) tasks.pids.push(pid)
    for (const thread of readNumbers(next, 'cgroup.threads', tasks)) {
      await rest()
      threads += 1
      if (threads > tasksMax) {
        tasks.cutShort = true
        break
      }
      const netns = readNetns(thread)
      if (netns !== 0) tasks.namespaces.set(netns, thread)
    }
    // A cgroup folder's link count is 2 + its children.
    if (stat.nlink > 2) waiting.push(...readChildren(next, tasks))
  }
  return tasks
}

function readNumbers(folder: string, file: string, tasks: SessionTasks): number[] {
  try {
    const text = fs.readFileSync(`${folder}/${file}`, 'utf8')
    return text.split('\n').flatMap((line) => (line === '' || line === '0' ? [] : [Number(line)]))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // EOPNOTSUPP: the processes of a threaded cgroup are listed above it.
    if (!['ENOENT', 'ENODEV', 'EOPNOTSUPP', 'ENOTSUP'].includes(code ?? '')) tasks.cutShort = true
    return []
  }
}

function readChildren(folder: string, tasks: SessionTasks): string[] {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true })
    return entries.flatMap((entry) => (entry.isDirectory() ? [`${folder}/${entry.name}`] : []))
  } catch (error) {
    // Nested so deep that its path is too long to be read.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') tasks.cutShort = true
    return []
  }
}

/** PIDs of all processes of this host by the network namespace they are in. One scan serves many questions. */
export async function readEveryNamespace(): Promise<Map<number, number[]>> {
  const rest = breather()
  const namespaces = new Map<number, number[]>()
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    await rest()
    let netns: number
    try {
      netns = parseNamespaceLink(fs.readlinkSync(`/proc/${name}/ns/net`))
    } catch {
      continue // It has ended.
    }
    const pids = namespaces.get(netns)
    if (pids) pids.push(Number(name))
    else namespaces.set(netns, [Number(name)])
  }
  return namespaces
}

/** Inodes of the sockets that these processes have open, each with one of its holders. */
export async function readHeldSockets(pids: readonly number[]): Promise<Map<number, number>> {
  const rest = breather()
  const holders = new Map<number, number>()
  for (const pid of pids) {
    await rest()
    for (const inode of readSocketInodes(pid)) if (!holders.has(inode)) holders.set(inode, pid)
  }
  return holders
}

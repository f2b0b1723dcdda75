// Which cgroups and threads a session has this moment, and in which network namespaces they are. Threads, not processes: one thread
// may enter another namespace while its process stays.
import fs from 'node:fs'
import { parseNamespaceLink, parseSocketLink } from '../observe/parse-proc.ts'
import { readNetns } from '../observe/read-process.ts'

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

export type Held = {
  /** Open sockets by inode, each with one of its holders. */
  sockets: Map<number, number>
  /** Open devices by which packets leave past every rule of a cgroup, each with one of its holders. */
  devices: Map<string, number>
  /** There were more descriptors than can be read. */
  cutShort: boolean
}

const descriptorsMax = 100_000
const packetDevice = /\/dev\/(net\/tun|vhost-[\w-]+|infiniband\/[\w-]+)$/

/** Of every thread: one may have descriptors of its own, and a process whose first thread has ended shows none under its PID. */
export async function readHeld(pids: readonly number[]): Promise<Held> {
  const rest = breather()
  const held: Held = { sockets: new Map(), devices: new Map(), cutShort: false }
  let descriptors = 0
  for (const pid of pids) {
    for (const task of list(`/proc/${pid}/task`)) {
      for (const name of list(`/proc/${pid}/task/${task}/fd`)) {
        await rest()
        descriptors += 1
        if (descriptors > descriptorsMax) return { ...held, cutShort: true }
        const link = readLink(`/proc/${pid}/task/${task}/fd/${name}`)
        const inode = parseSocketLink(link)
        const device = inode === undefined ? packetDevice.exec(link)?.[1] : undefined
        if (inode !== undefined && !held.sockets.has(inode)) held.sockets.set(inode, pid)
        if (device !== undefined && !held.devices.has(device)) held.devices.set(device, pid)
      }
    }
  }
  return held
}

/** Inodes of raw and ping sockets in the network namespace of a thread: not every kernel lets ss tell them. */
export function readRawInodes(task: number | 'self'): number[] {
  return ['raw', 'raw6', 'icmp', 'icmp6'].flatMap((table) => {
    try {
      const lines = fs.readFileSync(`/proc/${task}/net/${table}`, 'utf8').split('\n').slice(1)
      return lines.flatMap((line) => Number(line.trim().split(/\s+/)[9]) || [])
    } catch {
      return [] // No such table, or the thread has ended.
    }
  })
}

function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return [] // It has ended.
  }
}

function readLink(file: string): string {
  try {
    return fs.readlinkSync(file)
  } catch {
    return '' // It has been closed.
  }
}

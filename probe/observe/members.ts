// Which processes are a session's this moment, and whether a PID still is the process it was. Every signal to a single PID goes
// through here: a PID whose start time differs is another process and must never be signalled.
import fs from 'node:fs'
import type { Session } from '../session.ts'
import { isStillIts } from '../session-cgroup.ts'
import { isOver, parseStat, type Stat } from './parse-proc.ts'
import { isInside } from './processes.ts'
import { readCgroupPath } from './read-process.ts'

export type Life = Stat & {
  /** User and system time of all its threads, in ticks of 10 ms. */
  cpuTicks: number
}
export type Member = { pid: number; startTicks: number; comm: string }

/** undefined when there is no such process. */
export function readLife(pid: number): Life | undefined {
  let text: string
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return undefined
    throw error
  }
  const stat = parseStat(text)
  if (!stat) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { ...stat, cpuTicks: Number(fields[11]) + Number(fields[12]) }
}

export function isAlive({ pid, startTicks }: { pid: number; startTicks: number }): boolean {
  const life = readLife(pid)
  return life !== undefined && life.startTicks === startTicks && !isOver(life)
}

/** Known processes of the session that are alive and still the same processes. */
export function livingKnown(session: Session): Member[] {
  const found: Member[] = []
  const known = new Map<number, { startTicks: number }>()
  if (session.main) known.set(session.main.pid, session.main)
  for (const process of session.processes.values()) known.set(process.pid, process)
  for (const [pid, { startTicks }] of known) {
    const life = readLife(pid)
    if (life && life.startTicks === startTicks && !isOver(life)) found.push({ pid, startTicks, comm: life.comm })
  }
  return found
}

/**
 * The session's process of this PID: inside its cgroup, or known with the same start time. undefined for any other. What left a
 * cgroup that we only adopted is not ours to signal.
 */
export function memberOf(session: Session, pid: number): Member | undefined {
  const before = readLife(pid)
  if (!before || isOver(before)) return undefined
  const isKnown =
    session.processes.get(pid)?.startTicks === before.startTicks ||
    (session.main?.pid === pid && session.main.startTicks === before.startTicks)
  const knownIsEnough = isKnown && session.adopted === undefined
  const cgroup = session.cgroupPath === undefined || knownIsEnough ? undefined : readCgroupPath(pid)
  const isIn = cgroup !== undefined && session.cgroupPath !== undefined && isInside(cgroup, session.cgroupPath)
  if (!knownIsEnough && !(isIn && isStillIts(session))) return undefined
  // The cgroup was read between two looks at the same process.
  if (readLife(pid)?.startTicks !== before.startTicks) return undefined
  return { pid, startTicks: before.startTicks, comm: before.comm }
}

/** Signals it if it is still the same process. False when it is gone. Throws when the kernel refuses. */
export function signalMember({ pid, startTicks }: Member, signal: NodeJS.Signals): boolean {
  if (pid <= 1 || pid === process.pid) return false
  if (!isAlive({ pid, startTicks })) return false
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Every process of the host. One pass over /proc in one go: about 15 ms for 500 processes. */
export function readEveryLife(): Life[] {
  const lives: Life[] = []
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const life = readLife(Number(name))
    if (life && !isOver(life)) lives.push(life)
  }
  return lives
}

/** `python3[123]`. The name is the process's own words: without control characters it stays one line. */
export function nameOf({ pid, comm }: { pid: number; comm: string }): string {
  return `${comm.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')}[${pid}]`
}

/** `a[1], b[2] and 7 more`. */
export function namesOf(members: readonly { pid: number; comm: string }[], max = 5): string {
  const named = members.slice(0, max).map(nameOf).join(', ')
  return members.length > max ? `${named} and ${members.length - max} more` : named
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

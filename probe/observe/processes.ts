// Follows the processes of every session by reading its cgroup, or, without cgroups, its process group and descendants.
// New processes are read in full at every turn for a second (fork, then execve); older ones once a second.
import fs from 'node:fs'
import type { Fact, Record } from '../record.ts'
import type { KnownProcess, Session } from '../session.ts'
import { readCgroupPids } from './cgroup-pids.ts'
import type { Stat } from './parse-proc.ts'
import { diffProcesses, type ProcessChange, type Seen } from './process-diff.ts'
import { type ProcessReading, readCgroupPath, readNetns, readProcess, readStat } from './read-process.ts'

const youngMs = 1_000
const recheckMs = 1_000

/** One look at every session. Returns the sessions in which a process started or replaced its program. */
export function observeProcesses(sessions: Iterable<Session>, record: Record, nowMs: number): Session[] {
  const active: Session[] = []
  let everyStat: Stat[] | undefined
  for (const session of sessions) {
    if (!session.started || session.ended) continue
    let pids: number[]
    if (session.cgroupFolder !== undefined) pids = readCgroupPids(session.cgroupFolder)
    else {
      everyStat ??= readEveryStat()
      pids = processGroupMembers(session, everyStat)
    }
    const changes = diffProcesses(session.processes, look(session, pids, nowMs))
    for (const change of changes) record(factOf(session, change))
    for (const change of changes) {
      if (change.type !== 'started' && change.type !== 'executed') continue
      const known = session.processes.get(change.reading.pid)
      if (known) known.netns = change.reading.netns
    }
    if (changes.some((change) => change.type === 'started' || change.type === 'executed')) active.push(session)
  }
  return active
}

function look(session: Session, pids: readonly number[], nowMs: number): Seen {
  const present: Map<number, ProcessReading | 'unchanged'> = new Map()
  const absent: Map<number, { startTicks: number; cgroup: string } | 'gone'> = new Map()
  for (const pid of pids) {
    const known = session.processes.get(pid)
    if (known && !isDue(known, session, nowMs)) {
      present.set(pid, 'unchanged')
      continue
    }
    const reading = readProcess(pid)
    if (!reading) continue
    if (known) {
      known.checkedAtMs = nowMs
      known.netns = reading.netns
      // It came back: a second escape is news again.
      known.escaped = false
    }
    present.set(pid, reading)
  }
  for (const known of session.processes.values()) {
    if (present.has(known.pid)) continue
    // Escaped processes are looked at once a second: only their end is still of interest.
    if (known.escaped && nowMs - known.checkedAtMs < recheckMs) continue
    known.checkedAtMs = nowMs
    const stat = readStat(known.pid)
    if (!stat || stat.state === 'Z' || stat.state === 'X') absent.set(known.pid, 'gone')
    else if (stat.startTicks !== known.startTicks) absent.set(known.pid, { startTicks: stat.startTicks, cgroup: '' })
    else if (session.cgroupPath !== undefined) {
      const cgroup = readCgroupPath(known.pid)
      // It moved inside the session, or went while we looked: the next turn tells.
      if (cgroup === undefined || isInside(cgroup, session.cgroupPath)) continue
      absent.set(known.pid, { startTicks: stat.startTicks, cgroup })
    }
  }
  return { present, absent }
}

function isDue(known: KnownProcess, session: Session, nowMs: number): boolean {
  if (known.escaped) return true
  if (!session.observedPaused && nowMs - known.seenAtMs < youngMs) return true
  return nowMs - known.checkedAtMs >= recheckMs
}

export function isInside(cgroup: string, sessionCgroup: string): boolean {
  return cgroup === sessionCgroup || cgroup.startsWith(`${sessionCgroup}/`)
}

/** Without a cgroup: the group, the terminal session, and every descendant of a known process. */
export function processGroupMembers(session: Session, stats: readonly Stat[]): number[] {
  const main = session.main
  const members = new Set<number>()
  const byPid = new Map(stats.map((stat) => [stat.pid, stat]))
  for (const known of session.processes.values()) {
    if (byPid.get(known.pid)?.startTicks === known.startTicks) members.add(known.pid)
  }
  for (const stat of stats) {
    if (main && stat.startTicks >= main.startTicks && (stat.pgrp === main.pid || stat.sid === main.pid))
      members.add(stat.pid)
  }
  for (let grew = true; grew; ) {
    grew = false
    for (const stat of stats) {
      if (members.has(stat.pid) || !members.has(stat.ppid)) continue
      members.add(stat.pid)
      grew = true
    }
  }
  return [...members].filter((pid) => !['Z', 'X'].includes(byPid.get(pid)?.state ?? 'X'))
}

function readEveryStat(): Stat[] {
  const stats: Stat[] = []
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readStat(Number(name))
    if (stat) stats.push(stat)
  }
  return stats
}

function factOf(session: Session, change: ProcessChange): Fact {
  const of = { session: session.id }
  if (change.type === 'exited') {
    const code = session.exit?.code
    const isMain = session.main?.pid === change.pid && session.main.startTicks === change.startTicks
    return {
      kind: 'process.exited',
      ...of,
      data: {
        pid: change.pid,
        startTicks: change.startTicks,
        ...(isMain && code !== undefined ? { exitCode: code } : {}),
      },
    }
  }
  if (change.type === 'escaped') {
    return {
      kind: 'process.escaped',
      ...of,
      data: { pid: change.pid, startTicks: change.startTicks, cgroup: change.cgroup },
    }
  }
  const { pid, ppid, startTicks, comm, exe, argv, uid } = change.reading
  const program = { pid, startTicks, comm, argv, ...(exe === undefined ? {} : { exe }) }
  return change.type === 'started'
    ? { kind: 'process.started', ...of, data: { ...program, ppid, ...(uid === undefined ? {} : { uid }) } }
    : { kind: 'process.executed', ...of, data: program }
}

/** One process of each network namespace that the session uses, besides the host's own. */
export function foreignNamespaces(session: Session, hostNetns: number): Map<number, number> {
  const namespaces = new Map<number, number>()
  for (const known of session.processes.values()) {
    if (known.netns === 0) known.netns = readNetns(known.pid)
    if (known.netns !== 0 && known.netns !== hostNetns) namespaces.set(known.netns, known.pid)
  }
  return namespaces
}

// Follows the processes of every session by reading its cgroup, or, without cgroups, its process group and descendants.
// New processes are read in full at every turn for a second (fork, then execve); older ones once a second.
import fs from 'node:fs'
import type { Fact, Record } from '../record.ts'
import type { KnownProcess, Session } from '../session.ts'
import { readSessionPids } from '../session-cgroup.ts'
import { type Rest, sliceMs } from '../turns.ts'
import { isOver, type Stat } from './parse-proc.ts'
import { diffProcesses, type ProcessChange, type Seen } from './process-diff.ts'
import { type ProcessReading, readCgroupPath, readNetns, readProcess, readStat } from './read-process.ts'

const youngMs = 1_000
const recheckMs = 1_000
const finalMaxMs = 2_000

export type ProcessLook = {
  /** Sessions in which a process started or replaced its program. */
  active: Session[]
  /** Sessions with more to read than one slice allows: look again soon. */
  unfinished: Session[]
}

/** One look at every session. Reading and telling of one session are one slice; it rests between sessions. */
export async function observeProcesses(sessions: Iterable<Session>, record: Record, rest: Rest): Promise<ProcessLook> {
  const result: ProcessLook = { active: [], unfinished: [] }
  let everyStat: Stat[] | undefined
  for (const session of sessions) {
    await rest()
    if (!session.started || session.ended) continue
    let pids: number[]
    if (session.cgroupFolder !== undefined) pids = readSessionPids(session)
    else {
      everyStat ??= await readEveryStat(rest)
      pids = processGroupMembers(session, everyStat)
    }
    const seen = look(session, pids, Date.now())
    const changes = diffProcesses(session.processes, seen)
    for (const change of changes) record(factOf(session, change))
    for (const change of changes) {
      if (change.type !== 'started' && change.type !== 'executed') continue
      const known = session.processes.get(change.reading.pid)
      if (known) known.netns = change.reading.netns
    }
    if (seen.cutShort) result.unfinished.push(session)
    if (changes.some((change) => change.type === 'started' || change.type === 'executed')) result.active.push(session)
  }
  return result
}

/** Everything that can be known of one session's processes now, in as many slices as it takes. */
export async function observeToTheEnd(session: Session, record: Record, rest: Rest): Promise<void> {
  const endMs = performance.now() + finalMaxMs
  while (performance.now() < endMs) {
    const { unfinished } = await observeProcesses([session], record, rest)
    if (unfinished.length === 0) return
  }
}

/** Stops reading when its slice is used up: a session of thousands of processes is then read over several turns. */
function look(session: Session, pids: readonly number[], nowMs: number): Seen & { cutShort: boolean } {
  const present: Map<number, ProcessReading | 'unchanged'> = new Map()
  const absent: Map<number, { startTicks: number; cgroup: string } | 'gone'> = new Map()
  const listed = new Set(pids)
  const due: number[] = []
  for (const pid of pids) {
    const known = session.processes.get(pid)
    if (known && !isDue(known, session, nowMs)) present.set(pid, 'unchanged')
    else due.push(pid)
  }
  // New ones first, then those not looked at for longest: a cut-off turn must not pass over the same ones again.
  const checkedAtMs = (pid: number): number => session.processes.get(pid)?.checkedAtMs ?? 0
  if (due.length > 8) due.sort((a, b) => checkedAtMs(a) - checkedAtMs(b))
  let cutShort = false
  let endMs = performance.now() + sliceMs
  for (const pid of due) {
    if (performance.now() > endMs) {
      // Neither seen nor gone: left for the next turn.
      cutShort = true
      break
    }
    const known = session.processes.get(pid)
    const reading = readProcess(pid)
    if (!reading) continue
    if (known && reading.startTicks === known.startTicks && reading.isHeadless) {
      // Its first thread is gone and with it its command line: what is known of it stands.
      known.checkedAtMs = nowMs
      present.set(pid, 'unchanged')
      continue
    }
    if (known) {
      known.checkedAtMs = nowMs
      known.netns = reading.netns
      // It came back: a second escape is news again.
      known.escaped = false
    }
    present.set(pid, reading)
  }
  endMs = performance.now() + sliceMs
  for (const known of session.processes.values()) {
    if (present.has(known.pid) || (cutShort && listed.has(known.pid))) continue
    // Escaped processes are looked at once a second: only their end is still of interest.
    if (known.escaped && nowMs - known.checkedAtMs < recheckMs) continue
    if (performance.now() > endMs) {
      cutShort = true
      break
    }
    known.checkedAtMs = nowMs
    const stat = readStat(known.pid)
    if (!stat || isOver(stat)) absent.set(known.pid, 'gone')
    else if (stat.startTicks !== known.startTicks) absent.set(known.pid, { startTicks: stat.startTicks, cgroup: '' })
    else if (session.cgroupPath !== undefined) {
      const cgroup = readCgroupPath(known.pid)
      // It moved inside the session, or went while we looked: the next turn tells.
      if (cgroup === undefined || isInside(cgroup, session.cgroupPath)) continue
      absent.set(known.pid, { startTicks: stat.startTicks, cgroup })
    }
  }
  return { present, absent, cutShort }
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
  return [...members].filter((pid) => {
    const stat = byPid.get(pid)
    return stat !== undefined && !isOver(stat)
  })
}

async function readEveryStat(rest: Rest): Promise<Stat[]> {
  const stats: Stat[] = []
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    await rest()
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

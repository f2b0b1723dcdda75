// Pauses a session without cgroups: SIGSTOP to every process that is known to belong to it. Best effort by nature, and always
// labelled so: a process that forks and exits can slip through. It must never signal a PID whose start time differs.
import { isOver } from '../observe/parse-proc.ts'
import { readStat } from '../observe/read-process.ts'
import type { Session } from '../session.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'

/** Known processes that are still the same processes. */
function living(session: Session): { pid: number; state: string }[] {
  const found: { pid: number; state: string }[] = []
  const candidates = new Map<number, number>()
  for (const known of session.processes.values()) candidates.set(known.pid, known.startTicks)
  if (session.main) candidates.set(session.main.pid, session.main.startTicks)
  for (const [pid, startTicks] of candidates) {
    const stat = readStat(pid)
    if (stat && stat.startTicks === startTicks && !isOver(stat)) found.push({ pid, state: stat.state })
  }
  return found
}

function signalAll(session: Session, signal: 'SIGSTOP' | 'SIGCONT'): AskedStep[] {
  const processes = living(session)
  const main = session.main
  if (main && processes.some((candidate) => candidate.pid === main.pid) && readStat(main.pid)?.pgrp === main.pid) {
    tryKill(-main.pid, signal)
  }
  for (const { pid } of processes) {
    const known = session.processes.get(pid)
    const startTicks = known?.startTicks ?? main?.startTicks
    if (readStat(pid)?.startTicks === startTicks) tryKill(pid, signal)
  }
  const name = signal === 'SIGSTOP' ? 'stop signals sent' : 'continue signals sent'
  return [{ name, detail: `${signal} sent to ${processes.length} processes`, atMs: Date.now() }]
}

function tryKill(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function observe(session: Session): Reading {
  const processes = living(session)
  const stopped = processes.filter(({ state }) => state === 'T' || state === 't').length
  const restricted = processes.length > 0 && stopped === processes.length ? true : stopped === 0 ? false : 'mixed'
  return {
    restricted,
    observed: `${stopped} of ${processes.length} known processes read T`,
    observedFrom: '/proc/PID/stat',
    empty: processes.length === 0,
    left: restricted === 'mixed' ? [`${processes.length - stopped} known processes still run`] : [],
  }
}

/** `why`: the reason there is no cgroup here. */
export function processGroupStop(why: string) {
  return {
    name: 'process-group-stop',
    restriction: 'pause',
    sweeps: true,
    can: () => ({
      name: 'pause',
      can: 'best-effort',
      enforcer: 'process-group-stop',
      detail: `SIGSTOP to every known process: one that forks and exits can slip through. ${why}`.slice(0, 500),
    }),
    apply: (session) => signalAll(session, 'SIGSTOP'),
    revert: (session) => signalAll(session, 'SIGCONT'),
    observe,
    count: (session) => living(session).length,
  } satisfies Enforcer
}

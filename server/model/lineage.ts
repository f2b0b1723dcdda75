// Which session's process started another session: as the kernel of their host says, never as an agent claims.
import type { ProcessState, SessionState } from './state.ts'

/**
 * True when a process of `parent` started the first process of `child` that is known: same host, the parent's PID lived at that moment (PIDs are
 * used again), and a kernel saw both. A process whose parent has been forgotten proves nothing, so false means "not known to be".
 */
export function isStartedBy(child: SessionState, parent: SessionState): boolean {
  if (child.host === undefined || child.host !== parent.host || child.session === parent.session) return false
  const roots = rootsOf(child)
  if (roots.length === 0) return false
  for (const started of processesOf(parent)) if (roots.some((root) => livedWhen(started, root))) return true
  return false
}

/** Those that were started from outside of the session. */
function rootsOf(session: SessionState): ProcessState[] {
  const own = new Set<number>()
  for (const { pid } of processesOf(session)) own.add(pid)
  return [...processesOf(session)].filter(({ ppid }) => ppid > 1 && !own.has(ppid))
}

function* processesOf({ processes, exitedProcesses }: SessionState): Generator<ProcessState> {
  for (const each of processes.values()) if (each.trust === 'kernel') yield each
  for (const each of exitedProcesses) if (each.trust === 'kernel') yield each
}

function livedWhen(parent: ProcessState, child: ProcessState): boolean {
  return (
    parent.pid === child.ppid &&
    parent.startTicks <= child.startTicks &&
    (parent.endedAtMs === undefined || parent.endedAtMs >= child.startedAtMs)
  )
}

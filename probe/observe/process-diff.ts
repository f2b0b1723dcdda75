// What changed among a session's processes between two readings. Pure. A process is named by PID and start time together:
// it never starts twice without an exit between, and a reused PID is another process.
import type { KnownProcess } from '../session.ts'
import type { ProcessReading } from './read-process.ts'

export type Seen = {
  /** In the session now; `unchanged` = not read again this time. */
  present: ReadonlyMap<number, ProcessReading | 'unchanged'>
  /** Known before, not in the session now: where it was found, or `gone`. */
  absent: ReadonlyMap<number, { startTicks: number; cgroup: string } | 'gone'>
}

export type ProcessChange =
  | { type: 'started' | 'executed'; reading: ProcessReading }
  | { type: 'exited'; pid: number; startTicks: number }
  | { type: 'escaped'; pid: number; startTicks: number; cgroup: string }

export function diffProcesses(known: ReadonlyMap<number, KnownProcess>, seen: Seen): ProcessChange[] {
  const changes: ProcessChange[] = []
  for (const [pid, where] of seen.absent) {
    const before = known.get(pid)
    if (!before || seen.present.has(pid)) continue
    if (where === 'gone' || where.startTicks !== before.startTicks) {
      changes.push({ type: 'exited', pid, startTicks: before.startTicks })
    } else if (!before.escaped) {
      changes.push({ type: 'escaped', pid, startTicks: before.startTicks, cgroup: where.cgroup })
    }
  }
  for (const [pid, reading] of seen.present) {
    if (reading === 'unchanged') continue
    const before = known.get(pid)
    if (!before) changes.push({ type: 'started', reading })
    else if (before.startTicks !== reading.startTicks) {
      changes.push({ type: 'exited', pid, startTicks: before.startTicks }, { type: 'started', reading })
    } else if (executed(before, reading)) changes.push({ type: 'executed', reading })
  }
  return changes
}

/** During execve the arguments read empty for a moment: that is no change yet. */
function executed(before: KnownProcess, reading: ProcessReading): boolean {
  if (reading.argv.length === 0 && before.commandLine !== '') return false
  return before.commandLine !== reading.argv.join('\0') || (reading.exe !== undefined && before.exe !== reading.exe)
}

// Processes of a session. A process is its PID together with its start time: PIDs are used again.
import type { EventOf } from '../protocol/event.ts'
import { bounds, type ProcessState, type SessionState } from './state.ts'

type ProcessEvent =
  | EventOf<'process.started'>
  | EventOf<'process.executed'>
  | EventOf<'process.exited'>
  | EventOf<'process.escaped'>

export function applyProcess(session: SessionState, event: ProcessEvent, atMs: number): void {
  const key = `${event.data.pid}:${event.data.startTicks}`
  const known = session.processes.get(key)
  switch (event.kind) {
    case 'process.started': {
      if (known) return
      session.counts.processes += 1
      const { pid, ppid, startTicks, comm, argv, exe } = event.data
      const process: ProcessState = {
        pid,
        ppid,
        startTicks,
        comm,
        argv: boundedArgv(argv),
        exe: exe?.slice(0, bounds.argText),
        trust: event.trust,
        startedAtMs: atMs,
        escaped: false,
      }
      session.newestProcess = process
      if (session.processes.size < bounds.liveProcesses) session.processes.set(key, process)
      return
    }
    case 'process.executed':
      if (!known) return
      // A new object: `newestProcess` and the map must not share a half-changed one with an older projection.
      session.processes.set(key, {
        ...known,
        comm: event.data.comm,
        argv: boundedArgv(event.data.argv),
        exe: event.data.exe?.slice(0, bounds.argText),
      })
      session.newestProcess = session.processes.get(key) ?? known
      return
    case 'process.escaped':
      if (known) known.escaped = true
      return
    case 'process.exited':
      if (!known) return
      session.processes.delete(key)
      known.endedAtMs = atMs
      session.exitedProcesses.push(known)
      if (session.exitedProcesses.length > bounds.exitedProcesses * 2) {
        session.exitedProcesses = session.exitedProcesses.slice(-bounds.exitedProcesses)
      }
      return
  }
}

/** As much of a command line as a screen can show; the log has the rest. */
export function boundedArgv(argv: readonly string[]): string[] {
  return argv
    .slice(0, bounds.args)
    .map((arg) => (arg.length > bounds.argText ? `${arg.slice(0, bounds.argText)}…` : arg))
}

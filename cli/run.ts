// `vigil run`: starts a command as a session of the local probe. The command is born inside the session's cgroup; where that
// cannot be done it does not run at all, except in the process group that the probe itself said is all this host has.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import type { SessionId } from '../server/protocol/ids.ts'
import type { RunOpen } from '../server/protocol/run-messages.ts'
import { commandEnvironment } from './command-environment.ts'
import { ProbeConnection, probeSocketPaths } from './probe-connection.ts'

/** Exit codes as shells and `env` use them. */
const cannotContain = 125
const cannotStart = 127

/** Enters the cgroup, then becomes the command. Without the first, never the second. */
const shim =
  'echo $$ >"$1/cgroup.procs" || { echo "vigil: the session\'s cgroup cannot be entered; the command was not run" >&2; exit 125; }; shift; exec "$@"'

/** Runs the command and returns the exit code to pass on. Throws an Error with one line when it could not be contained. */
export async function run(open: RunOpen): Promise<number> {
  const files = probeSocketPaths(process.env)
  const probe = await ProbeConnection.open(files)
  const opened = await probe.ask(open)
  if (opened.type !== 'opened') {
    probe.close()
    throw new Error(opened.type === 'refused' ? opened.reason : 'the probe answered with something else')
  }
  if (opened.notice !== undefined) process.stderr.write(`${opened.notice}\n`)
  const env = commandEnvironment(process.env, opened.env, opened.session)
  const [file, ...args] = open.argv
  if (file === undefined) throw new Error('no command was given')
  const child =
    opened.cgroup === null
      ? spawn(file, args, { stdio: 'inherit', env, detached: true })
      : spawn('/bin/sh', ['-c', shim, 'vigil', opened.cgroup, ...open.argv], { stdio: 'inherit', env })
  forwardSignals(child, opened.cgroup === null)
  const ended = whenEnded(child)
  const startTicks = child.pid === undefined ? undefined : readStartTicks(child.pid)
  if (child.pid !== undefined && startTicks !== undefined) probe.send({ type: 'started', pid: child.pid, startTicks })
  const exit = await ended
  if (exit.problem !== undefined) process.stderr.write(`vigil: ${exit.problem}\n`)
  await tellExit(probe, files, opened.session, exit)
  return exit.code ?? (exit.signal === undefined ? cannotContain : 128 + (os.constants.signals[exit.signal] ?? 0))
}

type Exit = { code?: number; signal?: NodeJS.Signals; problem?: string }

function whenEnded(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: cannotStart, problem: error.message }))
    child.once('exit', (code, signal) => resolve(signal ? { signal } : { code: code ?? 0 }))
  })
}

/** The probe may have been restarted meanwhile: then it is told on a new line. */
async function tellExit(
  first: ProbeConnection,
  files: readonly string[],
  session: SessionId,
  exit: Exit,
): Promise<void> {
  const message = {
    type: 'exited' as const,
    ...(exit.code === undefined ? {} : { code: exit.code }),
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
  }
  let probe = first
  try {
    if (!probe.open) {
      probe = await ProbeConnection.open(files)
      probe.send({ type: 'attach', session })
    }
    await probe.ask(message)
  } catch (error) {
    // The command has ended and its code is passed on; only the record of it is poorer.
    process.stderr.write(
      `vigil: the probe could not be told of the exit (${error instanceof Error ? error.message : String(error)})\n`,
    )
  } finally {
    probe.close()
  }
}

/** A terminal sends Ctrl-C to the whole foreground group by itself; sending it again would be a second one. */
function forwardSignals(child: ChildProcess, ownGroup: boolean): void {
  const fromTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const) {
    process.on(signal, () => {
      if (fromTerminal.includes(signal) && process.stdin.isTTY && !ownGroup) return
      // In a group of its own a terminal would have reached all of it.
      if (ownGroup && fromTerminal.includes(signal) && child.pid !== undefined) process.kill(-child.pid, signal)
      else child.kill(signal)
    })
  }
}

/** Field 22 of /proc/PID/stat, counted from the last parenthesis: the name may hold anything. */
function readStartTicks(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
    return Number.isInteger(ticks) ? ticks : undefined
  } catch {
    return undefined // It has ended already; its exit tells the rest.
  }
}

// A process of the product that is kept running: started again when it ends by itself, as a service manager would, and killed, held up and
// let go on by pid. Its words go to a file, so that a reader of a failed run finds them.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const restartMs = 1_000

export type KeptProcess = {
  readonly name: string
  readonly logFile: string
  pid(): number | undefined
  start(): void
  signal(signal: NodeJS.Signals): void
  /** SIGKILL, and not started again before `start`. */
  kill(): Promise<void>
  /** Asked to end, then forced. */
  stop(patienceMs: number): Promise<void>
  /** How often it ended though nobody had asked it to, with what it said last. */
  ownEnds(): readonly { atMs: number; how: string }[]
}

export function keptProcess(options: {
  name: string
  logFile: string
  args: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
}): KeptProcess {
  const { name, logFile } = options
  let child: ChildProcess | undefined
  let isWanted = false
  let timer: NodeJS.Timeout | undefined
  const ownEnds: { atMs: number; how: string }[] = []

  function launch(): void {
    const output = openSync(logFile, 'a', 0o600)
    // A process group of its own: Ctrl-C reaches it through `stop`, once.
    const started = spawn(process.execPath, options.args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', output, output],
      detached: true,
    })
    closeSync(output)
    child = started
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined
      if (!isWanted) return
      ownEnds.push({ atMs: Date.now(), how: `${signal ?? `exit ${code}`}: ${lastLine(logFile)}` })
      timer = setTimeout(launch, restartMs)
    })
  }

  async function end(signal: NodeJS.Signals, patienceMs: number): Promise<void> {
    isWanted = false
    clearTimeout(timer)
    const running = child
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exited = new Promise<'exited'>((resolve) => running.once('exit', () => resolve('exited')))
    running.kill('SIGCONT')
    running.kill(signal)
    const force = new AbortController()
    const late = sleep(patienceMs, undefined, { signal: force.signal })
      .then(() => running.kill('SIGKILL'))
      .catch(() => undefined) // it ended in time
    await exited
    force.abort()
    await late
  }

  return {
    name,
    logFile,
    pid: () => child?.pid,
    start() {
      if (isWanted) return
      isWanted = true
      launch()
    },
    signal: (signal) => void child?.kill(signal),
    kill: () => end('SIGKILL', 60_000),
    stop: (patienceMs) => end('SIGTERM', patienceMs),
    ownEnds: () => ownEnds,
  }
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300) ?? ''
  } catch {
    return 'nothing'
  }
}

// Follows the kernel's announcements of destroyed TCP sockets (`ss -E`): exact final byte counts, also of connections that
// lived between two readings. The announcement carries no cgroup, so by itself it names no session.
import { type ChildProcess, spawn } from 'node:child_process'
import readline from 'node:readline'
import { toolEnvironment } from '../run-command.ts'
import { parseSsLine, type SocketLine } from './parse-ss.ts'

export type ClosedSockets = { alive(): boolean; stop(): void }

const respawnMs = 5_000

export function followClosedSockets(onClosed: (socket: SocketLine) => void): ClosedSockets {
  let child: ChildProcess | undefined
  let stopped = false
  let alive = false
  let timer: NodeJS.Timeout | undefined
  const start = (): void => {
    // stdbuf: ss fills a buffer of its own when its output is a pipe.
    child = spawn('stdbuf', ['-oL', 'ss', '-E', '-H', '-O', '-n', '-t', '-i', '-e'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: toolEnvironment,
    })
    child.on('spawn', () => {
      alive = true
    })
    const again = (): void => {
      alive = false
      if (!stopped && timer === undefined) {
        timer = setTimeout(() => {
          timer = undefined
          start()
        }, respawnMs)
        timer.unref()
      }
    }
    child.on('error', again)
    child.on('exit', again)
    if (child.stdout) {
      readline.createInterface({ input: child.stdout }).on('line', (line) => {
        // With one protocol asked for, ss leaves its column out.
        const socket = parseSsLine(`tcp ${line}`)
        if (socket) onClosed(socket)
      })
    }
  }
  start()
  return {
    alive: () => alive,
    stop: () => {
      stopped = true
      if (timer) clearTimeout(timer)
      child?.kill('SIGKILL')
    },
  }
}

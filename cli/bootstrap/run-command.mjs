// Runs one child command of a bootstrap step. When this process is told to stop, the child is stopped with it.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The repository root: every command runs there, wherever it was called from. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

const children = new Set()
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    if (forwarding) return
    // On Ctrl-C the terminal has told the children already; a second signal of the same kind does them no harm.
    for (const child of children) child.kill(signal)
    process.exit(code)
  })
}

/** Set by a command that handles signals itself from now on (start.mjs, once the server runs). */
let forwarding = false
export function handleSignalsYourself() {
  forwarding = true
}

export class CommandError extends Error {
  /** @param {string} command @param {number | null} code @param {string} output */
  constructor(command, code, output) {
    super(`${command} ended with ${code}`)
    this.code = code
    this.output = output
  }
}

/**
 * Runs to the end. With `show` the child writes to the terminal; otherwise its output is kept for the error.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean }} [options]
 * @returns {Promise<string>} what it wrote, when not shown
 */
export function runCommand(command, args, { env = {}, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env },
      stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-200_000)
      })
    }
    child.on('error', (error) => reject(new CommandError(command, null, error.message)))
    child.on('close', (code) => {
      children.delete(child)
      if (code === 0) resolve(output)
      else reject(new CommandError([command, ...args].join(' '), code, output))
    })
  })
}

/** A package's command, run by this very Node: no shell, no PATH. @param {string} script path under node_modules */
export function runPackage(script, args, options) {
  return runCommand(process.execPath, [`${root}/node_modules/${script}`, ...args], options)
}

// `npm start` and `npm run dev`: from a fresh clone to a running console. It prepares what is missing, runs the server,
// passes signals on exactly once, and ends with the server's own exit code.
import './require-node.mjs'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { build, bundlePrograms, prepare } from './build.mjs'
import { PlainError, runMain, say } from './progress.mjs'
import { handleSignalsYourself, root } from './run-command.mjs'

const dev = process.argv.includes('--dev')
const serverArgs = process.argv.slice(2).filter((arg) => arg !== '--dev')
/** A second Ctrl-C this long after the first means "now", not an echo of the first (npm passes the same one on). */
const impatientAfterMs = 3_000
/** What a server ends with that was the owner of the log and is not any more: begun anew it is a standby. */
const startAgainCode = 75

await runMain(async () => {
  if (dev) {
    await prepare()
    await bundlePrograms() // the probe and the command line run from dist in both modes
  } else await build()
  const entry = dev ? 'server/main.ts' : 'dist/server.mjs'
  if (!existsSync(join(root, entry))) throw new PlainError(`${entry} is missing: this checkout is not complete.`)
  const args = dev
    ? [join(root, 'node_modules/tsx/dist/cli.mjs'), 'watch', '--clear-screen=false', entry, ...serverArgs]
    : ['--enable-source-maps', entry, ...serverArgs]
  handleSignalsYourself()
  for (;;) {
    const { code, wasAsked } = await runServer(args)
    if (code !== startAgainCode || wasAsked) return code
  }
})

/** @param {string[]} args @returns {Promise<{ code: number, wasAsked: boolean }>} */
function runServer(args) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { NODE_ENV: dev ? 'development' : 'production', ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    stdio: 'inherit',
    // A process group of its own: a terminal's Ctrl-C reaches npm and us, and the server hears of it once, from us.
    detached: true,
  })
  let firstAtMs = 0
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    if (firstAtMs === 0) {
      firstAtMs = performance.now()
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    } else if (signal === 'SIGINT' && performance.now() - firstAtMs > impatientAfterMs) {
      say('stopping by force')
      child.kill('SIGKILL')
    }
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, passOn)
  const orphanWatch = watchParent(() => passOn('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearInterval(orphanWatch)
      if (signal === 'SIGKILL')
        say('the server was killed; its probe goes on observing. Run "npm start" again: nothing is lost.')
      for (const each of signals) process.off(each, passOn)
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), wasAsked: firstAtMs > 0 })
    })
  })
}

/**
 * npm runs us through a shell, and a shell that is killed does not pass the signal on: we then find ourselves with
 * another parent. Without npm the parent may come and go (nohup, a closed terminal), so it is not watched.
 * @param {() => void} onGone
 */
function watchParent(onGone) {
  if (!process.env.npm_lifecycle_event) return undefined
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) onGone()
  }, 200)
  timer.unref()
  return timer
}

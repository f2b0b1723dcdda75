// The probe of this very host, started with the server and kept alive by it. It runs as a process of its own: it has other rights and
// another job, and it must keep every restriction when the server dies, so it is detached and asked to stop.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const restartMs = 2_000
const stopMs = 5_000
const listenMs = 5_000
/** A larger log is begun anew at the next start. */
const logBytesMax = 10 * 1024 * 1024

/** The local probe's key: made once, readable by this user alone. */
export async function localProbeKey(dataDir: string): Promise<{ key: string; file: string }> {
  const file = path.join(dataDir, 'probe.key')
  try {
    const key = (await readFile(file, 'utf8')).trim()
    if (key.length >= 32) return { key, file }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const key = `vgl_${randomBytes(32).toString('base64url')}`
  await mkdir(dataDir, { recursive: true })
  await writeFile(file, `${key}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  return { key, file }
}

export type LocalProbe = { stop(): Promise<void> }

export type LocalProbeOptions = {
  script: string
  url: string
  dataDir: string
  keyFile: string
  /** The host that the key is bound to. */
  host: string
  log: (message: string) => void
}

/** undefined, said so, where it is not built. */
export async function startLocalProbe(options: LocalProbeOptions): Promise<LocalProbe | undefined> {
  if (!existsSync(options.script)) {
    options.log(`no local probe: ${path.relative(process.cwd(), options.script)} is not built`)
    return undefined
  }
  const pidFile = path.join(options.dataDir, 'probe.pid')
  const logFile = path.join(options.dataDir, 'probe.log')
  const socket = path.join(options.dataDir, 'run/probe.sock')
  await stopLeftOver(pidFile, options)
  await rm(socket, { force: true }) // whoever answered there is gone
  // A file, not our own output: the probe goes on when this server is killed, and a broken pipe must not end it.
  const output = openSync(logFile, (await sizeOf(logFile)) > logBytesMax ? 'w' : 'a', 0o600)
  let child: ChildProcess | undefined
  let stopping = false
  let timer: NodeJS.Timeout | undefined

  const start = () => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      VIGIL_URL: options.url,
      VIGIL_DATA: options.dataDir,
      VIGIL_PROBE_KEY_FILE: options.keyFile,
      VIGIL_HOST: options.host,
    }
    const secrets = ['VIGIL_KEY', 'VIGIL_ADMIN', 'VIGIL_OIDC_CLIENT_SECRET', 'DATABASE_URL', 'REDIS_URL']
    for (const secret of secrets) delete env[secret]
    // A process group of its own: a Ctrl-C for the server reaches the probe through `stop`, once.
    const started = spawn(process.execPath, ['--enable-source-maps', options.script], {
      env,
      stdio: ['ignore', output, output],
      detached: true,
    })
    child = started
    if (started.pid !== undefined) writeFileSync(pidFile, `${started.pid}\n`)
    started.on('error', (error) => options.log(`the local probe could not be started: ${error.message}`))
    started.on('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      options.log(
        `the local probe ended (${signal ?? `exit ${code}`}; see ${logFile}); starting it again in ${restartMs / 1000} s`,
      )
      timer = setTimeout(start, restartMs)
    })
  }
  start()
  // "Ready" means that `vigil run` works: so wait a moment for the probe to listen, but never fail for want of it.
  const deadlineMs = Date.now() + listenMs
  while (!existsSync(socket) && child !== undefined && Date.now() < deadlineMs) await sleep(20)

  return {
    async stop() {
      stopping = true
      clearTimeout(timer)
      const running = child
      if (running && running.exitCode === null && running.signalCode === null) {
        await new Promise<void>((resolve) => {
          const force = setTimeout(() => running.kill('SIGKILL'), stopMs)
          running.once('exit', () => {
            clearTimeout(force)
            resolve()
          })
          running.kill('SIGTERM')
        })
      }
      closeSync(output)
      await rm(pidFile, { force: true })
    },
  }
}

/** The probe of a server that was killed lives on, as it should; the new server's own probe takes its sessions over. */
async function stopLeftOver(pidFile: string, options: LocalProbeOptions): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 1) return
  if (!(await isOurProbe(pid, options))) return
  options.log(`taking over from the probe that was left running (pid ${pid})`)
  process.kill(pid, 'SIGTERM')
  const deadlineMs = Date.now() + stopMs
  while (await isOurProbe(pid, options)) {
    if (Date.now() > deadlineMs) {
      process.kill(pid, 'SIGKILL')
      return
    }
    await sleep(20)
  }
}

/** The PID may be somebody else's by now: only a process that runs our script with our data folder is ours to signal. */
async function isOurProbe(pid: number, options: LocalProbeOptions): Promise<boolean> {
  try {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    return (
      commandLine.split('\0').includes(options.script) &&
      environment.split('\0').includes(`VIGIL_DATA=${options.dataDir}`)
    )
  } catch {
    return false // gone, or not ours to look at
  }
}

async function sizeOf(file: string): Promise<number> {
  return await stat(file).then(
    (found) => found.size,
    () => 0,
  )
}

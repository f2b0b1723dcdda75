// The probe of this very host, started with the server and kept alive by it. It runs as a process of its own: it has other rights and
// another job, and it must keep every restriction when the server dies, so it is detached and asked to stop, never killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

const restartMs = 2_000
const stopMs = 5_000

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

export function startLocalProbe(options: {
  script: string
  url: string
  dataDir: string
  keyFile: string
  log: (message: string) => void
}): LocalProbe {
  let child: ChildProcess | undefined
  let stopping = false
  let timer: NodeJS.Timeout | undefined

  const start = () => {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      VIGIL_URL: options.url,
      VIGIL_DATA: options.dataDir,
      VIGIL_PROBE_KEY_FILE: options.keyFile,
    }
    for (const secret of ['VIGIL_KEY', 'VIGIL_ADMIN', 'DATABASE_URL', 'REDIS_URL']) delete env[secret]
    const started = spawn(process.execPath, ['--enable-source-maps', options.script], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child = started
    started.on('error', (error) => options.log(`the local probe could not be started: ${error.message}`))
    started.on('exit', (code, signal) => {
      child = undefined
      if (stopping) return
      options.log(`the local probe ended (${signal ?? `exit ${code}`}); starting it again in ${restartMs / 1000} s`)
      timer = setTimeout(start, restartMs)
    })
  }
  start()

  return {
    async stop() {
      stopping = true
      clearTimeout(timer)
      const running = child
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => running.kill('SIGKILL'), stopMs)
        running.once('exit', () => {
          clearTimeout(force)
          resolve()
        })
        running.kill('SIGTERM')
      })
    },
  }
}

// Starts the probe as a process: reads its settings, runs until told to stop. Exits with one line when it cannot run.
import pino from 'pino'
import { type ProbeConfig, readConfig } from './config.ts'
import { LogDestination } from './log-destination.ts'
import { raisePriority } from './priority.ts'
import { prepareDataFolder, startProbe } from './probe.ts'

async function main(): Promise<void> {
  let config: ProbeConfig
  try {
    config = readConfig(process.argv.slice(2), process.env)
  } catch (error) {
    return fail(error)
  }
  // The key stays in memory: what this process starts must not find it in an environment.
  delete process.env.VIGIL_PROBE_KEY
  const destination = new LogDestination(2)
  const log = pino({ name: 'probe', level: config.logLevel }, destination)
  let stopping = false
  try {
    raisePriority()
    prepareDataFolder(config.dataFolder)
    const probe = await startProbe(config, log)
    const stop = (signal: string): void => {
      if (stopping) return
      stopping = true
      log.info({ signal }, 'stopping: sessions go on, restrictions stay')
      probe.stop().then(
        () => exit(destination, 0),
        (error: unknown) => {
          log.error({ error: String(error) }, 'the stop was not clean')
          return exit(destination, 1)
        },
      )
    }
    process.on('SIGTERM', () => stop('SIGTERM'))
    process.on('SIGINT', () => stop('SIGINT'))
    // Timers of the observers do not hold the process; this one does.
    setInterval(() => {}, 60_000)
  } catch (error) {
    fail(error)
  }
}

/** A log line that nobody takes would hold an orderly exit for ever: everything else is done by now. */
async function exit(destination: LogDestination, code: number): Promise<void> {
  if (!(await destination.settle(300))) process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}

function fail(error: unknown): never {
  process.stderr.write(`vigil probe: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

void main()

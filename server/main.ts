// Composition root: reads the environment, opens the store, wires the parts together, serves, and takes everything down again.
// Nobody imports it. What can go wrong at the start is one line that says what to do.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, parseConfig } from './config.ts'
import { openConsole } from './console-handler.ts'
import { listenOrExplain } from './listen.ts'
import { openLog } from './log.ts'
import { plainLine } from './plain-line.ts'
import { runNode } from './run-node.ts'

/** To whoever started it: start it again. It was the owner of the log and is not any more; the next start is a standby. */
const startAgainCode = 75
const root = path.resolve(import.meta.dirname, '..')

async function main(): Promise<void> {
  const config = parseConfig(process.env)
  const { say, failed } = openLog(config.logAsJson)
  try {
    await mkdir(config.dataDir, { recursive: true })
  } catch (error) {
    throw new ConfigError(
      `the data folder ${config.dataDir} cannot be made (${message(error)}): set VIGIL_DATA to a folder you may write`,
    )
  }
  // The port first: a busy one is known at once, before a database is started in vain.
  const listening = await listenOrExplain(config)
  if (config.hasRedis)
    say('vigil: REDIS_URL is not used: several nodes need DATABASE_URL alone (docs/several-nodes.md)')
  const running = await runNode({
    config,
    listening,
    root,
    openConsole,
    say,
    onLost: (error) => beginAnew(error.message),
    onFailed: (error) => beginAnew(`cannot take over: ${message(error)}`),
  }).catch(async (error: unknown) => {
    listening.server.close()
    throw error
  })
  say(`vigil: run an agent, from any folder: ${path.join(root, 'cli/vigil.mjs')} run -- CMD`)
  say(`vigil ready ${listening.url}`)

  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    say(`vigil: ${signal}, stopping`)
    running
      .stop()
      .then(() => {
        say('vigil: stopped')
        process.exit(0)
      })
      .catch((error: unknown) => {
        if (config.logAsJson) failed('stop', error)
        else console.error(`vigil: did not stop cleanly: ${message(error)}`)
        process.exit(1)
      })
  }
  process.on('SIGINT', () => stop('interrupted'))
  process.on('SIGTERM', () => stop('asked to end'))
}

/** At once: what is in memory is not the log's state, and nothing of it may be written or shown any more. */
function beginAnew(why: string): void {
  console.error(`vigil: ${why}; start it again`)
  process.exit(startAgainCode)
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError || process.env.VIGIL_DEBUG === undefined
  console.error(plain ? `vigil: ${plainLine(error)}` : error)
  process.exit(1)
})

// Composition root: reads the environment, opens the store, wires the parts together, serves, and takes everything down again.
// Nobody imports it. What can go wrong at the start is one line that says what to do.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError, parseConfig } from './config.ts'
import { openConsole } from './console-handler.ts'
import { listenOrExplain } from './listen.ts'
import { plainLine } from './plain-line.ts'
import { runServer } from './run-server.ts'

const root = path.resolve(import.meta.dirname, '..')

async function main(): Promise<void> {
  const config = parseConfig(process.env)
  try {
    await mkdir(config.dataDir, { recursive: true })
  } catch (error) {
    throw new ConfigError(
      `the data folder ${config.dataDir} cannot be made (${message(error)}): set VIGIL_DATA to a folder you may write`,
    )
  }
  // The port first: a busy one is known at once, before a database is started in vain.
  const listening = await listenOrExplain(config)
  const running = await runServer(config, listening, root, openConsole).catch(async (error: unknown) => {
    listening.server.close()
    throw error
  })
  console.log(`vigil: run an agent, from any folder: ${path.join(root, 'cli/vigil.mjs')} run -- CMD`)
  console.log(`vigil ready ${listening.url}`)

  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    console.log(`vigil: ${signal}, stopping`)
    running
      .stop()
      .then(() => {
        console.log('vigil: stopped')
        process.exit(0)
      })
      .catch((error: unknown) => {
        console.error(`vigil: did not stop cleanly: ${message(error)}`)
        process.exit(1)
      })
  }
  process.on('SIGINT', () => stop('interrupted'))
  process.on('SIGTERM', () => stop('asked to end'))
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError || process.env.VIGIL_DEBUG === undefined
  console.error(plain ? `vigil: ${plainLine(error)}` : error)
  process.exit(1)
})

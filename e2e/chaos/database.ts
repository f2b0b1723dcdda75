// The PostgreSQL of the run: the embedded one, looked after by the runner rather than by the server, so that each can die without the other.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/store/embedded-postgres.ts'
import type { Cleanup } from '../bench/cleanup.ts'

/** It may have to recover first, or to wait for a port. */
const startMs = 60_000

export type Database = {
  readonly url: string
  /** SIGKILL of the postmaster; who looks after it starts it again at once. False: it was not running. */
  kill(): boolean
  stop(): Promise<void>
  /** After `stop`; on the same port, with the same data. */
  start(): Promise<void>
}

export async function startDatabase(cleanup: Cleanup, folder: string, log: (line: string) => void): Promise<Database> {
  const options = { dataDir: path.join(folder, 'postgres'), log }
  let running: EmbeddedPostgres = await startEmbeddedPostgres(options)
  const url = running.connectionString
  cleanup.later('PostgreSQL', () => running.stop())
  return {
    url,
    kill() {
      const { pid } = running
      if (pid === null) return false
      process.kill(pid, 'SIGKILL')
      return true
    },
    stop: () => running.stop(),
    async start() {
      for (const deadlineMs = Date.now() + startMs; ; ) {
        try {
          running = await startEmbeddedPostgres(options)
          break
        } catch (error) {
          if (Date.now() > deadlineMs) throw error
          await sleep(1_000)
        }
      }
      if (running.connectionString !== url)
        throw new Error('PostgreSQL came back under another address: its port was taken')
    },
  }
}

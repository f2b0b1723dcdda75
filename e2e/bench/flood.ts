// Events at a fixed rate from a process of their own, so that neither side's event loop slows the other. The process is this same
// program, started with the word below; it ends when it is asked to, or when this process is gone.
import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cleanup } from './cleanup.ts'
import type { FloodOrder, FloodReport } from './flood-process.ts'

export const floodWord = 'flood-process'
const warmUpMs = 2_000

export type Flood = { stop(): Promise<FloodReport> }

/** Resolves when it has flowed for a while. */
export async function startFlood(cleanup: Cleanup, order: FloodOrder): Promise<Flood> {
  const child = fork(process.argv[1] ?? '', [floodWord], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = cleanup.later('the flood', async () => {
    child.kill('SIGKILL')
    await exited
  })
  child.send(order)
  await sleep(warmUpMs)
  return {
    async stop() {
      try {
        return await reportOf(child)
      } finally {
        await end()
      }
    },
  }
}

function reportOf(child: ChildProcess): Promise<FloodReport> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the flood ended by itself')))
    child.once('message', (message) => resolve(message as FloodReport))
    child.send('stop', (error) => error && reject(new Error(`the flood had ended: ${error.message}`)))
  })
}

// One file that is imported, as the console's list of long work hears of it: with each batch, and with the last one how it ended.
import { randomUUID } from 'node:crypto'
import type { ImportTold } from '../server/protocol/job.ts'
import type { Input } from './import-input.ts'

/** A person stopped it at the terminal. */
export class Interrupted extends Error {
  constructor(name: string) {
    super(`${name}: interrupted; what was sent before is in the log, and importing it again doubles nothing`)
  }
}

/**
 * How far one file is, for the console's list of long work. Of one that fits a single batch nothing is told: it is over before anybody could
 * look. The first interrupt ends it in order, a second one at once.
 */
export function tellWhole(input: Pick<Input, 'name' | 'fileName' | 'sizeBytes' | 'readBytes'>) {
  const id = randomUUID()
  const abort = new AbortController()
  const onInterrupt = () => abort.abort(new Interrupted(input.name))
  process.once('SIGINT', onInterrupt)
  let isTold = false
  const told = (state: ImportTold['state'], problem?: string): ImportTold => ({
    id,
    file: input.fileName.slice(0, 200),
    readBytes: input.readBytes(),
    ...(input.sizeBytes !== undefined && { sizeBytes: input.sizeBytes }),
    state,
    ...(problem !== undefined && { problem: problem.slice(0, 500) }),
  })
  return {
    signal: abort.signal,
    running() {
      isTold = true
      return told('running')
    },
    ended: (state: 'done' | 'failed' | 'cancelled', error?: unknown) =>
      isTold ? told(state, state === 'failed' ? messageOf(error) : undefined) : undefined,
    close: () => void process.off('SIGINT', onInterrupt),
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

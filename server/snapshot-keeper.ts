// Writes a snapshot of the state now and then, so that a restart and a look back need only read the tail of the log.
import type { ConsoleState } from './model/state.ts'
import type { Pipeline } from './pipeline.ts'

const eventsBetween = 25_000
/** Writing the state out takes the event loop some 100 ms with hundreds of sessions: in a flood, not several times a second. */
const msBetween = 30_000

export function snapshotKeeper(
  pipeline: Pipeline,
  write: (state: ConsoleState) => Promise<void>,
  nowMs: () => number,
  onError: (context: string, error: unknown) => void,
): { close(): Promise<void> } {
  let sinceLast = 0
  let lastAtMs = nowMs()
  let writing: Promise<void> | undefined

  const snapshot = () => {
    sinceLast = 0
    lastAtMs = nowMs()
    writing = write(pipeline.state)
      // A missing snapshot costs time at the next start, never a fact.
      .catch((error) => onError('write a snapshot', error))
      .finally(() => {
        writing = undefined
      })
  }

  pipeline.onCommit(({ events }) => {
    sinceLast += events.length
    if (sinceLast >= eventsBetween && nowMs() - lastAtMs >= msBetween && !writing) snapshot()
  })

  return {
    async close() {
      await writing
      if (sinceLast > 0) snapshot()
      await writing
    },
  }
}

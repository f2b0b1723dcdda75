// Everything the bench starts is taken down in reverse order, whether it ends well, badly or by Ctrl-C. By handle or pid, never by name.
export type Cleanup = {
  /** Registers what takes a thing down; the answer does so at once (and then not again). */
  later(what: string, undo: () => Promise<unknown> | unknown): () => Promise<void>
  run(): Promise<void>
}

export function createCleanup(say: (line: string) => void): Cleanup {
  const stack: { what: string; undo: () => Promise<unknown> | unknown }[] = []
  /** Two callers at once (Ctrl-C and a step that fails of it) must not take the database from under the server. */
  let running: Promise<void> | undefined
  const take = async (entry: (typeof stack)[number]) => {
    const at = stack.indexOf(entry)
    if (at === -1) return
    stack.splice(at, 1)
    try {
      await entry.undo()
    } catch (error) {
      say(`taking down ${entry.what} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return {
    later(what, undo) {
      const entry = { what, undo }
      stack.push(entry)
      return () => take(entry)
    },
    run() {
      running ??= (async () => {
        for (let last = stack.at(-1); last; last = stack.at(-1)) await take(last)
      })().finally(() => {
        running = undefined
      })
      return running
    },
  }
}

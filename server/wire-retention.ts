// What is kept and for how long, put together: retention by days, and what becomes of readings when the disk gets full before that.
import { statfs } from 'node:fs/promises'
import type { Config } from './config.ts'
import { type DiskSpace, keepDisk } from './disk-keeper.ts'
import { holdsOf } from './model/retention-holds.ts'
import { diskOccasion } from './notify/disk-occasion.ts'
import type { Occasion } from './notify/occasion.ts'
import type { Store } from './open-store.ts'
import type { Pipeline } from './pipeline.ts'
import { keepRetention, type StartJob } from './retention-keeper.ts'

export function wireRetention(options: {
  config: Pick<Config, 'dataDir' | 'databaseUrl' | 'disk' | 'bundle'>
  store: Pick<Store, 'retention' | 'shed'>
  pipeline: Pick<Pipeline, 'state' | 'submit'>
  start: StartJob
  notify: { alsoSay(more: () => Occasion[]): void }
  nowMs: () => number
  say: (line: string) => void
  /** For tests: nothing is shed before. */
  patienceMs?: number
  onError: (context: string, error: unknown) => void
}) {
  const { config, store, pipeline, start, notify, nowMs, say, patienceMs = 60_000, onError } = options
  const holds = () => holdsOf(pipeline.state.incidents.values())
  const retention = keepRetention({ store: store.retention, holds, start, nowMs, onError })
  const disk = keepDisk({
    space: () => spaceOf(config.dataDir),
    // What is shown of a bundle is no log of ours: nothing of it may go, and its folder is for a moment.
    limits: config.bundle ? { warnBytes: 0, shedBytes: 0 } : config.disk,
    store: config.databaseUrl === undefined ? store.shed : undefined,
    holds,
    async recordGap(gap) {
      const event = {
        v: 1 as const,
        kind: 'gap.recorded' as const,
        atMs: nowMs(),
        data: { stream: 'samples' as const, ...gap },
      }
      await pipeline.submit({ sender: { type: 'vigil' }, events: [event] })
    },
    nowMs,
    say,
    patienceMs,
    onError,
  })
  notify.alsoSay(() => {
    const view = disk.view()
    return view ? [diskOccasion(view)] : []
  })
  return {
    ...retention,
    disk: disk.view,
    lookAtDisk: disk.look,
    async view() {
      const view = disk.view()
      return { ...(await retention.view()), ...(view && { disk: view }) }
    },
    async close() {
      retention.close()
      await disk.close()
    },
  }
}

/** What this process may still write: what is kept back for root does not count. */
async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

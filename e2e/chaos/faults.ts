// Brings a fault about and takes it back. What cannot be done on this host says why, and is left out.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './plan.ts'
import type { Source } from './source.ts'
import type { Disk, World } from './world.ts'

type Heal = () => Promise<void> | void
export type Stage = World & { sources: readonly Source[] }

/** Undefined: it can be done. */
export function whyNotHere({ kind }: Fault, world: Pick<World, 'dataDisk' | 'databaseDisk'>): string | undefined {
  const whyNoDisk = (disk: Disk) => ('why' in disk ? disk.why : undefined)
  if (kind === 'data-disk-full') return whyNoDisk(world.dataDisk)
  if (kind === 'database-disk-full') return whyNoDisk(world.databaseDisk)
  return undefined
}

/** Resolves with what takes it back, once it is brought about. */
export async function bringAbout(fault: Fault, stage: Stage): Promise<Heal> {
  const { server, probe, database, probePath, sourcePath } = stage
  const { delayMs = 0, jumpMs = 0 } = fault
  switch (fault.kind) {
    case 'server-kill':
      await server.kill()
      return () => server.start()
    case 'server-hang':
      server.signal('SIGSTOP')
      return () => server.signal('SIGCONT')
    case 'probe-kill':
      await probe.kill()
      return () => probe.start()
    case 'probe-hang':
      probe.signal('SIGSTOP')
      return () => probe.signal('SIGCONT')
    case 'database-kill':
      // It may be on its way back from the last one.
      for (let attempt = 0; !database.kill() && attempt < 200; attempt += 1) await sleep(50)
      return () => undefined
    case 'database-stop':
      await database.stop()
      return () => database.start()
    case 'database-disk-full':
      return filled(stage.databaseDisk)
    case 'data-disk-full':
      return filled(stage.dataDisk)
    case 'probe-path-cut':
      return path(probePath, { is: 'cut' })
    case 'probe-path-slow':
      return path(probePath, { is: 'slow', delayMs })
    case 'probe-path-silent':
      return path(probePath, { is: 'silent' })
    case 'source-path-cut':
      return path(sourcePath, { is: 'cut' })
    case 'source-path-slow':
      return path(sourcePath, { is: 'slow', delayMs })
    case 'server-clock':
      return clock((ms) => stage.serverClock.set(ms), jumpMs)
    case 'probe-clock':
      return clock((ms) => stage.probeClock.set(ms), jumpMs)
    case 'source-clock':
      return clock((ms) => stage.sources[0]?.setClock(ms), jumpMs)
  }
}

function path(proxy: World['probePath'], state: Parameters<World['probePath']['set']>[0]): Heal {
  proxy.set(state)
  return () => proxy.set({ is: 'open' })
}

function clock(set: (offsetMs: number) => void, jumpMs: number): Heal {
  set(jumpMs)
  return () => set(0)
}

function filled(disk: Disk): Heal {
  if ('why' in disk) throw new Error(disk.why)
  disk.fill()
  return () => disk.empty()
}

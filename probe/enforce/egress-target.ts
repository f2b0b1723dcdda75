// A session as the egress cut sees it this moment: its cgroups, its processes, and the network namespaces they are in.
import fs from 'node:fs'
import path from 'node:path'
import type { CgroupHome } from '../cgroup-mount.ts'
import type { Session } from '../session.ts'
import type { EgressPlaces } from './egress-places.ts'
import type { Place } from './egress-tools.ts'
import { readSessionTasks, type SessionTasks } from './session-namespaces.ts'

/** From here nft resolves the paths of cgroups. */
export const nftRoot = '/sys/fs/cgroup'
/** An agent may make namespaces without end; each costs us a descriptor and a run. */
export const placesMax = 16

export type Target = {
  session: Session
  folder: string
  /** As nft names it. */
  nftPath: string
  /** As ss names it. */
  cgroupPath: string
  /** Inode of its folder, which is what the kernel's sets hold; undefined when it is gone. */
  cgroupId: number | undefined
  tasks: SessionTasks
  /** The host's own first, then every other that a thread of the session is in. */
  places: Place[]
  /** More namespaces than are followed. */
  placesCut: boolean
}

/** Throws for a session that has no cgroup of ours. */
export async function lookAt(session: Session, home: CgroupHome, held: EgressPlaces): Promise<Target> {
  const { cgroupFolder: folder, cgroupPath } = session
  if (folder === undefined || cgroupPath === undefined) throw new Error(`session ${session.id} has no cgroup`)
  if (path.dirname(folder) !== home.folder || home.nftPath === undefined) {
    throw new Error(`${folder} is not one of our session cgroups`)
  }
  const tasks = await readSessionTasks(folder)
  const places = [held.host]
  let placesCut = false
  for (const [netns, task] of tasks.namespaces) {
    if (netns === held.host.netns) continue
    const place = places.length > placesMax ? undefined : held.hold(netns, task)
    if (place) places.push(place)
    // One that went meanwhile is gone with its thread; the next look finds where it went.
    else placesCut ||= places.length > placesMax
  }
  return {
    session,
    folder,
    nftPath: `${home.nftPath}/${path.basename(folder)}`,
    cgroupPath,
    cgroupId: cgroupIdOf(folder),
    tasks,
    places,
    placesCut,
  }
}

export function cgroupIdOf(folder: string): number | undefined {
  return fs.statSync(folder, { throwIfNoEntry: false })?.ino
}

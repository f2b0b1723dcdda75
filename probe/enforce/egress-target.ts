// A session as the egress cut sees it this moment: its cgroups, its processes, and the network namespaces they are in.
import fs from 'node:fs'
import path from 'node:path'
import type { CgroupHome } from '../cgroup-mount.ts'
import type { Session } from '../session.ts'
import { folderOf, isStillIts } from '../session-cgroup.ts'
import type { EgressPlaces } from './egress-places.ts'
import { isPlainPath } from './egress-script.ts'
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

/** Throws for a session whose cgroup is neither ours nor adopted. */
export async function lookAt(session: Session, home: CgroupHome, held: EgressPlaces): Promise<Target> {
  const folder = folderOf(session)
  const nftPath = session.adopted ? adoptedNftPath(session) : ownNftPath(folder, home)
  // Another cgroup that has taken the path of an adopted one is not looked at: the session's own is gone.
  const isIts = isStillIts(session)
  const tasks: SessionTasks = isIts
    ? await readSessionTasks(folder)
    : { cgroups: [], namespaces: new Map(), pids: [], cutShort: false }
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
    nftPath,
    cgroupPath: session.cgroupPath ?? '',
    cgroupId: isIts ? cgroupIdOf(folder) : undefined,
    tasks,
    places,
    placesCut,
  }
}

function ownNftPath(folder: string, home: CgroupHome): string {
  if (path.dirname(folder) !== home.folder || home.nftPath === undefined) {
    throw new Error(`${folder} is not one of our session cgroups`)
  }
  return `${home.nftPath}/${path.basename(folder)}`
}

/** Throws where nft has no way to name it. Here, not in a script, where its name would spoil what is asked for others. */
export function adoptedNftPath(session: Session): string {
  const nftPath = path.relative(nftRoot, folderOf(session))
  if (nftPath.startsWith('..')) throw new Error('cgroup v2 is not mounted below /sys/fs/cgroup')
  if (!isPlainPath(nftPath)) throw new Error(`nft cannot name the cgroup ${JSON.stringify(nftPath.slice(0, 200))}`)
  return nftPath
}

/** Depth of an adopted cgroup in the hierarchy. */
export function levelOf(session: Session): number {
  return (session.cgroupPath ?? '').split('/').filter((part) => part !== '').length
}

export function cgroupIdOf(folder: string): number | undefined {
  return fs.statSync(folder, { throwIfNoEntry: false })?.ino
}

// The cgroup of a session, by path and inode. What a container manager made is held by exactly the inode that was adopted: another
// cgroup that has its path by now is nobody's, and must never be written to.
import fs from 'node:fs'
import path from 'node:path'
import { readCgroupPids } from './observe/cgroup-pids.ts'
import { readCgroupPath } from './observe/read-process.ts'
import type { Session } from './session.ts'

/** Throws for a session without a cgroup. */
export function folderOf(session: Session): string {
  if (session.cgroupFolder === undefined) throw new Error(`session ${session.id} has no cgroup`)
  return session.cgroupFolder
}

/** Our own are made by us and stay ours; of an adopted one the path may have become another cgroup's. */
export function isStillIts(session: Session): boolean {
  if (session.adopted === undefined) return true
  return fs.statSync(folderOf(session), { throwIfNoEntry: false })?.ino === session.adopted.inode
}

/** Processes in it and below it; none when it is gone. */
export function readSessionPids(session: Session): number[] {
  return session.cgroupFolder !== undefined && isStillIts(session) ? readCgroupPids(session.cgroupFolder) : []
}

/**
 * Opens one of the kernel's files in it; never makes one. Throws ENOENT or ENODEV when the cgroup is gone. What was adopted is reached
 * through its own inode, so that nothing can take its path in between; one that has come to hold this probe is not written to.
 */
export function openCgroupFile(session: Session, name: string, mode: 'read' | 'write'): number {
  const folder = folderOf(session)
  const flags = mode === 'read' ? fs.constants.O_RDONLY : fs.constants.O_WRONLY
  if (session.adopted === undefined) return fs.openSync(path.join(folder, name), flags)
  if (mode === 'write' && holdsUs(session)) throw new Error(`this probe itself is in ${folder}`)
  const holder = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW)
  try {
    if (fs.fstatSync(holder).ino !== session.adopted.inode)
      throw Object.assign(new Error(`${folder} is another cgroup by now`), { code: 'ENOENT' })
    return fs.openSync(`/proc/self/fd/${holder}/${name}`, flags)
  } finally {
    fs.closeSync(holder)
  }
}

function holdsUs({ cgroupPath = '/' }: Session): boolean {
  const own = readCgroupPath(process.pid) ?? '/'
  return `${own}/`.replace('//', '/').startsWith(`${cgroupPath}/`.replace('//', '/'))
}

export function readCgroupFile(session: Session, name: string): string {
  const descriptor = openCgroupFile(session, name, 'read')
  try {
    return fs.readFileSync(descriptor, 'utf8')
  } finally {
    fs.closeSync(descriptor)
  }
}

export function writeCgroupFile(session: Session, name: string, text: string): void {
  const descriptor = openCgroupFile(session, name, 'write')
  try {
    fs.writeSync(descriptor, text)
  } finally {
    fs.closeSync(descriptor)
  }
}

export function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENODEV'
}

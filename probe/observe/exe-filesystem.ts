// Whether a program's file may be read by us. A session can run a program from a file system that it serves itself (FUSE), or that
// hangs (NFS): reading that, above all after the session is frozen, would hang the reader for ever. Pure but for one small read.
import fs from 'node:fs'

/** Served by the kernel alone, from memory or from a disk. */
const local = new Set(['tmpfs', 'ramfs', 'ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'zfs', 'bcachefs'])
const localReadOnly = new Set(['squashfs', 'erofs', 'iso9660', 'vfat'])
/** Local only as far as what lies under it is: accepted if it is mounted where we can see it, so not by the session alone. */
const layered = new Set(['overlay', 'aufs'])

export type Mount = { id: number; device: string; type: string }

/** The text of /proc/PID/mountinfo: mount id, device, type. */
export function parseMounts(mountinfo: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of mountinfo.split('\n')) {
    const match = /^(\d+) \d+ (\d+:\d+) .* - (\S+) /.exec(line)
    if (match) mounts.push({ id: Number(match[1]), device: match[2] ?? '', type: match[3] ?? '' })
  }
  return mounts
}

/**
 * Why the file on this mount must not be read; undefined when it may be. `theirs` and `ours`: the mounts that the process and the
 * probe see. A mount that is on neither list is the kernel's own (memfd) or was detached: only `isMemfd` may be read then.
 */
export function whyNotRead(
  mountId: number,
  theirs: readonly Mount[],
  ours: readonly Mount[],
  isMemfd: boolean,
): string | undefined {
  const mount = theirs.find(({ id }) => id === mountId) ?? ours.find(({ id }) => id === mountId)
  if (!mount) return isMemfd ? undefined : 'its file system is no longer mounted'
  if (local.has(mount.type) || localReadOnly.has(mount.type)) return undefined
  if (layered.has(mount.type) && ours.some(({ device, type }) => device === mount.device && type === mount.type))
    return undefined
  return `it lies on ${mount.type.slice(0, 40)}, which may never answer`
}

/** Flag to open a file without reading anything of it: no file system is asked. The same number on x86-64, arm64 and riscv64. */
export const openPathOnly = 0o10000000

/** The mount of an open descriptor of this process. */
export function mountIdOf(descriptor: number): number {
  const text = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')
  return Number(/^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? Number.NaN)
}

export function readMounts(pid: number | 'self'): Mount[] {
  try {
    return parseMounts(fs.readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))
  } catch {
    return [] // Gone meanwhile: the caller finds out by itself.
  }
}

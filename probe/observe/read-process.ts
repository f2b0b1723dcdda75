// Reads one process from /proc. Every reading may fail because the process is gone: that is an answer, not an error.
import fs from 'node:fs'
import { cutText, longTextMax, shortTextMax } from '../../server/protocol/text.ts'
import { parseCgroup2Path } from '../cgroup-mount.ts'
import { isOver, parseCommandLine, parseNamespaceLink, parseSocketLink, parseStat, type Stat } from './parse-proc.ts'

export type ProcessReading = {
  pid: number
  ppid: number
  startTicks: number
  comm: string
  exe: string | undefined
  argv: string[]
  uid: number | undefined
  netns: number
  /** Its first thread has ended: command line and program cannot be read any more. */
  isHeadless?: boolean
}

function gone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR')
      return undefined
    throw error
  }
}

export function readStat(pid: number): Stat | undefined {
  const text = gone(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return text === undefined ? undefined : parseStat(text)
}

/** undefined when it is gone, a zombie, or changed identity while it was read. */
export function readProcess(pid: number): ProcessReading | undefined {
  const stat = readStat(pid)
  if (!stat || isOver(stat)) return undefined
  const commandLine = gone(() => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''
  const exe = gone(() => fs.readlinkSync(`/proc/${pid}/exe`))
  return {
    pid,
    ppid: stat.ppid,
    startTicks: stat.startTicks,
    comm: stat.comm,
    exe: exe === undefined ? undefined : cutText(exe, longTextMax),
    argv: parseCommandLine(commandLine),
    uid: gone(() => fs.statSync(`/proc/${pid}`).uid),
    netns: readNetns(pid),
    ...(stat.state === 'Z' && { isHeadless: true }),
  }
}

export function readNetns(pid: number | 'self'): number {
  const link = gone(() => fs.readlinkSync(`/proc/${pid}/ns/net`))
  return link === undefined ? 0 : parseNamespaceLink(link)
}

export function readCgroupPath(pid: number): string | undefined {
  const text = gone(() => fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
  return text === undefined ? undefined : parseCgroup2Path(text)
}

const fdsMax = 8_192

/** Inodes of the sockets that a process has open, at most `fdsMax` descriptors looked at. */
export function readSocketInodes(pid: number): number[] {
  const names = gone(() => fs.readdirSync(`/proc/${pid}/fd`)) ?? []
  const inodes: number[] = []
  for (const name of names.slice(0, fdsMax)) {
    const link = gone(() => fs.readlinkSync(`/proc/${pid}/fd/${name}`))
    const inode = link === undefined ? undefined : parseSocketLink(link)
    if (inode !== undefined) inodes.push(inode)
  }
  return inodes
}

export function readBootId(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** The program's name this moment: a process may have become another program since it was first seen. */
export function readComm(pid: number): string | undefined {
  try {
    return cutText(fs.readFileSync(`/proc/${pid}/comm`, 'utf8').replace(/\n$/, ''), shortTextMax)
  } catch {
    return undefined // It has ended; what was seen of it before stands.
  }
}

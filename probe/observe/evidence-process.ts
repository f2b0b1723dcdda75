// Reads one process for the record: what it is, what it has open, which sockets are its own. Every word in it is written by an
// agent: bounded and cut, never followed. That it is gone, or not ours to read, is an answer, not an error.
import fs from 'node:fs'
import type { EvidenceFile, EvidenceProcess } from '../../server/protocol/evidence.ts'
import { cutText, longTextMax, shortTextMax } from '../../server/protocol/text.ts'
import type { Rest } from '../turns.ts'
import { readLife } from './members.ts'
import { readFdNames } from './open-devices.ts'
import { isOver, parseNamespaceLink, parseSocketLink } from './parse-proc.ts'

const argvMax = 64
const argvBytesMax = 65_536
const fdsMax = 4_096
const deletedMark = ' (deleted)'

export type ProcessEvidence = {
  process: EvidenceProcess
  /** What /proc/PID/exe read, uncut; undefined where it could not be read. */
  exeLink: string | undefined
  /** Where its links are read: /proc/PID, or a thread's folder when its first thread has ended. */
  folder: string
  /** Its program, held open until it is hashed: what is cut off may end before it is frozen. */
  program?: number
  files: EvidenceFile[]
  socketInodes: number[]
  netns: number
  /** Descriptors that were not looked at, as far as the kernel tells how many there are. */
  fdsLeftOut: number
  /** Something of it may not be read by this user. */
  denied: boolean
}

/** undefined when it is gone, or became another process while it was read. */
export async function readProcessEvidence(
  pid: number,
  escaped: boolean,
  rest: Rest,
): Promise<ProcessEvidence | undefined> {
  const life = readLife(pid)
  if (!life || isOver(life)) return undefined
  const look = new Look()
  const folder = life.state === 'Z' ? (livingThread(pid) ?? `/proc/${pid}`) : `/proc/${pid}`
  const exeLink = look.link(`${folder}/exe`)
  const cwd = look.link(`${folder}/cwd`)
  const uid = effectiveUid(look.text(`${folder}/status`, 4_096)?.text)
  const argv = look.text(`${folder}/cmdline`, argvBytesMax)
  const isDeleted = exeLink?.endsWith(deletedMark) === true
  const exe = isDeleted ? exeLink.slice(0, -deletedMark.length) : exeLink
  const process: EvidenceProcess = {
    pid,
    ppid: life.ppid,
    startTicks: life.startTicks,
    state: life.state.slice(0, 2),
    comm: life.comm,
    argv: argv === undefined ? [] : splitArguments(argv.text, argv.cut),
    ...(exe === undefined ? {} : { exe: cutText(exe, longTextMax) }),
    ...(isDeleted ? { exeDeleted: true } : {}),
    ...(cwd === undefined ? {} : { cwd: cutText(cwd, longTextMax) }),
    ...(uid === undefined ? {} : { uid }),
    ...(escaped ? { escaped: true } : {}),
  }
  const netns = parseNamespaceLink(look.link(`${folder}/ns/net`) ?? '')
  const { files, socketInodes, fdsLeftOut } = await readFiles(pid, folder, look, rest)
  if (readLife(pid)?.startTicks !== life.startTicks) return undefined
  return { process, exeLink, folder, files, socketInodes, netns, fdsLeftOut, denied: look.denied }
}

async function readFiles(
  pid: number,
  folder: string,
  look: Look,
  rest: Rest,
): Promise<Pick<ProcessEvidence, 'files' | 'socketInodes' | 'fdsLeftOut'>> {
  const files: EvidenceFile[] = []
  const socketInodes: number[] = []
  const names = readFdNames(folder.slice('/proc/'.length), fdsMax)
  let count = 0
  for (const name of names) {
    count += 1
    if (count % 32 === 0) await rest()
    const link = look.link(`${folder}/fd/${name}`)
    if (link === undefined) continue
    const inode = parseSocketLink(link)
    if (inode !== undefined) socketInodes.push(inode)
    else if (isTold(link)) files.push({ pid, fd: Number(name), target: cutText(link, longTextMax) })
  }
  // Since Linux 6.2 the folder's size is the number of open descriptors.
  const fdsLeftOut = names.length < fdsMax ? 0 : Math.max(1, look.size(`${folder}/fd`) - names.length)
  return { files, socketInodes, fdsLeftOut }
}

/** Files, devices, and what is nameless but powerful. Pipes, sockets, event counters and the null device are noise. */
function isTold(link: string): boolean {
  if (link === '/dev/null') return false
  if (link.startsWith('/')) return true
  return /^anon_inode:(?:bpf|\[io_uring\]|\[userfaultfd\]|\[perf_event\]|\[fanotify\]|\[pidfd\])/.test(link)
}

/** A process whose first thread has ended keeps its program and files in the others. */
function livingThread(pid: number): string | undefined {
  try {
    const tid = fs.readdirSync(`/proc/${pid}/task`).find((name) => name !== String(pid))
    return tid === undefined ? undefined : `/proc/${pid}/task/${tid}`
  } catch {
    return undefined
  }
}

/** From /proc/PID/status: the folder's owner would read 0 for a process that made itself undumpable. */
function effectiveUid(status: string | undefined): number | undefined {
  const match = /^Uid:\s+\d+\s+(\d+)/m.exec(status ?? '')
  return match ? Number(match[1]) : undefined
}

/** NUL-separated, control characters kept as they are. Cut visibly. `cut`: there was more text than was read. */
export function splitArguments(text: string, cut: boolean): string[] {
  if (text === '') return []
  const parts = (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
  if (parts.length <= argvMax && !cut) return parts.map((part) => cutText(part, shortTextMax))
  const kept = parts.slice(0, argvMax - 1).map((part) => cutText(part, shortTextMax))
  const missing = parts.length - kept.length
  if (!cut) return [...kept, `… [${missing} more arguments cut]`]
  return [...kept, missing > 0 ? `… [at least ${missing} more arguments cut]` : '… [the rest is cut]']
}

/** Small readings of one process that notes what was not permitted. */
class Look {
  denied = false

  link(path: string): string | undefined {
    return this.try(() => fs.readlinkSync(path))
  }

  size(path: string): number {
    return this.try(() => fs.statSync(path).size) ?? 0
  }

  /** At most `max` bytes: a command line may be of megabytes. */
  text(path: string, max: number): { text: string; cut: boolean } | undefined {
    return this.try(() => {
      const descriptor = fs.openSync(path, 'r')
      try {
        const bytes = Buffer.allocUnsafe(max)
        let length = 0
        for (let read = -1; read !== 0 && length < max; length += read)
          read = fs.readSync(descriptor, bytes, length, max - length, null)
        return { text: bytes.toString('utf8', 0, length), cut: length === max }
      } finally {
        fs.closeSync(descriptor)
      }
    })
  }

  private try<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EACCES' || code === 'EPERM') this.denied = true
      else if (!['ENOENT', 'ESRCH', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG'].includes(code ?? '')) throw error
      return undefined
    }
  }
}

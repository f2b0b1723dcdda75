// SHA-256 of the program that a process runs, read through /proc/PID/exe: also when its path was deleted or replaced. Reads in
// pieces and rests between them, two files at a time at most, and never from a file system that could hang the probe.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { within } from '../fresh-run.ts'
import type { Rest } from '../turns.ts'
import { type Mount, mountIdOf, openPathOnly, readMounts, whyNotRead } from './exe-filesystem.ts'
import { isAlive } from './members.ts'

const pieceBytes = 256 * 1024
const slotsMax = 2
/** A file changed within this time may change again without a new time stamp: its hash is not kept. */
const settledMs = 2_000

export const programEnded = 'it ended'
/** It runs another program than when it was recorded. */
export const programChanged = 'its program changed'

export type ExeHash = { sha256: string } | { problem: string }

export type ExeHashOptions = {
  rest: Rest
  /** Larger files are left out. */
  maxBytes?: number
  /** Hashes kept, by file and its time stamps. */
  keepMax?: number
  /** For one file, all waiting included. */
  timeoutMs?: number
}

type ExeOf = { pid: number; startTicks: number; link: string; folder?: string }

export class ExeHasher {
  /** Files that were read, for tests and figures. */
  filesRead = 0
  private readonly kept = new Map<string, string>()
  private readonly underWay = new Map<string, Promise<string>>()
  private readonly waiting: (() => void)[] = []
  private slotsInUse = 0
  private readonly maxBytes: number

  constructor(private readonly options: ExeHashOptions) {
    this.maxBytes = options.maxBytes ?? 512 * 1024 * 1024
  }

  /**
   * Takes hold of the program of a process now, so that it can be hashed after the process has ended. Whoever gets a descriptor must
   * close it. `link`: what /proc/PID/exe read when the process was recorded; if it runs another program by now, that one is not hashed.
   * `folder`: where its links are, /proc/PID unless its first thread has ended. Never throws.
   */
  hold(process: ExeOf): { descriptor: number } | { problem: string } {
    let descriptor: number
    try {
      descriptor = fs.openSync(`${process.folder ?? `/proc/${process.pid}`}/exe`, openPathOnly)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      return { problem: code === 'EACCES' || code === 'EPERM' ? 'not permitted' : programEnded }
    }
    const problem = this.whyNotHeld(process, descriptor)
    if (problem === undefined) return { descriptor }
    fs.closeSync(descriptor)
    return { problem }
  }

  private whyNotHeld(process: ExeOf, descriptor: number): string | undefined {
    try {
      if (!isAlive(process)) return programEnded
      if (fs.readlinkSync(`/proc/self/fd/${descriptor}`) !== process.link) return programChanged
      return this.whyNot(process.pid, descriptor, process.link)
    } catch (error) {
      return (error as Error).message.slice(0, 100)
    }
  }

  /** The same at once. Never rejects. */
  async hash(process: ExeOf): Promise<ExeHash> {
    const held = this.hold(process)
    return 'problem' in held ? held : this.hashHeld(held.descriptor)
  }

  /** Closes the descriptor. Never rejects. */
  async hashHeld(descriptor: number): Promise<ExeHash> {
    try {
      return await within(this.hashFile(descriptor), this.options.timeoutMs ?? 20_000, 'its file')
    } catch (error) {
      return { problem: (error as Error).message.slice(0, 100) }
    } finally {
      fs.closeSync(descriptor)
    }
  }

  private ours: { mounts: Mount[]; atMs: number } = { mounts: [], atMs: 0 }
  private readonly verdicts = new Map<number, { why: string | undefined; atMs: number }>()

  /** Verdicts are kept for a second: a thousand processes of one session lie on few mounts. */
  private whyNot(pid: number, descriptor: number, link: string): string | undefined {
    const nowMs = performance.now()
    const mountId = mountIdOf(descriptor)
    const isMemfd = link.startsWith('/memfd:')
    const before = this.verdicts.get(mountId)
    if (before && nowMs - before.atMs < 1_000) return before.why
    if (this.ours.atMs === 0 || nowMs - this.ours.atMs > 1_000) this.ours = { mounts: readMounts('self'), atMs: nowMs }
    const why = whyNotRead(mountId, readMounts(pid), this.ours.mounts, isMemfd)
    if (this.verdicts.size > 1_000) this.verdicts.clear()
    if (!isMemfd) this.verdicts.set(mountId, { why, atMs: nowMs })
    return why
  }

  private async hashFile(descriptor: number): Promise<ExeHash> {
    // The very file, not its path: opened for reading only now that its file system is known to answer.
    const handle = await fs.promises.open(`/proc/self/fd/${descriptor}`, 'r')
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true })
      if (size > BigInt(this.maxBytes)) return { problem: `larger than ${Math.round(this.maxBytes / 1_048_576)} MiB` }
      // ctime too: whoever may write a file may set its mtime back, but not its ctime.
      const key = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
      const known = this.kept.get(key)
      if (known !== undefined) return { sha256: known }
      let reading = this.underWay.get(key)
      if (!reading) {
        reading = this.inSlot(() => this.read(handle))
        this.underWay.set(key, reading)
        reading.then(
          () => this.underWay.delete(key),
          () => this.underWay.delete(key),
        )
      }
      const sha256 = await reading
      if (Date.now() - Number(ctimeNs / 1_000_000n) > settledMs) this.keep(key, sha256)
      return { sha256 }
    } finally {
      await handle.close()
    }
  }

  private async read(handle: fs.promises.FileHandle): Promise<string> {
    this.filesRead += 1
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(pieceBytes)
    for (let position = 0; position <= this.maxBytes; ) {
      const { bytesRead } = await handle.read(piece, 0, pieceBytes, position)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(piece.subarray(0, bytesRead))
      position += bytesRead
      await this.options.rest()
    }
    throw new Error('it grew while it was read')
  }

  private keep(key: string, sha256: string): void {
    this.kept.set(key, sha256)
    const [oldest] = this.kept.keys()
    if (this.kept.size > (this.options.keepMax ?? 1_000) && oldest !== undefined) this.kept.delete(oldest)
  }

  /** A read that hangs keeps its slot: the thread pool that everything else needs is never used up. */
  private async inSlot<T>(work: () => Promise<T>): Promise<T> {
    if (this.slotsInUse >= slotsMax) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.slotsInUse += 1
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next) next()
      else this.slotsInUse -= 1
    }
  }
}

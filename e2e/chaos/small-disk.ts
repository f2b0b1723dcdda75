// A disk that can be filled without harm: a file system in a sparse file, mounted in the folder of the run. Needs root and a loop device.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Cleanup } from '../bench/cleanup.ts'

export type SmallDisk = {
  folder: string
  /** Until not one byte more can be written; answers how many MiB that took. */
  fill(): number
  /** What filled it is gone. */
  empty(): void
}

/** A plain folder and the reason, where no disk can be made. */
export function smallDisk(
  cleanup: Cleanup,
  { folder, name, mib }: { folder: string; name: string; mib: number },
): SmallDisk | { folder: string; why: string } {
  const mountPoint = path.join(folder, name)
  mkdirSync(mountPoint)
  const image = path.join(folder, `${name}.img`)
  try {
    if (process.getuid?.() !== 0) throw new Error('not root')
    writeFileSync(image, '')
    truncateSync(image, mib * 2 ** 20)
    run('mkfs.ext4', '-q', '-m', '0', image)
    run('mount', '-o', 'loop', image, mountPoint)
  } catch (error) {
    rmSync(image, { force: true })
    return { folder: mountPoint, why: `no disk can be made: ${oneLine(error)}` }
  }
  cleanup.later(`the disk ${name}`, () => {
    run('umount', mountPoint)
    rmSync(image, { force: true })
  })
  const filler = path.join(mountPoint, 'filler')
  return {
    folder: mountPoint,
    fill() {
      const { bavail, bsize } = statfsSync(mountPoint)
      writeFileSync(filler, '')
      try {
        run('fallocate', '-l', String(Math.max(1, bavail * bsize - 2 ** 20)), filler)
      } catch {
        // Somebody wrote meanwhile: the pieces below fill what is left.
      }
      return Math.round((bavail * bsize + fillByPieces(`${filler}-rest`)) / 2 ** 20)
    },
    empty() {
      rmSync(filler, { force: true })
      rmSync(`${filler}-rest`, { force: true })
    },
  }
}

/** Down to single blocks: what has half a block left still writes small files. */
function fillByPieces(file: string): number {
  let written = 0
  const descriptor = openSync(file, 'w')
  for (const bytes of [2 ** 20, 4_096, 1]) {
    const piece = Buffer.alloc(bytes)
    try {
      while (written < 2 ** 32) written += writeSync(descriptor, piece)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
  closeSync(descriptor)
  return written
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 })
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? ''
}

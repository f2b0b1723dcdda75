// Walks the cgroup v2 tree for folders that are asked for. Reading only, bounded in folders and depth, and it never looks below what
// it has found: a container inside a container is part of it.
import fs from 'node:fs'
import path from 'node:path'
import type { Rest } from '../turns.ts'

export type FoundCgroup = {
  /** From the root of the hierarchy. */
  path: string
  folder: string
  inode: number
}

const foldersMax = 20_000
const depthMax = 16

/** `isWanted` and `mayHold` get paths from the root of the hierarchy. `cutShort`: there was more than may be looked at. */
export async function findCgroups(
  mountPoint: string,
  { isWanted, mayHold }: { isWanted: (path: string) => boolean; mayHold: (path: string) => boolean },
  rest: Rest,
): Promise<{ found: FoundCgroup[]; cutShort: boolean }> {
  const found: FoundCgroup[] = []
  const waiting = [{ path: '/', depth: 0 }]
  let folders = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await rest()
    for (const name of childrenOf(path.join(mountPoint, next.path))) {
      folders += 1
      if (folders > foldersMax) return { found, cutShort: true }
      const inside = path.posix.join(next.path, name)
      const isIt = isWanted(inside)
      if (!isIt && (next.depth + 1 >= depthMax || !mayHold(inside))) continue
      const folder = path.join(mountPoint, inside)
      const stat = fs.statSync(folder, { throwIfNoEntry: false })
      if (!stat) continue
      if (isIt) found.push({ path: inside, folder, inode: stat.ino })
      // A cgroup folder's link count is 2 + its children.
      else if (stat.nlink > 2) waiting.push({ path: inside, depth: next.depth + 1 })
    }
  }
  return { found, cutShort: false }
}

function childrenOf(folder: string): string[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return [] // It has gone, or its path is too long to be read.
  }
}

// PIDs in a cgroup and everything below it. A session may make cgroups inside its own: they count as the session.
import fs from 'node:fs'
import path from 'node:path'

const depthMax = 16

/** Empty when the cgroup is gone. Zombies are not listed by the kernel. */
export function readCgroupPids(folder: string): number[] {
  const pids: number[] = []
  collect(folder, pids, 0)
  return pids
}

function collect(folder: string, pids: number[], depth: number): void {
  let text: string
  try {
    text = fs.readFileSync(`${folder}/cgroup.procs`, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // EOPNOTSUPP: a threaded child; its processes are listed by its domain above.
    if (code === 'ENOENT' || code === 'ENODEV') return
    if (code !== 'EOPNOTSUPP' && code !== 'ENOTSUP') throw error
    text = ''
  }
  for (const line of text.split('\n')) if (line !== '' && line !== '0') pids.push(Number(line))
  // A cgroup folder's link count is 2 + its children: one stat instead of a listing.
  if (depth < depthMax && (fs.statSync(folder, { throwIfNoEntry: false })?.nlink ?? 2) > 2) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) collect(path.join(folder, entry.name), pids, depth + 1)
    }
  }
}

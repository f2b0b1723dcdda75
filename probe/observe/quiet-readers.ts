// What `watchQuiet` reads on a real host: CPU time from the session's cgroup and from what left it, GPU work from nvidia-smi.
// A value that cannot be read is undefined, never zero.
import fs from 'node:fs'
import { freshRun } from '../fresh-run.ts'
import type { Session } from '../session.ts'
import { readCgroupPids } from './cgroup-pids.ts'
import { parseCpuStat } from './cpu-memory.ts'
import type { GpuListing, GpuUse } from './gpu-ask.ts'
import { livingKnown, memberOf, readLife } from './members.ts'
import type { GpuWork } from './quiet.ts'

const tickUs = 10_000 // USER_HZ is 100 on Linux

/**
 * Microseconds used so far: `usage_usec` of the cgroup and of everything below it, and the time of known processes outside it;
 * without a cgroup, of all known processes, in steps of 10 ms. Goes down when one of those ends.
 */
export function readCpuUsageUs(session: Session): number | undefined {
  let usageUs = 0
  let inside: ReadonlySet<number> = new Set()
  if (session.cgroupFolder !== undefined) {
    let text: string
    try {
      text = fs.readFileSync(`${session.cgroupFolder}/cpu.stat`, 'utf8')
      inside = new Set(readCgroupPids(session.cgroupFolder))
    } catch {
      return undefined
    }
    const usage = parseCpuStat(text)
    if (usage === undefined) return undefined
    usageUs = usage
  }
  for (const { pid } of livingKnown(session)) if (!inside.has(pid)) usageUs += (readLife(pid)?.cpuTicks ?? 0) * tickUs
  return usageUs
}

/** `ask` and `askUse` are run afresh, and once for all who ask together. The session's own processes only. */
export function gpuWorkReader(parts: {
  ask: () => Promise<GpuListing>
  askUse: () => Promise<GpuUse>
  absent: () => string | undefined
}): (session: Session) => Promise<GpuWork> {
  const list = freshRun('nvidia-smi', parts.ask, 8_000)
  const use = freshRun('nvidia-smi', parts.askUse, 8_000)
  return async (session) => {
    if (parts.absent() !== undefined) return { processes: 0, utilPercent: 0 }
    const [listing, gpus] = await Promise.all([list(), use()])
    if ('problem' in listing) return { problem: listing.problem }
    const mine = listing.filter(({ pid }) => memberOf(session, pid) !== undefined)
    if (mine.length === 0) return { processes: 0, utilPercent: 0 }
    const processes = new Set(mine.map(({ pid }) => pid)).size
    if (!(gpus instanceof Map)) return { processes, utilPercent: undefined }
    let most: number | undefined = 0
    for (const { gpu } of mine) {
      const percent = gpus.get(gpu)
      most = most === undefined || percent === undefined ? undefined : Math.max(most, percent)
    }
    return { processes, utilPercent: most }
  }
}

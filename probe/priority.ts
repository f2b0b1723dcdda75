// Puts the probe before ordinary work on this host: an agent that saturates every core must not be able to delay its own pause.
import fs from 'node:fs'
import os from 'node:os'
import { readStat } from './observe/read-process.ts'

const wanted = -10

/** Without the right to do so (no root) everything stays as it is: the probe works, only later on a full host. */
export function raisePriority(): void {
  try {
    if (os.getPriority() > wanted) os.setPriority(wanted)
    // Where the kernel groups processes by terminal session, priorities count inside the group only; the group's own is ours to
    // raise when it is ours alone.
    if (readStat(process.pid)?.sid === process.pid) fs.writeFileSync('/proc/self/autogroup', String(wanted))
  } catch {
    // EACCES or EPERM: see above. ENOENT: this kernel has no such groups.
  }
}

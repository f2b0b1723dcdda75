// Everything that a drill starts carries its id in the environment: by that it is found again, whoever is its parent by then.
import { readdirSync, readFileSync } from 'node:fs'
import type { DrillId } from '../../server/protocol/drill.ts'

const variable = 'VIGIL_DRILL'

export function markerOf(id: DrillId): Record<string, string> {
  return { [variable]: id }
}

/** Processes of this drill, other than this one. Zombies have no environment and are not counted. */
export function processesOf(id: DrillId): number[] {
  const wanted = `${variable}=${id}`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(wanted)
      } catch {
        return false // gone, or somebody else's: not ours to end
      }
    })
    .map(Number)
}

/** Ends them all, frozen ones too, and says which did not end. */
export async function endProcessesOf(id: DrillId, withinMs = 5_000): Promise<number[]> {
  const endMs = Date.now() + withinMs
  for (;;) {
    const found = processesOf(id)
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    if (found.length === 0 || Date.now() > endMs) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

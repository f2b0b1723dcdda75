// What the kernel says of a session, read by the runner itself and not through the product: its cgroup's own files, and the table of the cut.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Level } from './checks.ts'

export type Host = {
  /** Undefined: it has no cgroup, or nothing lives in it. */
  levelOf(session: string): Level | undefined
  /** Removes what a probe that was killed left in the kernel. */
  removeTables(): void
}

/** As the probe names what it makes: by its data folder. */
export function readHost(cgroups: string, probeData: string): Host {
  const id = createHash('sha256').update(probeData).digest('hex').slice(0, 10)
  const cutTable = `vigil_cut_${id}`
  const text = (folder: string, file: string) => readFileSync(path.join(folder, file), 'utf8')
  return {
    levelOf(session) {
      const folder = path.join(cgroups, session)
      try {
        if (!existsSync(folder) || /^populated 0$/m.test(text(folder, 'cgroup.events'))) return undefined
        const pause = /^1/.test(text(folder, 'cgroup.freeze')) && /^frozen 1$/m.test(text(folder, 'cgroup.events'))
        return { pause, network: isCut(cutTable, folder, session) }
      } catch (error) {
        if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV'))
          return undefined
        throw error
      }
    },
    removeTables() {
      for (const name of tableNames().filter((table) => table.includes(id))) nft('delete', 'table', ...name.split(' '))
    },
  }
}

/** Both drop rules stand, the table is awake, and the session is an element. */
function isCut(table: string, folder: string, session: string): boolean {
  if (!tableNames().includes(`inet ${table}`)) return false
  const listing = nft('-y', 'list', 'table', 'inet', table)
  const drops = listing.match(/socket cgroupv2 level \d+ @cut drop/g)?.length ?? 0
  if (drops !== 2 || /flags dormant/.test(listing)) return false
  const set = /\tset cut \{[\s\S]*?\n\t\}/.exec(listing)?.[0] ?? ''
  return set.includes(`/${session}"`) || new RegExp(`\\b${statSync(folder).ino} counter`).test(set)
}

/** `family name` */
function tableNames(): string[] {
  return nft('list', 'tables')
    .split('\n')
    .filter((line) => line.startsWith('table '))
    .map((line) => line.slice('table '.length).trim())
}

function nft(...args: string[]): string {
  return execFileSync('nft', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
}

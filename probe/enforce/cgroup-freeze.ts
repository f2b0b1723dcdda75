// Pauses a session by its cgroup: the kernel stops every task in it, forks included. It is paused only when `cgroup.events`
// reads `frozen 1`; having written `cgroup.freeze` proves nothing.
import fs from 'node:fs'
import path from 'node:path'
import { readCgroupPids } from '../observe/cgroup-pids.ts'
import type { Session } from '../session.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'

/** `populated` and `frozen` of a cgroup.events file; undefined where the line is absent. */
export function parseCgroupEvents(text: string): { populated: boolean | undefined; frozen: boolean | undefined } {
  return { populated: flag(text, 'populated'), frozen: flag(text, 'frozen') }
}

function flag(text: string, name: string): boolean | undefined {
  const match = new RegExp(`^${name} ([01])$`, 'm').exec(text)
  return match ? match[1] === '1' : undefined
}

function folderOf(session: Session): string {
  if (session.cgroupFolder === undefined) throw new Error(`session ${session.id} has no cgroup`)
  return session.cgroupFolder
}

function write(session: Session, value: '0' | '1'): AskedStep[] {
  const file = path.join(folderOf(session), 'cgroup.freeze')
  fs.writeFileSync(file, value)
  const name = value === '1' ? 'freeze written' : 'thaw written'
  return [{ name, detail: `${value} written to ${file}`, atMs: Date.now() }]
}

function observe(session: Session): Reading {
  const file = path.join(folderOf(session), 'cgroup.events')
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENODEV') {
      return { restricted: false, observed: 'cgroup is gone', observedFrom: file, empty: true, left: [] }
    }
    throw error
  }
  const { frozen, populated } = parseCgroupEvents(text)
  if (frozen === undefined) throw new Error(`${file} has no line "frozen"`)
  return {
    restricted: frozen,
    observed: `frozen ${frozen ? 1 : 0}`,
    observedFrom: file,
    empty: populated === false,
    left: [],
  }
}

export const cgroupFreeze = {
  name: 'cgroup-freeze',
  restriction: 'pause',
  sweeps: false,
  can: () => ({
    name: 'pause',
    can: 'proven',
    enforcer: 'cgroup-freeze',
    detail:
      'The kernel freezes the whole cgroup, forks included; paused is said only when cgroup.events reads "frozen 1". Connections stay open.',
  }),
  apply: (session) => write(session, '1'),
  revert: (session) => write(session, '0'),
  observe,
  count: (session) => readCgroupPids(folderOf(session)).length,
} satisfies Enforcer

// Pauses a session by its cgroup: the kernel stops every task in it, forks included. It is paused only when `cgroup.events`
// reads `frozen 1`; having written `cgroup.freeze` proves nothing.
import path from 'node:path'
import type { Session } from '../session.ts'
import { folderOf, isGone, readCgroupFile, readSessionPids, writeCgroupFile } from '../session-cgroup.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'

/** `populated` and `frozen` of a cgroup.events file; undefined where the line is absent. */
export function parseCgroupEvents(text: string): { populated: boolean | undefined; frozen: boolean | undefined } {
  return { populated: flag(text, 'populated'), frozen: flag(text, 'frozen') }
}

function flag(text: string, name: string): boolean | undefined {
  const match = new RegExp(`^${name} ([01])$`, 'm').exec(text)
  return match ? match[1] === '1' : undefined
}

function write(session: Session, value: '0' | '1'): AskedStep[] {
  const file = path.join(folderOf(session), 'cgroup.freeze')
  writeCgroupFile(session, 'cgroup.freeze', value)
  const name = value === '1' ? 'freeze written' : 'thaw written'
  return [{ name, detail: `${value} written to ${file}`, atMs: Date.now() }]
}

function observe(session: Session): Reading {
  const file = path.join(folderOf(session), 'cgroup.events')
  let text: string
  try {
    text = readCgroupFile(session, 'cgroup.events')
  } catch (error) {
    if (!isGone(error)) throw error
    return { restricted: false, observed: 'cgroup is gone', observedFrom: file, empty: true, left: [] }
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
  count: (session) => readSessionPids(session).length,
} satisfies Enforcer

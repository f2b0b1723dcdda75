// Ends a session by its cgroup: the kernel kills every task in it at once, forks and frozen ones included. It is dead only when
// `cgroup.events` reads `populated 0` and nothing that left the cgroup is alive; having written `cgroup.kill` proves nothing.
// What left an adopted cgroup is told and never signalled: it may be its container manager.
import fs from 'node:fs'
import path from 'node:path'
import { isAlive, livingKnown, type Member, nameOf, plural, readEveryLife, signalMember } from '../observe/members.ts'
import { isInside } from '../observe/processes.ts'
import { readCgroupPath } from '../observe/read-process.ts'
import type { Session } from '../session.ts'
import { folderOf, isGone, isStillIts, openCgroupFile, readCgroupFile, readSessionPids } from '../session-cgroup.ts'
import { parseCgroupEvents } from './cgroup-freeze.ts'
import type { Killer, KillReading } from './killer.ts'

/** `home`: our `vigil` cgroup folder, to say beforehand whether this kernel has `cgroup.kill` (Linux 5.14 or newer). */
export function cgroupKill(home: string): Killer {
  /** Processes outside that were once seen to stem from the session: a parent's end must not make us forget its child. */
  const outside = new WeakMap<Session, Map<number, Member>>()

  const lookOutside = (session: Session): Member[] => {
    const found = outside.get(session) ?? new Map<number, Member>()
    for (const member of findOutside(session)) found.set(member.pid, member)
    for (const [pid, member] of found) if (!isAlive(member)) found.delete(pid)
    outside.set(session, found)
    return [...found.values()]
  }

  return {
    name: 'cgroup-kill',
    can: () =>
      fs.existsSync(path.join(home, 'cgroup.kill'))
        ? {
            name: 'end',
            can: 'proven',
            enforcer: 'cgroup-kill',
            detail:
              'The kernel kills the whole cgroup, forks and paused processes included; dead is said only when cgroup.events reads "populated 0". A process that left the cgroup is killed by its PID. This cannot be undone.',
          }
        : {
            name: 'end',
            can: 'no',
            enforcer: '',
            detail: `This kernel has no cgroup.kill in ${home} (Linux 5.14 or newer is needed).`.slice(0, 500),
          },
    kill: (session) => {
      const asked = [killCgroup(session)]
      if (session.adopted) return asked.join()
      const escaped = withDescendants(lookOutside(session), session)
      const memory = outside.get(session)
      for (const member of escaped) memory?.set(member.pid, member)
      const signalled = escaped.filter((member) => signalMember(member, 'SIGKILL'))
      if (signalled.length > 0)
        asked.push(`SIGKILL sent to ${plural(signalled.length, 'process', 'processes')} outside it`)
      return asked.join('; ')
    },
    observe: (session) => {
      const reading = observeCgroup(session)
      const left = lookOutside(session)
      if (left.length === 0) return reading
      return {
        ...reading,
        dead: false,
        observed: `${reading.observed}, ${plural(left.length, 'process', 'processes')} outside it alive`,
        left: [...reading.left, ...sentences(left)],
      }
    },
    count: (session) => readSessionPids(session).length + lookOutside(session).length,
  }
}

function killCgroup(session: Session): string {
  const folder = folderOf(session)
  const file = path.join(folder, 'cgroup.kill')
  let descriptor: number
  try {
    // Never made: a kernel without this file must say so.
    descriptor = openCgroupFile(session, 'cgroup.kill', 'write')
  } catch (error) {
    if (!isGone(error)) throw error
    if (!fs.existsSync(folder) || !isStillIts(session)) return `${folder} is gone`
    throw new Error(`this kernel has no ${file} (Linux 5.14 or newer is needed)`)
  }
  try {
    fs.writeSync(descriptor, '1')
    return `1 written to ${file}`
  } catch (error) {
    if (isGone(error)) return `${folder} is gone`
    throw error
  } finally {
    fs.closeSync(descriptor)
  }
}

function observeCgroup(session: Session): KillReading {
  const file = path.join(folderOf(session), 'cgroup.events')
  let text: string
  try {
    text = readCgroupFile(session, 'cgroup.events')
  } catch (error) {
    if (isGone(error)) return { dead: true, observed: 'cgroup is gone', observedFrom: file, left: [] }
    throw error
  }
  const { populated } = parseCgroupEvents(text)
  if (populated === undefined) throw new Error(`${file} has no line "populated"`)
  if (!populated) return { dead: true, observed: 'populated 0', observedFrom: file, left: [] }
  const alive = plural(readSessionPids(session).length, 'process', 'processes')
  return { dead: false, observed: 'populated 1', observedFrom: file, left: [`${alive} in the cgroup still alive`] }
}

/** Known processes that are alive in another cgroup, whether or not that was noticed before. */
function findOutside(session: Session): Member[] {
  const known = livingKnown(session)
  if (known.length === 0) return []
  const inside = new Set(readSessionPids(session))
  return known.filter(({ pid }) => {
    if (inside.has(pid)) return false
    const cgroup = readCgroupPath(pid)
    return cgroup !== undefined && session.cgroupPath !== undefined && !isInside(cgroup, session.cgroupPath)
  })
}

/** With everything that descends from them: children of an escaped process are born outside and are nobody's otherwise. */
function withDescendants(roots: readonly Member[], session: Session): Member[] {
  if (roots.length === 0) return []
  const found = new Map(roots.map((root) => [root.pid, root]))
  const inside = new Set(readSessionPids(session))
  const lives = readEveryLife()
  for (let grew = true; grew; ) {
    grew = false
    for (const { pid, ppid, startTicks, comm } of lives) {
      if (found.has(pid) || inside.has(pid) || !found.has(ppid)) continue
      found.set(pid, { pid, startTicks, comm })
      grew = true
    }
  }
  return [...found.values()]
}

const namedMax = 20

function sentences(left: readonly Member[]): string[] {
  const named = left.slice(0, namedMax).map((member) => `${nameOf(member)} left the cgroup and is still alive`)
  return left.length > namedMax ? [...named, `and ${left.length - namedMax} more outside the cgroup`] : named
}

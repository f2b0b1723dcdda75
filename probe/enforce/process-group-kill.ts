// Ends a session without cgroups: SIGKILL to its process group and to every process known to stem from it, in sweeps. Best effort
// by nature, and always labelled so. It must never signal a PID, nor a group, that cannot be shown to be the session's.
import {
  type Life,
  livingKnown,
  type Member,
  nameOf,
  namesOf,
  plural,
  readEveryLife,
  readLife,
  signalMember,
} from '../observe/members.ts'
import type { Session } from '../session.ts'
import type { Killer } from './killer.ts'

const sweepsMax = 8
const namedMax = 20

/** `why`: the reason there is no cgroup here. */
export function processGroupKill(why: string): Killer {
  /** Everything once seen to stem from the session: a parent's end must not make us forget its child. */
  const seen = new WeakMap<Session, Map<string, Member>>()

  const look = (session: Session): { members: Member[]; doubtful: Life[] } => {
    const remembered = seen.get(session) ?? new Map<string, Member>()
    seen.set(session, remembered)
    const { members, doubtful } = findMembers(session, [...remembered.values()])
    remembered.clear()
    for (const member of members) remembered.set(`${member.pid} ${member.startTicks}`, member)
    return { members, doubtful }
  }

  return {
    name: 'process-group-kill',
    can: () => ({
      name: 'end',
      can: 'best-effort',
      enforcer: 'process-group-kill',
      detail:
        `SIGKILL to every known process and its children: one that forks and exits can slip through. This cannot be undone. ${why}`.slice(
          0,
          500,
        ),
    }),
    kill: (session) => {
      const signalled = new Set<string>()
      for (let sweep = 0; sweep < sweepsMax; sweep += 1) {
        const { members } = look(session)
        const fresh = members.filter(({ pid, startTicks }) => !signalled.has(`${pid} ${startTicks}`))
        if (fresh.length === 0) break
        killGroup(session, members)
        for (const member of fresh) {
          signalMember(member, 'SIGKILL')
          signalled.add(`${member.pid} ${member.startTicks}`)
        }
      }
      return `SIGKILL sent to ${plural(signalled.size, 'process', 'processes')}`
    },
    observe: (session) => {
      const { members, doubtful } = look(session)
      const left = members.slice(0, namedMax).map((member) => `${nameOf(member)} is still alive`)
      if (members.length > namedMax) left.push(`and ${members.length - namedMax} more`)
      if (doubtful.length > 0)
        left.push(
          `${namesOf(doubtful)} in a process group with the session's number cannot be shown to be the session's: not signalled`,
        )
      return {
        dead: left.length === 0,
        observed:
          members.length === 0
            ? 'no known process is alive'
            : `${plural(members.length, 'known process is', 'known processes are')} alive`,
        observedFrom: '/proc/PID/stat',
        left,
      }
    },
    count: (session) => look(session).members.length,
  }
}

/**
 * Known living processes, their descendants, and the group and terminal session of the main process as long as a known process
 * is in it: the kernel does not give such a number away while it is in use. `doubtful`: in a group of that number without one.
 */
function findMembers(session: Session, remembered: readonly Member[]): { members: Member[]; doubtful: Life[] } {
  const lives = readEveryLife()
  const byPid = new Map(lives.map((life) => [life.pid, life]))
  const members = new Map<number, Life>()
  for (const { pid, startTicks } of [...livingKnown(session), ...remembered]) {
    const life = byPid.get(pid)
    if (life?.startTicks === startTicks) members.set(pid, life)
  }
  const main = session.main
  const isIn = (life: Life, number: 'pgrp' | 'sid'): boolean => main !== undefined && life[number] === main.pid
  const isOurs = { pgrp: false, sid: false }
  for (let grew = true; grew; ) {
    grew = false
    for (const life of members.values()) {
      isOurs.pgrp ||= isIn(life, 'pgrp')
      isOurs.sid ||= isIn(life, 'sid')
    }
    for (const life of lives) {
      if (members.has(life.pid) || life.pid === process.pid) continue
      const isMember =
        members.has(life.ppid) || (isOurs.pgrp && isIn(life, 'pgrp')) || (isOurs.sid && isIn(life, 'sid'))
      if (!isMember) continue
      members.set(life.pid, life)
      grew = true
    }
  }
  const doubtful = lives.filter(
    (life) => !members.has(life.pid) && (isIn(life, 'pgrp') || isIn(life, 'sid')) && life.pid !== main?.pid,
  )
  const found = [...members.values()].map(({ pid, startTicks, comm }) => ({ pid, startTicks, comm }))
  return { members: found, doubtful }
}

/** One signal to the whole group at once, which no fork can slip through, if a member that is shown to be ours is in it. */
function killGroup(session: Session, members: readonly Member[]): void {
  const main = session.main
  if (!main || main.pid <= 1) return
  const own = readLife(process.pid)
  if (own?.pgrp === main.pid) return
  const isOurs = members.some(({ pid, startTicks }) => {
    const life = readLife(pid)
    return life?.startTicks === startTicks && life.pgrp === main.pid
  })
  if (!isOurs) return
  try {
    process.kill(-main.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

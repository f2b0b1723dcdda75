// The life of a session on this host: opened for `vigil run` or taken in with its cgroup, started, found again after a restart, ended
// when nothing of it is left. A session's end is what the kernel reads (its cgroup is empty), never what a process says.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Ability } from '../server/protocol/ability.ts'
import { SessionId } from '../server/protocol/ids.ts'
import type { RunOpen, RunReply } from '../server/protocol/run-messages.ts'
import { type CgroupHome, makeSessionCgroup, removeSessionCgroup } from './cgroup-mount.ts'
import { parseCgroupEvents } from './enforce/cgroup-freeze.ts'
import { isOver } from './observe/parse-proc.ts'
import { readStat } from './observe/read-process.ts'
import type { Record } from './record.ts'
import { newSession, type Session } from './session.ts'
import { isStillIts } from './session-cgroup.ts'
import type { SessionRegistry } from './session-registry.ts'
import type { Born } from './standing-selectors.ts'

/** How long a session without any process may wait for its command. */
const bornWithinMs = 15_000
/** How long an empty session waits for `vigil run` to hand in the exit code. */
const exitCodeWaitMs = 1_000

/** How long an adopted cgroup must be empty: a container may begin anew in it. */
const adoptedEmptyMs = 2_000

const heldNotice = 'vigil: a standing containment holds this session from its start: it runs when that is lifted'

/** A cgroup that somebody else made, with processes in it. */
export type Taken = {
  id: SessionId
  folder: string
  /** From the root of the hierarchy. */
  path: string
  inode: number
  name: string | undefined
  labels: { [name: string]: string }
}

type Attached = { open: RunOpen; emptySinceMs: number | undefined; connected: boolean }

export class SessionKeeper {
  private readonly attached = new Map<string, Attached>()
  private readonly ending = new Set<string>()
  private readonly watchers = new Map<string, fs.FSWatcher>()
  private readonly fromBefore = new Set<string>()
  /** Adopted cgroups without a process, since when. */
  private readonly emptySinceMs = new Map<string, number>()

  constructor(
    private readonly parts: {
      registry: SessionRegistry
      home: CgroupHome | undefined
      bootId: string
      record: Record
      abilities: (session: Session) => Ability[]
      /** Variables for the command, by session. */
      environment: (session: SessionId) => { [name: string]: string }
      notice: string | undefined
      /** True when a standing containment means it: then it is frozen before its command can begin. */
      holdAtBirth: (session: Session, born: Omit<Born, 'session' | 'host'>) => boolean
      save: (session: Session) => void
      /** Something just started, changed or ended: look now. */
      lookNow: (session: Session) => void
      /** Last readings before a session is told as ended. */
      finalReading: (session: Session) => Promise<void>
      /** Whatever is kept for it elsewhere is let go, before its cgroup is removed. */
      onEnded: (session: Session) => void | Promise<void>
      warn: (message: string, detail: object) => void
    },
  ) {}

  open(request: RunOpen): RunReply {
    const id = request.session ?? newSessionId(request)
    if (this.parts.registry.sessions.has(id))
      return { type: 'refused', reason: `session ${id} is already running on this host` }
    const { home } = this.parts
    let cgroup: { folder: string; path: string } | undefined
    try {
      cgroup = home ? makeSessionCgroup(home, id) : undefined
    } catch (error) {
      return {
        type: 'refused',
        reason: `no cgroup could be made for session ${id}: ${reasonOf(error)}`,
      }
    }
    const session = newSession({
      id,
      held: cgroup ? 'cgroup' : 'process-group',
      cgroupFolder: cgroup?.folder,
      cgroupPath: cgroup?.path,
      bootId: this.parts.bootId,
      openedAtMs: Date.now(),
    })
    this.parts.registry.add(session)
    const isHeld = this.parts.holdAtBirth(session, request)
    this.attached.set(id, { open: request, emptySinceMs: undefined, connected: true })
    try {
      this.parts.save(session)
    } catch (error) {
      // A probe that is started again would not know that it holds it: so it does not begin.
      this.forget(session).catch((problem: unknown) =>
        this.parts.warn('a session that could not begin left something behind', {
          session: id,
          error: String(problem),
        }),
      )
      return { type: 'refused', reason: `session ${id} cannot be noted on this host's disk: ${reasonOf(error)}` }
    }
    this.watch(session)
    return {
      type: 'opened',
      session: id,
      held: cgroup ? 'cgroup' : 'process-group',
      cgroup: cgroup?.folder ?? null,
      env: this.parts.environment(id),
      ...(isHeld ? { notice: heldNotice } : this.parts.notice === undefined ? {} : { notice: this.parts.notice }),
    }
  }

  /** Makes a session of a cgroup that others made, and of whatever is in it. */
  takeIn({ id, folder, path, inode, name, labels }: Taken): void {
    if (this.parts.registry.sessions.has(id)) return
    const session = newSession({
      id,
      held: 'cgroup',
      cgroupFolder: folder,
      cgroupPath: path,
      adopted: { inode, name, labels },
      bootId: this.parts.bootId,
      openedAtMs: Date.now(),
    })
    this.parts.registry.add(session)
    this.parts.holdAtBirth(session, { labels })
    this.watch(session)
    this.recordStarted(session, undefined)
    this.parts.lookNow(session)
  }

  /** True when this probe holds the session. */
  attach(id: string): boolean {
    const state = this.attached.get(id)
    if (state) state.connected = true
    return this.parts.registry.sessions.has(id)
  }

  started(id: string, main: { pid: number; startTicks: number }): void {
    const session = this.parts.registry.sessions.get(id)
    if (!session || session.ended) return
    // Only what the kernel confirms: a wrong pid would later be signalled.
    const isSame = readStat(main.pid)?.startTicks === main.startTicks
    if (session.started) {
      if (isSame) session.main ??= main
    } else this.recordStarted(session, isSame || session.held === 'process-group' ? main : undefined)
    this.parts.lookNow(session)
  }

  exited(id: string, exit: { code: number | undefined; signal: string | undefined }): void {
    const session = this.parts.registry.sessions.get(id)
    if (!session || session.ended) return
    session.exit = exit
    session.dirty = true
    this.parts.lookNow(session)
  }

  /** `vigil run` hung up. The session goes on; only its exit code will not come. */
  detached(id: string): void {
    const state = this.attached.get(id)
    if (state) state.connected = false
    const session = this.parts.registry.sessions.get(id)
    if (session) this.parts.lookNow(session)
  }

  /** Sessions from before a restart of this probe. */
  adopt(): void {
    for (const session of [...this.parts.registry.sessions.values()]) {
      if (session.ended || (!session.started && !hasProcess(session))) {
        void this.forget(session)
        continue
      }
      if (session.bootId !== this.parts.bootId) {
        this.parts.record({ kind: 'session.ended', session: session.id, data: { reason: 'the host was restarted' } })
        void this.forget(session)
        continue
      }
      this.fromBefore.add(session.id)
      this.watch(session)
    }
  }

  /** Called often: starts a session whose first process is there, ends one that is empty. */
  async check(session: Session, nowMs: number): Promise<void> {
    if (session.ended || this.ending.has(session.id)) return
    if (session.adopted && session.started) return this.checkAdopted(session, nowMs)
    const alive = holdsKnownProcess(session) || hasProcess(session)
    const state = this.attached.get(session.id)
    if (!session.started) {
      if (alive && nowMs - session.openedAtMs > 500) this.recordStarted(session, undefined)
      else if (!alive && (nowMs - session.openedAtMs > bornWithinMs || state?.connected === false))
        await this.forget(session)
      return
    }
    if (alive) {
      if (state) state.emptySinceMs = undefined
      return
    }
    if (state?.connected && !session.exit) {
      state.emptySinceMs ??= nowMs
      if (nowMs - state.emptySinceMs < exitCodeWaitMs) return
    }
    await this.end(session)
  }

  private async checkAdopted(session: Session, nowMs: number): Promise<void> {
    if (!isStillIts(session)) return this.end(session, 'its cgroup was removed')
    if (hasProcess(session)) {
      this.emptySinceMs.delete(session.id)
      return
    }
    const sinceMs = this.emptySinceMs.get(session.id) ?? nowMs
    this.emptySinceMs.set(session.id, sinceMs)
    if (nowMs - sinceMs < adoptedEmptyMs) return
    return this.end(session, `its cgroup was empty for ${adoptedEmptyMs / 1_000} seconds`)
  }

  private async end(session: Session, reason?: string): Promise<void> {
    this.ending.add(session.id)
    try {
      await this.parts.finalReading(session)
      this.recordEnded(session, reason)
    } finally {
      this.ending.delete(session.id)
    }
    await this.forget(session)
  }

  stop(): void {
    for (const watcher of this.watchers.values()) watcher.close()
    this.watchers.clear()
  }

  private recordStarted(session: Session, main: { pid: number; startTicks: number } | undefined): void {
    const open = this.attached.get(session.id)?.open
    this.parts.record({
      kind: 'session.started',
      session: session.id,
      data: {
        ...(open?.name === undefined ? {} : { name: open.name }),
        ...(open?.agent === undefined ? {} : { agent: open.agent }),
        ...(open?.task === undefined ? {} : { task: open.task }),
        ...(open?.labels === undefined ? {} : { labels: open.labels }),
        ...(open ? { argv: open.argv, cwd: open.cwd } : {}),
        ...(session.adopted?.name === undefined ? {} : { name: session.adopted.name }),
        ...(session.adopted ? { labels: session.adopted.labels } : {}),
        ...main,
        held: session.held,
        ...(session.cgroupFolder === undefined ? {} : { cgroup: session.cgroupFolder }),
        abilities: this.parts.abilities(session),
      },
    })
    try {
      this.parts.save(session)
    } catch (error) {
      // It stays marked as changed, and is saved with the others once the disk takes it.
      this.parts.warn('a session could not be saved', { session: session.id, error: String(error) })
    }
  }

  private recordEnded(session: Session, reason?: string): void {
    const escaped = [...session.processes.values()].filter((known) => known.escaped).length
    const reasons = reason === undefined ? [] : [reason]
    if (escaped > 0)
      reasons.push(`${escaped} escaped ${escaped === 1 ? 'process is' : 'processes are'} still running outside`)
    if (this.fromBefore.has(session.id) && !session.exit && !session.adopted)
      reasons.push('its exit code was not seen: the probe was restarted')
    this.parts.record({
      kind: 'session.ended',
      session: session.id,
      data: {
        ...(session.exit?.code === undefined ? {} : { exitCode: session.exit.code }),
        ...(session.exit?.signal === undefined ? {} : { signal: session.exit.signal }),
        ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
      },
    })
  }

  private async forget(session: Session): Promise<void> {
    this.watchers.get(session.id)?.close()
    this.watchers.delete(session.id)
    this.attached.delete(session.id)
    this.fromBefore.delete(session.id)
    this.emptySinceMs.delete(session.id)
    this.parts.registry.remove(session)
    try {
      const lettingGo = this.parts.onEnded(session)
      if (lettingGo) await lettingGo
    } catch (error) {
      this.parts.warn('what was kept for an ended session could not be let go', {
        session: session.id,
        error: String(error),
      })
    }
    // Meanwhile another session of this name may have begun, in the same folder.
    if (!this.parts.home || session.cgroupFolder === undefined || this.parts.registry.sessions.has(session.id)) return
    // Whoever made it removes it.
    if (session.adopted) return
    try {
      removeSessionCgroup(this.parts.home, session.cgroupFolder)
    } catch (error) {
      this.parts.warn('an empty session cgroup could not be removed', { session: session.id, error: String(error) })
    }
  }

  /** The kernel announces changes of `populated` and `frozen`; polling finds them too, a little later. */
  private watch(session: Session): void {
    if (session.cgroupFolder === undefined) return
    try {
      const watcher = fs.watch(path.join(session.cgroupFolder, 'cgroup.events'), { persistent: false }, () =>
        this.parts.lookNow(session),
      )
      watcher.on('error', () => watcher.close())
      this.watchers.set(session.id, watcher)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      this.parts.warn('a cgroup cannot be watched; it is polled', { session: session.id, error: String(error) })
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Cheap: what the process observer saw inside at its last turn. */
function holdsKnownProcess(session: Session): boolean {
  if (!session.started) return false
  for (const known of session.processes.values()) if (!known.escaped) return true
  return false
}

function hasProcess(session: Session): boolean {
  if (session.cgroupFolder !== undefined) return !isEmpty(session.cgroupFolder)
  for (const { pid, startTicks } of [...session.processes.values(), ...(session.main ? [session.main] : [])]) {
    const stat = readStat(pid)
    if (stat && stat.startTicks === startTicks && !isOver(stat)) return true
  }
  return false
}

function isEmpty(folder: string): boolean {
  try {
    return parseCgroupEvents(fs.readFileSync(path.join(folder, 'cgroup.events'), 'utf8')).populated !== true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENODEV') return true
    throw error
  }
}

/** A name to read aloud, and a random part so that it is nobody's guess. */
function newSessionId(request: RunOpen): SessionId {
  const program = path.basename(request.argv[0] ?? 'run')
  const slug = (request.name ?? request.agent ?? program)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  return SessionId.parse(`${slug === '' ? 'run' : slug}-${randomBytes(4).toString('hex')}`)
}

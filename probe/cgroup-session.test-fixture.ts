// A session of real processes in a real cgroup, without a probe around it. It kills and removes what it made, by name. Tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { SessionId } from '../server/protocol/ids.ts'
import { makeSessionCgroup, removeSessionCgroup } from './cgroup-mount.ts'
import { until } from './fake-server.test-fixture.ts'
import { readStat } from './observe/read-process.ts'
import { finding, name } from './probe-rig.test-fixture.ts'
import { applyToSession, newSession, type Session } from './session.ts'

const enter = 'echo $$ >"$0/cgroup.procs"; exec "$@"'
const entering = `sh\0-c\0${enter}`

export class SessionsHere {
  private readonly made: { folder: string; home: Parameters<typeof removeSessionCgroup>[0] }[] = []
  private readonly children: ChildProcess[] = []

  /** A session with an empty cgroup of its own. */
  inCgroup(what: string): Session & { cgroupFolder: string; cgroupPath: string } {
    if (!finding.ok) throw new Error('left out')
    const id = name(what)
    const made = makeSessionCgroup(finding.home, id)
    this.made.push({ folder: made.folder, home: finding.home })
    return Object.assign(
      newSession({ ...base(id), held: 'cgroup', cgroupFolder: made.folder, cgroupPath: made.path }),
      {
        cgroupFolder: made.folder,
        cgroupPath: made.path,
      },
    )
  }

  withoutCgroup(what: string): Session {
    return newSession({
      ...base(name(what)),
      held: 'process-group',
      cgroupFolder: undefined,
      cgroupPath: undefined,
    })
  }

  /** Starts a command in a process group of its own, inside the session's cgroup if it has one. */
  async start(session: Session, file: string, args: string[], cwd?: string): Promise<number> {
    const child =
      session.cgroupFolder === undefined
        ? spawn(file, args, { detached: true, stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) })
        : spawn('sh', ['-c', enter, session.cgroupFolder, file, ...args], {
            detached: true,
            stdio: 'ignore',
            ...(cwd === undefined ? {} : { cwd }),
          })
    this.children.push(child)
    const pid = child.pid ?? 0
    const own = commandLine(process.pid)
    await until(`${file} runs`, () => {
      if (child.exitCode !== null) throw new Error(`${file} ended at once with ${child.exitCode}`)
      const line = commandLine(pid)
      return line !== '' && line !== own && !line.startsWith(entering)
    })
    return pid
  }

  async end(): Promise<void> {
    for (const { folder } of this.made)
      if (fs.existsSync(folder)) fs.writeFileSync(path.join(folder, 'cgroup.kill'), '1')
    for (const { pid } of this.children.splice(0)) if (pid !== undefined) killGroup(pid)
    for (const { folder, home } of this.made.splice(0)) {
      await until(`${folder} is gone`, () => {
        removeSessionCgroup(home, folder)
        return !fs.existsSync(folder)
      })
    }
  }
}

function commandLine(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The group that this test made; nothing when it is gone. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** As the observer would have told it. */
export function know(session: Session, pid: number, more: { startTicks?: number; escaped?: boolean } = {}): void {
  const stat = readStat(pid)
  const startTicks = more.startTicks ?? stat?.startTicks ?? 0
  const data = { pid, ppid: stat?.ppid ?? 1, startTicks, comm: stat?.comm ?? '?', argv: [] }
  const of = { v: 1, atMs: Date.now(), session: session.id }
  applyToSession(session, { ...of, kind: 'process.started', data } as never)
  if (more.escaped)
    applyToSession(session, { ...of, kind: 'process.escaped', data: { pid, startTicks, cgroup: '/' } } as never)
}

function base(id: string): { id: SessionId; bootId: string; openedAtMs: number } {
  return { id: SessionId.parse(id), bootId: 'b', openedAtMs: Date.now() }
}

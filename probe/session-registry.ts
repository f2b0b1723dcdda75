// Sessions on disk, one file each, so that a restarted probe holds what it held. A file is a checkpoint: events spooled after
// its `appliedN` are applied again on load, so nothing is said twice and nothing is forgotten.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { Capability, ControlAction, HostRestriction } from '../server/protocol/control.ts'
import { ControlId, SessionId } from '../server/protocol/ids.ts'
import { parseEvent } from '../server/protocol/parse-event.ts'
import { Wanted } from '../server/protocol/probe-messages.ts'
import { applyToSession, newSession, type Session } from './session.ts'
import type { SpoolLine } from './spool-frame.ts'

const Num = z.number()
/** A file of before restrictions were told apart knows `paused` alone: a restart must not let go of what it held. */
const StoredWanted = z.preprocess((value) => {
  if (typeof value !== 'object' || value === null || !('paused' in value)) return value
  return { ...value, restrict: value.paused === true ? ['pause'] : [] }
}, Wanted)
const SessionFile = z.object({
  id: SessionId,
  held: z.enum(['cgroup', 'process-group']),
  cgroupFolder: z.string().optional(),
  cgroupPath: z.string().optional(),
  adopted: z.object({ inode: Num, name: z.string().optional(), labels: z.record(z.string(), z.string()) }).optional(),
  bootId: z.string(),
  openedAtMs: Num,
  started: z.boolean(),
  ended: z.boolean(),
  main: z.object({ pid: Num, startTicks: Num }).optional(),
  exit: z.object({ code: Num.optional(), signal: z.string().optional() }).optional(),
  wanted: StoredWanted.optional(),
  observedPaused: z.boolean(),
  endedControls: z.array(z.string()),
  said: z.array(z.tuple([HostRestriction, z.object({ restricted: z.boolean(), left: z.string() })])).default([]),
  touched: z.array(HostRestriction).default([]),
  unverified: z
    .array(z.tuple([ControlId, z.object({ action: ControlAction, capability: Capability.optional() })]))
    .default([]),
  evidenceOf: z.array(z.string()).default([]),
  killAsked: z.boolean().default(false),
  processes: z.array(
    z.object({
      pid: Num,
      ppid: Num,
      startTicks: Num,
      comm: z.string(),
      exe: z.string().optional(),
      commandLine: z.string(),
      escaped: z.boolean(),
      seenAtMs: Num,
    }),
  ),
  connections: z.array(
    z.object({
      id: z.string(),
      protocol: z.enum(['tcp', 'udp']),
      localPort: Num,
      remoteAddress: z.string(),
      remotePort: Num,
      openedAtMs: Num,
      state: z.string(),
      pid: Num.optional(),
      bytesOut: Num.optional(),
      bytesIn: Num.optional(),
    }),
  ),
  closedBytesOut: Num,
  closedBytesIn: Num,
  appliedN: Num,
  stream: z.string(),
})

export class SessionRegistry {
  readonly sessions = new Map<string, Session>()

  /** Throws when the folder cannot be made. */
  constructor(
    private readonly folder: string,
    private readonly warn: (message: string, detail: object) => void,
  ) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** `since(n)`: the spooled events after number n, as far as they are still on disk. */
  load(stream: string, since: (n: number) => Iterable<SpoolLine>): void {
    let lowest = Number.POSITIVE_INFINITY
    for (const name of fs.readdirSync(this.folder)) {
      if (!name.endsWith('.json')) continue
      const file = path.join(this.folder, name)
      try {
        const session = restore(fs.readFileSync(file, 'utf8'), stream)
        this.sessions.set(session.id, session)
        lowest = Math.min(lowest, session.appliedN)
      } catch (error) {
        this.warn('a session file cannot be read; it is set aside', { file, error: String(error) })
        fs.renameSync(file, `${file}.unreadable`)
      }
    }
    if (this.sessions.size === 0) return
    for (const line of since(lowest)) {
      const parsed = parseEvent(JSON.parse(line.json))
      if (!parsed.ok || parsed.event.session === undefined) continue
      const session = this.sessions.get(parsed.event.session)
      if (!session || line.n <= session.appliedN) continue
      applyToSession(session, parsed.event)
      session.appliedN = line.n
    }
  }

  add(session: Session): void {
    this.sessions.set(session.id, session)
  }

  /** Writes one session if it changed. `lastN`: number of the newest spooled event; the session is up to date with it. */
  save(session: Session, stream: string, lastN: number): void {
    if (!session.dirty || !this.sessions.has(session.id)) return
    session.appliedN = lastN
    const file = this.fileOf(session.id)
    fs.writeFileSync(`${file}.new`, JSON.stringify({ ...toFile(session), stream }), { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
    session.dirty = false
  }

  remove(session: Session): void {
    this.sessions.delete(session.id)
    fs.rmSync(this.fileOf(session.id), { force: true })
  }

  private fileOf(id: string): string {
    return path.join(this.folder, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`)
  }
}

function toFile(session: Session): Omit<z.input<typeof SessionFile>, 'stream'> {
  const {
    dirty: _dirty,
    endedControls,
    said,
    touched,
    unverified,
    evidenceOf,
    processes,
    connections,
    ...rest
  } = session
  return {
    ...rest,
    endedControls: [...endedControls],
    said: [...said],
    touched: [...touched],
    unverified: [...unverified],
    evidenceOf: [...evidenceOf],
    processes: [...processes.values()].map(({ checkedAtMs: _checked, netns: _netns, ...process }) => process),
    connections: [...connections.values()].map(({ missing: _missing, ...connection }) => connection),
  }
}

/** Throws when the text is not a session file. */
function restore(text: string, stream: string): Session {
  const file = SessionFile.parse(JSON.parse(text))
  const session = newSession({
    id: file.id,
    held: file.held,
    cgroupFolder: file.cgroupFolder,
    cgroupPath: file.cgroupPath,
    adopted: file.adopted && { ...file.adopted, name: file.adopted.name },
    bootId: file.bootId,
    openedAtMs: file.openedAtMs,
  })
  session.started = file.started
  session.ended = file.ended
  session.main = file.main
  session.exit = file.exit ? { code: file.exit.code, signal: file.exit.signal } : undefined
  session.wanted = file.wanted
  session.observedPaused = file.observedPaused
  session.endedControls = new Set(file.endedControls)
  session.said = new Map(file.said)
  session.touched = new Set(file.touched)
  session.unverified = new Map(
    file.unverified.map(([control, { action, capability }]) => [control, { action, capability }]),
  )
  session.evidenceOf = new Set(file.evidenceOf)
  session.killAsked = file.killAsked
  for (const known of file.processes) {
    session.processes.set(known.pid, { ...known, exe: known.exe, checkedAtMs: 0, netns: 0 })
  }
  for (const known of file.connections) {
    session.connections.set(known.id, {
      ...known,
      pid: known.pid,
      bytesOut: known.bytesOut,
      bytesIn: known.bytesIn,
      missing: 0,
    })
  }
  session.closedBytesOut = file.closedBytesOut
  session.closedBytesIn = file.closedBytesIn
  // Numbers of another stream mean nothing here; applying everything again is harmless.
  session.appliedN = file.stream === stream ? file.appliedN : 0
  session.dirty = false
  return session
}

// Takes evidence of a session in two phases: `take` reads, within a bound, what freezing and cutting would destroy or change;
// `finish`, after them, reads what was not reached and hashes the programs. It reads only; a thing not read is told, never invented.
import fs from 'node:fs'
import type { EvidenceGpuProcess, EvidenceSocket } from '../../server/protocol/evidence.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import { freshRun, within } from '../fresh-run.ts'
import type { Session } from '../session.ts'
import type { Rest } from '../turns.ts'
import { type ProcessEvidence, readProcessEvidence } from './evidence-process.ts'
import { type EvidenceRecord, recordsOf } from './evidence-records.ts'
import { type RunTool, SocketListings, type SocketOwner, socketsOfSession } from './evidence-sockets.ts'
import {
  candidatesOf,
  fileRecords,
  gpuRecords,
  newState,
  processesMax,
  type State,
  summaryOf,
} from './evidence-state.ts'
import { type ExeHash, type ExeHasher, programChanged, programEnded } from './exe-hash.ts'
import type { GpuListing } from './gpu-ask.ts'
import { memberOf, plural } from './members.ts'

const socketsMax = 1_000
const filesMax = 2_000
const hashesAtOnce = 4
const programsHeldMax = 512

export type EvidenceParts = {
  hostNetns: number
  rest: Rest
  hasher: ExeHasher
  /** For example `askComputeProcesses`. */
  askGpu: () => Promise<GpuListing>
  /** In words why there is no GPU; undefined when there is one. */
  gpuAbsent: () => string | undefined
  /** Milliseconds of `take` for processes, files and the GPU. Default 120. */
  deadlineMs?: number
  /** Milliseconds that `take` waits for `ss`, since cutting destroys sockets. Default 1,000. */
  socketsWaitMs?: number
  /** Milliseconds of `finish`. Default 30,000. */
  finishMs?: number
  run?: RunTool
}

/** What was read so far. Opaque to the caller but for `records`, `summary` and `tookMs`. */
export type TakenEvidence = {
  /** To be recorded at once: sockets, files, and the GPU's processes if nvidia-smi answered in time. */
  records: EvidenceRecord[]
  /** `41 processes, 3 sockets, 120 open files, 0 GPU processes`. */
  summary: string
  tookMs: number
  readonly session: Session
  readonly state: State
}
export type FinishedEvidence = { records: EvidenceRecord[]; summary: string; tookMs: number }

export class EvidenceTaker {
  private readonly listings: SocketListings
  private programsHeld = 0
  private readonly listGpu: () => Promise<GpuListing>

  constructor(private readonly parts: EvidenceParts) {
    this.listings = new SocketListings(parts)
    this.listGpu = freshRun('nvidia-smi', parts.askGpu, 8_000)
  }

  /** Before anything is frozen or cut. Never rejects for a process that is gone. */
  async take(session: Session): Promise<TakenEvidence> {
    const startMs = performance.now()
    const endMs = startMs + (this.parts.deadlineMs ?? 120)
    const hostSockets = this.listings.ofHost()
    const absent = this.parts.gpuAbsent()
    const gpu = absent === undefined ? this.askGpu() : undefined
    const state = newState(session, gpu)
    await this.readUntil(state, endMs)
    state.processesLater = state.due.length
    const records = [
      ...(await this.socketRecords(session, state, hostSockets)),
      ...fileRecords(state),
      ...(gpu === undefined
        ? gpuRecords(state, [], absent)
        : await this.gpuRecordsBy(session, state, Math.max(1, endMs - performance.now()), 'later')),
    ]
    return { records, summary: summaryOf(state), tookMs: performance.now() - startMs, session, state }
  }

  /** After the freeze, or whenever there is time: processes with the hashes of their programs, and what `take` had to leave. */
  async finish(taken: TakenEvidence): Promise<FinishedEvidence> {
    const { session, state } = taken
    const startMs = performance.now()
    const endMs = startMs + (this.parts.finishMs ?? 30_000)
    for (const candidate of candidatesOf(session)) {
      if (state.looked.has(candidate.pid) || state.due.some(({ pid }) => pid === candidate.pid)) continue
      if (state.processes.length + state.due.length >= processesMax) break
      state.due.push(candidate)
      state.processesLater += 1
    }
    await this.readUntil(state, endMs)
    const notes = await this.hash(state, endMs)
    if (state.due.length > 0) notes.push(`${plural(state.due.length, 'process', 'processes')} not read: out of time`)
    if (state.processesLater > 0)
      notes.push(`${plural(state.processesLater, 'process was', 'processes were')} read in the second phase`)
    if (state.denied > 0)
      notes.push(
        `${plural(state.denied, 'process', 'processes')} may not be read in full: the probe is not permitted to`,
      )
    const items = state.processes.map(({ process }) => process)
    const records = recordsOf('processes', items, { omitted: state.processesLeftOut + state.due.length, notes })
    if (state.files.length > state.filesTold || state.filesLeftOut > state.filesLeftOutTold)
      records.push(...fileRecords(state))
    if (state.gpu !== undefined)
      records.push(...(await this.gpuRecordsBy(session, state, Math.max(1, endMs - performance.now()), 'give up')))
    return { records, summary: summaryOf(state), tookMs: performance.now() - startMs }
  }

  private askGpu(): Promise<GpuListing> {
    return this.listGpu().catch((error: Error) => ({ problem: error.message }))
  }

  private async readUntil(state: State, endMs: number): Promise<void> {
    while (state.due.length > 0) {
      await this.parts.rest()
      if (performance.now() >= endMs) return
      const candidate = state.due.shift()
      if (!candidate) return
      state.looked.add(candidate.pid)
      const read = await readProcessEvidence(candidate.pid, candidate.escaped, this.parts.rest)
      if (!read) continue
      const room = Math.max(0, filesMax - state.files.length)
      state.files.push(...read.files.slice(0, room))
      state.filesLeftOut += Math.max(0, read.files.length - room) + read.fdsLeftOut
      if (read.denied) state.denied += 1
      // What is kept per process is small: its files are in the common list.
      state.processes.push({ ...read, files: [], ...this.holdProgram(read) })
    }
  }

  /** Bounded over all sessions: descriptors that evidence holds must never be missing where something is to be frozen. */
  private holdProgram({ process, exeLink, folder }: ProcessEvidence): { program?: number } {
    if (exeLink === undefined || this.programsHeld >= programsHeldMax) return {}
    const held = this.parts.hasher.hold({ ...process, link: exeLink, folder })
    if (!('descriptor' in held)) return {}
    this.programsHeld += 1
    return { program: held.descriptor }
  }

  /** Gives up the hold; the descriptor is the caller's to close. */
  private takeProgram(read: ProcessEvidence): number | undefined {
    const { program } = read
    if (program === undefined) return undefined
    delete read.program
    this.programsHeld -= 1
    return program
  }

  private async socketRecords(
    session: Session,
    state: State,
    hostSockets: Promise<Awaited<ReturnType<SocketListings['ofHost']>>>,
  ): Promise<EvidenceRecord[]> {
    const owners = new Map<number, SocketOwner>()
    const namespaces = new Map<number, number>()
    for (const { process, socketInodes, netns } of state.processes) {
      const owner = { pid: process.pid, comm: process.comm }
      // Shared after a fork: the newest process is the likelier user, and processes are read in the order of the kernel's list.
      for (const inode of socketInodes) owners.set(inode, owner)
      if (netns !== 0) namespaces.set(netns, process.pid)
    }
    const notes: string[] = []
    const found: EvidenceSocket[] = []
    const gather = Promise.all([hostSockets, this.listings.ofNamespaces(namespaces)])
    const answer = await within(gather, this.parts.socketsWaitMs ?? 1_000, 'ss').catch((error: Error) => error)
    const [host, inside] = answer instanceof Error ? [{ ok: false as const, reason: answer.message }] : answer
    for (const listing of [host, ...(inside?.listings ?? [])]) {
      if (listing.ok)
        found.push(...(await socketsOfSession(listing.sockets, session.cgroupPath, owners, this.parts.rest)))
      else notes.push(`sockets cannot be read: ${listing.reason}`)
    }
    if (inside && inside.leftOut > 0)
      notes.push(`${plural(inside.leftOut, 'more network namespace', 'more network namespaces')} not read`)
    if (state.processesLater > 0) notes.push('not every process was read first: sockets may lack their process')
    state.sockets = host.ok ? found.length : undefined
    // Of too many, those that are connected matter most.
    if (found.length > socketsMax) found.sort((a, b) => rank(a) - rank(b))
    return recordsOf('sockets', found.slice(0, socketsMax), { omitted: found.length - socketsMax, notes })
  }

  private async gpuRecordsBy(
    session: Session,
    state: State,
    waitMs: number,
    late: 'later' | 'give up',
  ): Promise<EvidenceRecord[]> {
    if (state.gpu === undefined) return []
    const listing = await within(state.gpu, waitMs, 'nvidia-smi').catch((error: Error) =>
      late === 'later' ? undefined : { problem: error.message },
    )
    if (listing === undefined) return []
    state.gpu = undefined
    if ('problem' in listing) return gpuRecords(state, undefined, `GPU processes are not known: ${listing.problem}`)
    const items: EvidenceGpuProcess[] = []
    for (const { gpu, pid, memoryUsedBytes } of listing) {
      const member = memberOf(session, pid)
      if (!member) continue
      const comm = cutText(member.comm, shortTextMax)
      const memory = memoryUsedBytes === undefined ? {} : { memoryUsedBytes: Math.max(0, Math.round(memoryUsedBytes)) }
      items.push({ gpu: cutText(gpu, shortTextMax), pid, comm, ...memory })
    }
    return gpuRecords(state, items, undefined)
  }

  /** A process that became another program since it was read is told as what it is now; one that ended, as what it was. */
  private async hashOne(read: ProcessEvidence): Promise<ExeHash> {
    const { process, exeLink, folder } = read
    const hash = await this.parts.hasher.hash({ ...process, link: exeLink ?? '', folder })
    if ('sha256' in hash) return hash
    const program = hash.problem === programEnded ? this.takeProgram(read) : undefined
    if (program !== undefined) return this.parts.hasher.hashHeld(program)
    if (hash.problem !== programChanged) return hash
    const now = await readProcessEvidence(process.pid, process.escaped === true, this.parts.rest)
    if (now?.process.startTicks !== process.startTicks || now.exeLink === undefined) return hash
    Object.assign(read, now, { files: [] })
    return this.parts.hasher.hash({ ...now.process, link: now.exeLink, folder: now.folder })
  }

  /** Four at a time; returns what could not be hashed, in words. */
  private async hash(state: State, endMs: number): Promise<string[]> {
    const problems = new Map<string, number>()
    const queue = [...state.processes]
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        await this.parts.rest()
        if (next.exeLink === undefined) continue
        const hash = performance.now() >= endMs ? { problem: 'out of time' } : await this.hashOne(next)
        const unused = this.takeProgram(next)
        if (unused !== undefined) fs.closeSync(unused)
        if ('sha256' in hash) next.process.exeSha256 = hash.sha256
        else problems.set(hash.problem, (problems.get(hash.problem) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: hashesAtOnce }, work))
    return [...problems].map(
      ([problem, count]) => `the program of ${plural(count, 'process', 'processes')} not hashed: ${problem}`,
    )
  }
}

function rank(socket: EvidenceSocket): number {
  return socket.state === 'ESTAB' ? 0 : socket.state === 'LISTEN' || socket.state === 'TIME-WAIT' ? 2 : 1
}

// What is known so far while evidence of one session is taken: which processes are still due, and how much is told already.
import type { EvidenceFile, EvidenceGpuProcess } from '../../server/protocol/evidence.ts'
import type { Session } from '../session.ts'
import { readSessionPids } from '../session-cgroup.ts'
import type { ProcessEvidence } from './evidence-process.ts'
import { type EvidenceRecord, recordsOf } from './evidence-records.ts'
import type { GpuListing } from './gpu-ask.ts'
import { livingKnown, plural } from './members.ts'

/** Told of one session at most; the rest is counted. */
export const processesMax = 1_000

export type Candidate = { pid: number; escaped: boolean }
export type State = {
  due: Candidate[]
  looked: Set<number>
  processes: ProcessEvidence[]
  processesLeftOut: number
  processesLater: number
  denied: number
  files: EvidenceFile[]
  filesTold: number
  filesLeftOut: number
  filesLeftOutTold: number
  /** undefined: not known. */
  sockets: number | undefined
  gpu: Promise<GpuListing> | undefined
  /** There is no GPU here: nothing was asked. */
  gpuAbsent: boolean
  gpuCount: number | undefined
}

/** The main process first, then those that left the cgroup, then the cgroup's own list. */
export function candidatesOf(session: Session): Candidate[] {
  const known = livingKnown(session)
  const inside = readSessionPids(session)
  const isInside = new Set(inside)
  const outside = known.filter(({ pid }) => !isInside.has(pid))
  const candidates = new Map<number, Candidate>()
  const main = session.main
  if (main && (isInside.has(main.pid) || known.some(({ pid }) => pid === main.pid)))
    candidates.set(main.pid, { pid: main.pid, escaped: session.cgroupFolder !== undefined && !isInside.has(main.pid) })
  for (const { pid } of outside)
    if (!candidates.has(pid)) candidates.set(pid, { pid, escaped: session.cgroupFolder !== undefined })
  for (const pid of inside) if (!candidates.has(pid)) candidates.set(pid, { pid, escaped: false })
  return [...candidates.values()]
}

export function newState(session: Session, gpu: Promise<GpuListing> | undefined): State {
  const candidates = candidatesOf(session)
  return {
    due: candidates.slice(0, processesMax),
    looked: new Set(candidates.slice(processesMax).map(({ pid }) => pid)),
    processes: [],
    processesLeftOut: Math.max(0, candidates.length - processesMax),
    processesLater: 0,
    denied: 0,
    files: [],
    filesTold: 0,
    filesLeftOut: 0,
    filesLeftOutTold: 0,
    sockets: undefined,
    gpu,
    gpuAbsent: gpu === undefined,
    gpuCount: gpu === undefined ? 0 : undefined,
  }
}

export function fileRecords(state: State): EvidenceRecord[] {
  const items = state.files.slice(state.filesTold)
  state.filesTold = state.files.length
  const omitted = state.filesLeftOut - state.filesLeftOutTold
  state.filesLeftOutTold = state.filesLeftOut
  return recordsOf('files', items, { omitted })
}

export function gpuRecords(
  state: State,
  items: EvidenceGpuProcess[] | undefined,
  note: string | undefined,
): EvidenceRecord[] {
  state.gpuCount = items?.length
  return recordsOf('gpu', items ?? [], { notes: note === undefined ? [] : [note] })
}

export function summaryOf(state: State): string {
  const processes = state.processes.length + state.processesLeftOut + state.due.length
  return [
    plural(processes, 'process', 'processes'),
    state.sockets === undefined ? 'sockets not known' : plural(state.sockets, 'socket'),
    plural(state.files.length + state.filesLeftOut, 'open file'),
    state.gpuAbsent
      ? 'no GPU to ask'
      : state.gpuCount === undefined
        ? 'GPU processes not known'
        : plural(state.gpuCount, 'GPU process', 'GPU processes'),
  ].join(', ')
}

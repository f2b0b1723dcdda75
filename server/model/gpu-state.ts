// What is known of each GPU: who computes on it, who should, what went wrong with it, and for how long somebody else than planned had it.
import type { HostId, SessionId } from '../protocol/ids.ts'

export const gpuBounds = { gpus: 4_096, processes: 256, faults: 20, sessions: 64, labels: 16, placements: 8 } as const

export type GpuUser = {
  pid: number
  name: string
  /** Undefined: a process of no session that is known. */
  session: SessionId | undefined
  sinceMs: number
  /**
   * Of a listing that is repeated and tells no ends: the process counts as there for a while after it was last listed. Undefined: told by a
   * probe, which tells its end.
   */
  listedAtMs: number | undefined
}

export type GpuFault = { atMs: number; xid?: number | undefined; message?: string | undefined }

/** Who should use it, from an imported map or a scheduler; the newest counts. */
export type Placement = {
  worker: string
  session?: SessionId | undefined
  labels: Record<string, string>
  fromMs?: number | undefined
  toMs?: number | undefined
}

export type GpuState = {
  host: HostId
  /** The device's uuid, or `index-N` where the source masks it. */
  gpu: string
  index: number | undefined
  users: Map<number, GpuUser>
  faults: GpuFault[]
  /** Oldest first; the newest that holds at a time counts. */
  placements: Placement[]
  /** Off-task time up to `accountedAtMs`, of the GPU and by session. */
  offTaskMs: number
  offTaskMsOf: Map<SessionId | '', number>
  accountedAtMs: number
  /** False while the host is not heard: what is not observed is not counted. */
  heard: boolean
}

/** A listing is believed for so long: exporters and cron jobs repeat theirs every 15 to 60 s. */
export const listedForMs = 90_000

export type GpuVerdict = 'idle' | 'expected' | 'off-task' | 'unplanned' | 'unknown user'

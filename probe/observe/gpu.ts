// Reads GPUs and their compute processes with nvidia-smi, and ties each process to the session whose cgroup holds it.
// Absence is said in words and looked at again rarely; a value that the driver does not give is left out, never guessed.

import type { HostId } from '../../server/protocol/ids.ts'
import type { GpuSample } from '../../server/protocol/sample.ts'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import type { Fact, Record } from '../record.ts'
import { runCommand } from '../run-command.ts'
import type { Session } from '../session.ts'
import {
  furtherGpuFields,
  type GpuProcess,
  type GpuReading,
  gpuFields,
  parseGpuProcesses,
  parseGpus,
  processFields,
} from './parse-nvidia-smi.ts'
import { isInside } from './processes.ts'
import { readCgroupPath } from './read-process.ts'

const pollMs = 2_000
const absentPollMs = 60_000

export class GpuObserver {
  /** In words why there is none; undefined when there is one. */
  absent: string | undefined = 'not looked at yet'
  private inventory = ''
  private fieldsAt = 0
  private readonly known = new Map<string, { gpu: string; pid: number; session: Session | undefined }>()

  constructor(
    private readonly parts: {
      host: HostId
      record: Record
      sessions: ReadonlyMap<string, Session>
      sample: (sample: GpuSample) => void
    },
  ) {}

  /** One reading; returns after how many milliseconds to look again. */
  async poll(): Promise<number> {
    const listing = await this.list()
    const gpus = listing.ok ? parseGpus(listing.stdout, furtherGpuFields[this.fieldsAt]) : []
    if (gpus.length === 0) {
      const why = listing.ok
        ? 'nvidia-smi lists none'
        : listing.missing
          ? 'nvidia-smi is not installed'
          : listing.reason
      this.absent = `no GPU here: ${why}`
      this.sayInventory([], this.absent)
      this.endAll()
      return absentPollMs
    }
    this.absent = undefined
    this.sayInventory(gpus, undefined)
    const nowMs = Date.now()
    for (const gpu of gpus) this.parts.sample(sampleOf(gpu, this.parts.host, nowMs))
    const apps = await runCommand(
      'nvidia-smi',
      [`--query-compute-apps=${processFields.join(',')}`, '--format=csv,noheader,nounits'],
      10_000,
    )
    if (apps.ok) this.updateProcesses(parseGpuProcesses(apps.stdout))
    return pollMs
  }

  /** Asks for what this driver knows: an older one refuses a query with a field that it does not know, and is asked for less. */
  private async list(): ReturnType<typeof runCommand> {
    for (let at = this.fieldsAt; ; at += 1) {
      const fields = [...gpuFields, ...(furtherGpuFields[at] ?? [])]
      const listing = await runCommand(
        'nvidia-smi',
        [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'],
        10_000,
      )
      const isLast = at >= furtherGpuFields.length - 1
      // Where nothing is answered at all, the fields are not the reason.
      if (listing.ok) this.fieldsAt = at
      if (listing.ok || listing.missing || isLast) return listing
    }
  }

  private sayInventory(gpus: readonly GpuReading[], absent: string | undefined): void {
    const data: Extract<Fact, { kind: 'gpu.inventory' }>['data'] = {
      gpus: gpus.slice(0, 64).map(({ uuid, index, name, memoryTotalBytes }) => ({
        uuid,
        index,
        name: cutText(name, shortTextMax),
        ...(memoryTotalBytes === undefined ? {} : { memoryTotalBytes }),
      })),
      ...(absent === undefined ? {} : { absent: cutText(absent, shortTextMax) }),
    }
    const text = JSON.stringify(data)
    if (text === this.inventory) return
    this.inventory = text
    this.parts.record({ kind: 'gpu.inventory', data })
  }

  private updateProcesses(processes: readonly GpuProcess[]): void {
    const seen = new Set<string>()
    for (const { gpu, pid, name, memoryUsedBytes } of processes) {
      const key = `${gpu} ${pid}`
      seen.add(key)
      if (this.known.has(key)) continue
      const session = this.sessionOf(pid)
      this.known.set(key, { gpu, pid, session })
      this.parts.record({
        kind: 'gpu.process.started',
        ...(session ? { session: session.id } : {}),
        data: {
          gpu,
          pid,
          comm: cutText(name, shortTextMax),
          ...(memoryUsedBytes === undefined ? {} : { memoryUsedBytes }),
        },
      })
    }
    for (const [key, before] of this.known) if (!seen.has(key)) this.end(key, before)
  }

  private endAll(): void {
    for (const [key, before] of this.known) this.end(key, before)
  }

  private end(key: string, before: { gpu: string; pid: number; session: Session | undefined }): void {
    this.known.delete(key)
    this.parts.record({
      kind: 'gpu.process.ended',
      ...(before.session ? { session: before.session.id } : {}),
      data: { gpu: before.gpu, pid: before.pid },
    })
  }

  private sessionOf(pid: number): Session | undefined {
    const cgroup = readCgroupPath(pid)
    for (const session of this.parts.sessions.values()) {
      if (session.processes.has(pid)) return session
      if (cgroup !== undefined && session.cgroupPath !== undefined && isInside(cgroup, session.cgroupPath))
        return session
    }
    return undefined
  }
}

function sampleOf(gpu: GpuReading, host: HostId, atMs: number): GpuSample {
  const { uuid, index, name: _name, ...values } = gpu
  const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  return { type: 'gpu', atMs, host, gpu: uuid, index, ...present }
}

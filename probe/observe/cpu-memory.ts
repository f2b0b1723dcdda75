// One reading a second of what a session uses: CPU and memory from its cgroup, else summed over its processes.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import type { SessionSample } from '../../server/protocol/sample.ts'
import type { Session } from '../session.ts'
import { readStat } from './read-process.ts'

const connectionsMax = 1_000
const pageSize = readPageSize()

/** `usage_usec` of cpu.stat; it exists without the cpu controller. */
export function parseCpuStat(text: string): number | undefined {
  const match = /^usage_usec (\d+)$/m.exec(text)
  return match ? Number(match[1]) : undefined
}

export class CpuMemory {
  private readonly last = new Map<string, { atMs: number; usageUs: number }>()

  sample(session: Session, nowMs: number): SessionSample {
    const usageUs = readUsage(session)
    const before = this.last.get(session.id)
    const cpuPercent =
      before && usageUs !== undefined && nowMs > before.atMs
        ? (usageUs - before.usageUs) / 10 / (nowMs - before.atMs)
        : 0
    if (usageUs !== undefined) this.last.set(session.id, { atMs: nowMs, usageUs })
    const memoryBytes = readMemory(session)
    let bytesOut = session.closedBytesOut
    let bytesIn = session.closedBytesIn
    for (const connection of session.connections.values()) {
      bytesOut += connection.bytesOut ?? 0
      bytesIn += connection.bytesIn ?? 0
    }
    return {
      type: 'session',
      atMs: nowMs,
      session: session.id,
      cpuPercent: Math.max(0, Math.round(cpuPercent * 10) / 10),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      bytesOut,
      bytesIn,
      processCount: session.processes.size,
      connectionCount: session.connections.size,
      connections: [...session.connections.values()].slice(0, connectionsMax).map((connection) => ({
        connection: connection.id,
        ...(connection.bytesOut === undefined ? {} : { bytesOut: connection.bytesOut }),
        ...(connection.bytesIn === undefined ? {} : { bytesIn: connection.bytesIn }),
        state: connection.state,
      })),
    }
  }

  forget(session: Session): void {
    this.last.delete(session.id)
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ESRCH' || code === 'EACCES') return undefined
    throw error
  }
}

function readUsage(session: Session): number | undefined {
  if (session.cgroupFolder !== undefined) {
    const text = read(`${session.cgroupFolder}/cpu.stat`)
    return text === undefined ? undefined : parseCpuStat(text)
  }
  let ticks = 0
  for (const { pid, startTicks } of session.processes.values()) {
    const text = read(`/proc/${pid}/stat`)
    if (text === undefined || readStat(pid)?.startTicks !== startTicks) continue
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * 10_000 // USER_HZ is 100 on Linux
}

function readMemory(session: Session): number | undefined {
  if (session.cgroupFolder !== undefined) {
    const text = read(`${session.cgroupFolder}/memory.current`)
    if (text !== undefined && /^\d+\s*$/.test(text)) return Number(text)
  }
  let pages = 0
  for (const { pid } of session.processes.values()) {
    const resident = Number(read(`/proc/${pid}/statm`)?.split(' ')[1])
    if (Number.isFinite(resident)) pages += resident
  }
  return pages * pageSize
}

function readPageSize(): number {
  try {
    return Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8', timeout: 2_000 })) || 4_096
  } catch {
    return 4_096
  }
}

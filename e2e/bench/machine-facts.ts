// What the figures were measured on.
import os from 'node:os'

export type MachineFacts = {
  cores: number
  cpu: string
  memoryGib: number
  kernel: string
  node: string
  /** One-minute load average before the bench began: above 0.5 somebody else was working here. */
  loadBefore: number
}

export function machineFacts(): MachineFacts {
  const cpus = os.cpus()
  return {
    cores: cpus.length,
    cpu: cpus[0]?.model.trim() || 'unknown CPU',
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    node: process.version,
    loadBefore: Number((os.loadavg()[0] ?? 0).toFixed(2)),
  }
}

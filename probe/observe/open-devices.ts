// Which processes have a GPU's device open. nvidia-smi lists compute processes only: graphics, Vulkan and a program that is just
// starting are not on it, but none of them works without the device. Links are read, never followed.
import fs from 'node:fs'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import { readStat } from './read-process.ts'

/** A GPU itself, not the control node that every query opens. */
export const gpuDevice = /^\/dev\/(?:nvidia\d+|nvidia-caps\/\S+|dri\/renderD\d+)$/

export type DeviceHolder = { pid: number; comm: string; device: string }

const fdsMax = 1_024
const sliceMs = 2

/** Reads in slices of 2 ms. Processes that may not be read, or are gone, are left out. */
export async function readDeviceHolders(pids: readonly number[], device: RegExp): Promise<DeviceHolder[]> {
  const holders: DeviceHolder[] = []
  let startMs = performance.now()
  for (const pid of pids) {
    if (performance.now() - startMs >= sliceMs) {
      await new Promise((resolve) => setImmediate(resolve))
      startMs = performance.now()
    }
    const link = firstOpen(pid, device)
    if (link === undefined) continue
    const stat = readStat(pid)
    if (stat) holders.push({ pid, comm: stat.comm, device: cutText(link, shortTextMax) })
  }
  return holders
}

function firstOpen(pid: number, device: RegExp): string | undefined {
  for (const name of readFdNames(pid, fdsMax)) {
    try {
      const link = fs.readlinkSync(`/proc/${pid}/fd/${name}`)
      if (device.test(link)) return link
    } catch {
      // Closed, gone, or not ours to read.
    }
  }
  return undefined
}

/** At most `max` names of /proc/PID/fd: a process with a million descriptors must not make us list them all. */
export function readFdNames(pid: number | string, max: number): string[] {
  const names: string[] = []
  let folder: fs.Dir
  try {
    folder = fs.opendirSync(`/proc/${pid}/fd`, { bufferSize: 64 })
  } catch {
    return names
  }
  try {
    for (let entry = folder.readSync(); entry !== null && names.length < max; entry = folder.readSync())
      names.push(entry.name)
  } catch {
    // It ended while it was read.
  } finally {
    folder.closeSync()
  }
  return names
}

/** Time since boot in the unit of a process's start time: 10 ms. */
export function readUptimeTicks(): number {
  const seconds = Number(fs.readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  return Math.floor(seconds * 100)
}

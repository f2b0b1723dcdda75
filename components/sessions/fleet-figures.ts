// The figures above the table: sums of what is on screen, nothing that is not known. Pure.
import type { HostRow, SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { isContained } from '../controls/containment-state.ts'

export type FleetFigures = {
  running: number
  paused: number
  /** Of the paused ones, those that are contained whole. */
  contained: number
  asked: number
  silent: number
  ended: number
  openConnections: number
  processes: number
  hostsConnected: number
  hostsKnown: number
  cpuPercent: number
  bytesOutPerSecond: number
}

export function fleetFigures(
  rows: ReadonlyMap<string, SessionRow>,
  hosts: ReadonlyMap<string, HostRow>,
  samples: ReadonlyMap<string, readonly SamplePoint[]>,
): FleetFigures {
  const sum = {
    running: 0,
    paused: 0,
    contained: 0,
    asked: 0,
    silent: 0,
    ended: 0,
    openConnections: 0,
    processes: 0,
    cpuPercent: 0,
    bytesOutPerSecond: 0,
  }
  for (const row of rows.values()) {
    if (row.state === 'running' || row.state === 'reported') sum.running += 1
    else if (row.state === 'pausing' || row.state === 'resuming') sum.asked += 1
    else sum[row.state] += 1
    if (isContained(row)) sum.contained += 1
    if (row.state === 'ended') continue
    sum.openConnections += row.openConnections
    sum.processes += row.processCount
    const newest = samples.get(row.session)?.at(-1)
    sum.cpuPercent += newest?.cpuPercent ?? 0
    sum.bytesOutPerSecond += newest?.bytesOutPerSecond ?? 0
  }
  let hostsConnected = 0
  for (const host of hosts.values()) if (host.connected) hostsConnected += 1
  return { ...sum, hostsConnected, hostsKnown: hosts.size }
}

export type FleetPoint = { atMs: number; cpuPercent: number; bytesOutPerSecond: number }

/** A sample older than this says nothing about the present second. */
const freshForSeconds = 5

/**
 * The course of the fleet by whole seconds, oldest first. Each session counts with its newest point at that second:
 * hosts sample at moments of their own, and a second without one must not look like a drop.
 */
export function fleetCourse(samples: ReadonlyMap<string, readonly SamplePoint[]>, seconds = 60): FleetPoint[] {
  let newest = 0
  let oldest = Number.POSITIVE_INFINITY
  for (const points of samples.values()) {
    newest = Math.max(newest, Math.floor((points.at(-1)?.atMs ?? 0) / 1_000))
    oldest = Math.min(oldest, Math.floor((points[0]?.atMs ?? Number.POSITIVE_INFINITY) / 1_000))
  }
  const first = Math.max(oldest, newest - seconds + 1)
  const course: FleetPoint[] = []
  for (let second = first; second <= newest; second += 1)
    course.push({ atMs: second * 1_000, cpuPercent: 0, bytesOutPerSecond: 0 })
  for (const points of samples.values()) {
    let at = -1
    for (const sum of course) {
      while (at + 1 < points.length && (points[at + 1]?.atMs ?? 0) < sum.atMs + 1_000) at += 1
      const point = points[at]
      if (point === undefined || point.atMs < sum.atMs - freshForSeconds * 1_000) continue
      sum.cpuPercent += point.cpuPercent
      sum.bytesOutPerSecond += point.bytesOutPerSecond
    }
  }
  return course
}

// The figures of a wallboard: counts of what the state knows, and no word that a session, an agent or a host wrote.
import { assumedGpuPrices, type GpuPrices, type GpuTruthView } from '../protocol/gpu-truth-view.ts'
import type { WallFigures } from '../protocol/wall-messages.ts'
import { gpuFigures } from './gpu-figures.ts'
import { projectFleet } from './project-fleet.ts'
import { projectGpus } from './project-gpu.ts'
import { executionState } from './project-row.ts'
import type { SampleHistory } from './sample-history.ts'
import type { ConsoleState } from './state.ts'

/** With the GPUs as they are now; `prices` undefined: those assumed. */
export function wallFigures(
  state: ConsoleState,
  history: SampleHistory,
  prices: GpuPrices | undefined,
  nowMs: number,
  beat: number,
): WallFigures {
  return projectWall(state, projectGpus(state, history, prices ?? assumedGpuPrices, nowMs), nowMs, beat)
}

export function projectWall(
  state: ConsoleState,
  gpus: readonly GpuTruthView[],
  nowMs: number,
  beat: number,
): WallFigures {
  const { known, read, busyPercent } = gpuFigures(gpus, nowMs)
  const sessions = { running: 0, paused: 0, asked: 0, silent: 0, ended: 0 }
  let paged = 0
  for (const session of state.sessions.values()) {
    const host = session.host === undefined ? undefined : state.hosts.get(session.host)
    const execution = executionState(session, host)
    if (execution === 'pausing' || execution === 'resuming') sessions.asked += 1
    else if (execution === 'reported') sessions.running += 1
    else sessions[execution] += 1
    const pages = (session.flagCounts.high ?? 0) + (session.flagCounts.critical ?? 0)
    if (execution !== 'ended' && pages > 0) paged += 1
  }
  const { containments, approvals } = projectFleet(state)
  const standing = containments.filter((each) => each.liftedAtMs === undefined)
  return {
    serverNowMs: nowMs,
    beat,
    ...(state.newestFactAtMs > 0 && { newestFactAtMs: state.newestFactAtMs }),
    sessions,
    hosts: {
      connected: [...state.hosts.values()].filter((host) => host.connected).length,
      known: state.hosts.size,
    },
    paged,
    approvals: {
      waiting: approvals.waiting,
      ...(approvals.soonestExpiresAtMs !== undefined && { soonestExpiresAtMs: approvals.soonestExpiresAtMs }),
    },
    containments: {
      standing: standing.length,
      troubled: standing.filter((each) => each.troubled > 0 || each.unheld > 0).length,
    },
    gpus: { known, read, ...(busyPercent !== undefined && { busyPercent }) },
  }
}

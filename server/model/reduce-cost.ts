// What holding a session costs: GPUs that its frozen processes keep, over time. Brought up to date whenever one of the two changes.
import type { SessionState } from './state.ts'

/** Called after anything that changes what is held or which GPUs the session has. */
export function accountCost(session: SessionState, atMs: number): void {
  const gpus = new Set(session.gpuProcesses.values()).size
  if (session.holds.length === 0) {
    delete session.cost
    return
  }
  const { cost } = session
  if (!cost) {
    session.cost = { sinceMs: atMs, gpus, gpuMs: 0, atMs }
    return
  }
  // A clock that steps back must not take hours away again.
  const upToMs = Math.max(atMs, cost.atMs)
  cost.gpuMs += cost.gpus * (upToMs - cost.atMs)
  cost.atMs = upToMs
  cost.gpus = gpus
}

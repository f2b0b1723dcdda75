// Is a hold in force as its host reads it now? Asked and once enforced are not enough: what was enforced may have been undone since.
import { isTroubled } from './project-control.ts'
import type { ConsoleState, Hold, SessionState } from './state.ts'

/** Its control was seen to take effect, nothing contradicted that since, and the host reads it so. A silent host reads nothing. */
export function isInForce(state: ConsoleState, session: SessionState, hold: Hold): boolean {
  const record = session.controls.find((each) => each.control === hold.control)
  if (record?.state !== 'enforced' || isTroubled(record)) return false
  const host = session.host === undefined ? undefined : state.hosts.get(session.host)
  if (!host?.connected) return false
  for (const process of session.processes.values()) if (process.escaped) return false
  return hold.restricts.every((each) => {
    if (each === 'pause') return session.observedPaused
    return each !== 'network' || session.readings.get(each)?.restricted === true
  })
}

// Ends a session for good: asks the killer again and again until nothing of it is read alive, and tells who is left if not.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Goal } from './control-decision.ts'
import { waitMaxMs } from './control-level.ts'
import type { ControlReceipts } from './control-receipts.ts'
import type { Killer } from './enforce/killer.ts'
import type { Session } from './session.ts'

/** True when it was read dead. Otherwise its controls (none, when they have their end) ended `partial` or `failed`: to be tried again. */
export async function killSession(
  session: Session,
  killer: Killer,
  ends: readonly Goal[],
  receipts: ControlReceipts,
  stopped: () => boolean,
): Promise<boolean> {
  const startMs = performance.now()
  let asked = ''
  session.killAsked = true
  session.dirty = true
  try {
    for (;;) {
      asked ||= killer.kill(session)
      let reading = killer.observe(session)
      for (let i = 0; !reading.dead && i < 10; i += 1) {
        await sleep(2 + i)
        reading = killer.observe(session)
      }
      if (reading.dead) {
        for (const { control } of ends) receipts.killed(session, control, killer.name, reading)
        return true
      }
      if (performance.now() - startMs > waitMaxMs || stopped()) {
        for (const { control } of ends) {
          receipts.end(session, control, 'partial', {
            enforcer: killer.name,
            observed: reading.observed,
            observedFrom: reading.observedFrom,
            processCount: killer.count(session),
            detail: `${asked}; still trying`,
            left: reading.left,
          })
        }
        return false
      }
      killer.kill(session)
    }
  } catch (error) {
    const detail = `the kernel refused: ${error instanceof Error ? error.message : String(error)}`
    for (const { control } of ends) receipts.end(session, control, 'failed', { enforcer: killer.name, detail })
    return false
  }
}

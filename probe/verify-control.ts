// The last step of a receipt: that the session was quiet for some seconds, observed otherwise than by the enforcer's own reading.
import { stepName } from '../server/protocol/control.ts'
import type { Goal } from './control-decision.ts'
import type { ToldStep } from './control-receipts.ts'
import { type QuietMeasure, type QuietReaders, quietMeasures, watchQuiet } from './observe/quiet.ts'
import type { Session } from './session.ts'

export type VerifyParts = {
  read: QuietReaders
  /** There is a GPU whose work can be read; without one nothing is said of it. */
  hasGpu?: () => boolean
  forMs?: number
  sleep?: (ms: number) => Promise<unknown>
}

/** Undefined for a control that cannot be verified so. `hasNetwork`: packets and flows of this session can be cut and counted. */
export async function verifyControl(
  session: Session,
  { action, capability }: Pick<Goal, 'action' | 'capability'>,
  hasNetwork: boolean,
  parts: VerifyParts,
): Promise<ToldStep | undefined> {
  const measures = measuresOf(action, capability).filter(
    (measure) =>
      (hasNetwork || (measure !== 'packets' && measure !== 'flows')) &&
      (measure !== 'gpu' || (parts.hasGpu?.() ?? true)),
  )
  if (measures.length === 0) return undefined
  const { quiet, observed, observedFrom, left } = await watchQuiet(session, { ...parts, measures })
  return {
    name: quiet ? stepName.verified : stepName.notVerified,
    detail: quiet ? observed : left.join('; ') || observed,
    ok: quiet,
    observedFrom,
  }
}

function measuresOf(action: Goal['action'], capability: Goal['capability']): readonly QuietMeasure[] {
  if (action === 'pause') return quietMeasures.pause
  if (action === 'contain') return quietMeasures.contain
  if (action === 'revoke' && capability === 'network') return quietMeasures.network
  if (action === 'revoke' && capability === 'gpu') return quietMeasures.gpu
  return []
}

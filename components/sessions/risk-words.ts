// What the number of a session's risk is, and how loud. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { riskNow } from '../../server/protocol/flag.ts'

export type RiskLevel = 'quiet' | 'warn' | 'critical'

/** From here on the operator should look, though nothing opened an incident. */
const warnFrom = 20
/** An incident stays red while so much of it is left: later it is history. */
const redFrom = 10

export function riskWords(
  risk: NonNullable<SessionRow['risk']>,
  flagged: SessionRow['flagged'],
  nowMs: number,
): { score: number; level: RiskLevel } {
  const score = Math.round(riskNow(risk, nowMs))
  if ((risk.isIncident || (flagged?.pages ?? 0) > 0) && score >= redFrom) return { score, level: 'critical' }
  return { score, level: score >= warnFrom ? 'warn' : 'quiet' }
}

// What the number of a session's risk is, and how loud. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { riskNow } from '../../server/protocol/flag.ts'

export type RiskLevel = 'quiet' | 'warn' | 'critical'

/** From here on the operator should look, though nothing opened an incident. */
const warnFrom = 20
/** An incident stays red while so much of it is left: later it is history. */
const redFrom = 10
/** Beyond it more is not worse: what is this red is looked at first anyway. Rows are still sorted by the whole score. */
const scaleEnds = 100

export function riskWords(
  risk: NonNullable<SessionRow['risk']>,
  flagged: SessionRow['flagged'],
  nowMs: number,
): { score: number; text: string; level: RiskLevel } {
  const score = Math.round(riskNow(risk, nowMs))
  const text = score > scaleEnds ? `${scaleEnds}+` : String(score)
  const isIncident = (risk.isIncident || (flagged?.pages ?? 0) > 0) && score >= redFrom
  return { score, text, level: isIncident ? 'critical' : score >= warnFrom ? 'warn' : 'quiet' }
}

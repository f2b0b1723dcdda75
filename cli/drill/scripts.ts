// Which script each drill plays.
import type { DrillName } from '../../server/protocol/drill.ts'
import { rome } from './rome.ts'
import { exfil, metadataProbe, rewardTamper, riskyGate } from './small-scripts.ts'
import type { Script } from './stage.ts'

export const scripts: Record<DrillName, Script> = {
  rome,
  exfil,
  'metadata-probe': metadataProbe,
  'reward-tamper': rewardTamper,
  'risky-gate': riskyGate,
}

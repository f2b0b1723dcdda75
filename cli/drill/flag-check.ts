// Whether a flag of some behaviour was raised. Pure.
import type { DrillCheck } from '../../server/protocol/drill.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'

export function flagCheck(flags: readonly FlagView[], behaviour: string, what: string): DrillCheck {
  const found = flags.find((flag) => flag.behaviour === behaviour)
  return { what, seen: found !== undefined, ...(found && { detail: found.title }) }
}

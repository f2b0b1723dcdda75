// What is taken away from a session, in a word each: wanted and read told apart. Pure.

import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { type Restriction, restrictionsOf } from '../../server/protocol/control.ts'
import { mayBeOpen } from '../controls/containment-state.ts'

export type MarkTone = 'revoked' | 'warn' | 'critical'
export type RestrictionMark = { restriction: Restriction; tone: MarkTone; short: string; sentence: string }

const names: Readonly<Partial<Record<Restriction, string>>> = {
  network: 'Network',
  gpu: 'GPU',
  shell: 'Shell',
  files: 'Files',
  credentials: 'Credentials',
}

/** Pauses and held tool calls are told by the session's state; these are the rest. */
export function restrictionMarks(row: SessionRow): RestrictionMark[] {
  if (row.state === 'ended') return []
  return row.restrictions.flatMap(({ restriction, wanted, enforced }): RestrictionMark[] => {
    const name = names[restriction]
    if (name === undefined) return []
    if (!wanted) {
      const sentence = `${name}: restored, still restricted on the host`
      return [{ restriction, tone: 'warn', short: 'still restricted', sentence }]
    }
    if (enforced === 'yes') {
      const silent = row.state === 'silent'
      const sentence = `${name} revoked, enforced${silent ? ' when last read' : ''}`
      return [{ restriction, tone: silent ? 'warn' : 'revoked', short: 'revoked', sentence }]
    }
    const holds = row.holds.filter((hold) => restrictionsOf(hold.action, hold.capability).includes(restriction))
    if (holds.some((hold) => mayBeOpen(row, hold)))
      return [{ restriction, tone: 'warn', short: 'revoke asked', sentence: `${name}: revoke asked, not confirmed` }]
    if (enforced === 'unknown' && restriction !== 'network' && restriction !== 'gpu')
      return [{ restriction, tone: 'warn', short: 'revoked', sentence: `${name} revoked, not seen to act yet` }]
    return [{ restriction, tone: 'critical', short: 'not in force', sentence: `${name}: revoked, not in force` }]
  })
}

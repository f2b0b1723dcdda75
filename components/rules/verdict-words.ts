// What an operator can say of a flag, in words. Pure.
import type { FlagVerdict } from '../../server/protocol/flag.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { clockText } from '../ui/format-time.ts'

export const verdictChoices: readonly { verdict: FlagVerdict; word: string; key: 't' | 'f' | 'd'; means: string }[] = [
  { verdict: 'true', word: 'It is so', key: 't', means: 'The agent did what the rule says' },
  { verdict: 'false', word: 'Noise', key: 'f', means: 'It was nothing to look at' },
  { verdict: 'drill', word: 'Drill', key: 'd', means: 'A rehearsal: it says nothing of the rule’s precision' },
]

/** Pressing what stands takes it back. */
export function nextVerdict(stands: FlagVerdict | undefined, pressed: FlagVerdict): FlagVerdict | null {
  return stands === pressed ? null : pressed
}

/** Hostile text: a person's name and note. */
export function saidText(verdict: NonNullable<FlagView['verdict']>): string {
  return `${verdict.by}, ${clockText(verdict.atMs)}${verdict.note ? `: ${verdict.note}` : ''}`
}

/** `deed`: "Judging a flag". */
export function whyNotResponder(role: string | undefined, deed: string): string | undefined {
  if (role === undefined || role === 'responder' || role === 'admin') return undefined
  return `Your role is viewer: it reads. ${deed} takes a responder or an admin.`
}

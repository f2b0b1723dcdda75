// Which sessions the operator wants to see: words over what a row says, states, and what a chip stands for. Pure; lives in the URL.
import type { HostRow, SessionRow } from '../../server/protocol/browser-messages.ts'
import { Capability } from '../../server/protocol/control.ts'
import { riskNow } from '../../server/protocol/flag.ts'
import { countText, endpointText } from '../ui/format-quantity.ts'

export const stateGroups = ['running', 'paused', 'asked', 'silent', 'ended'] as const
export type StateGroup = (typeof stateGroups)[number]

/** Several execution states that an operator thinks of as one. */
export function groupOf(row: SessionRow): StateGroup {
  switch (row.state) {
    case 'pausing':
    case 'resuming':
      return 'asked'
    case 'reported':
    case 'running':
      return 'running'
    default:
      return row.state
  }
}

const said = new WeakMap<SessionRow, string>()

/** All that is searched of a row, in small letters; worked out once a row. */
export function sessionText(row: SessionRow): string {
  const known = said.get(row)
  if (known !== undefined) return known
  const remotes = row.remotes.map((each) => endpointText(each.remote))
  const parts = [row.session, row.name, row.agent, row.task, row.host, row.doing?.tool, row.doing?.text, ...remotes]
  const text = parts
    .filter((part) => part !== undefined)
    .join('\n')
    .toLowerCase()
  said.set(row, text)
  return text
}

export const flagChoices = ['any', 'page'] as const
export const riskChoices = [20, 40, 80] as const

/** Chips besides the states; an empty list narrows nothing. */
export type Chips = {
  host: readonly string[]
  agent: readonly string[]
  task: readonly string[]
  /** Any of these is taken away, or asked to be. */
  revoked: readonly Capability[]
  flag: (typeof flagChoices)[number] | null
  /** At least so much, as of the moment the filter was set. */
  risk: number | null
}
export const noChips: Chips = { host: [], agent: [], task: [], revoked: [], flag: null, risk: null }

/** Every word must occur somewhere in the row; no state chosen means every state. */
export function matcherOf(
  query: string,
  states: readonly StateGroup[],
  chips: Chips = noChips,
  nowMs = 0,
): (row: SessionRow) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const { revoked, flag, risk } = chips
  const isOneOf = (wanted: readonly string[], value: string | undefined) =>
    wanted.length === 0 || (value !== undefined && wanted.includes(value))
  return (row) => {
    if (states.length > 0 && !states.includes(groupOf(row))) return false
    if (!isOneOf(chips.host, row.host) || !isOneOf(chips.agent, row.agent) || !isOneOf(chips.task, row.task))
      return false
    if (revoked.length > 0 && !takenAway(row).some((each) => revoked.includes(each))) return false
    if (flag === 'any' && row.flagged === undefined) return false
    if (flag === 'page' && (row.flagged?.pages ?? 0) === 0) return false
    if (risk !== null && (row.risk === undefined || riskNow(row.risk, nowMs) < risk)) return false
    return words.length === 0 || words.every((word) => sessionText(row).includes(word))
  }
}

/** Capabilities that are taken away from it or asked to be. */
export function takenAway(row: SessionRow): Capability[] {
  return Capability.options.filter((capability) =>
    row.restrictions.some((each) => each.restriction === capability && (each.wanted || each.enforced === 'yes')),
  )
}

export type ChipName = keyof Chips
export type ActiveChip = { chip: ChipName; value: string; words: string }

/** What narrows the list besides words and states, as it is told. `value`: hostile text. */
export function activeChips({ host, agent, task, revoked, flag, risk }: Chips): ActiveChip[] {
  const of = (chip: ChipName, word: string, values: readonly string[]) =>
    values.map((value) => ({ chip, value, words: `${word}: ${value}` }))
  return [
    ...of('host', 'host', host),
    ...of('agent', 'agent', agent),
    ...of('task', 'task', task),
    ...of('revoked', 'taken away', revoked),
    ...(flag === null
      ? []
      : [{ chip: 'flag' as const, value: flag, words: flag === 'page' ? 'page-level flag' : 'has a flag' }]),
    ...(risk === null ? [] : [{ chip: 'risk' as const, value: String(risk), words: `risk ≥ ${countText(risk)}` }]),
  ]
}

const valuesMax = 40

/** Values that rows have, most frequent first, at most 40; `more` are not offered and can be found by words. */
export function valuesOf(
  rows: Iterable<SessionRow>,
  read: (row: SessionRow) => string | undefined,
): { values: { value: string; count: number }[]; more: number } {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = read(row)
    if (value !== undefined && value !== '') counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const all = [...counts].map(([value, count]) => ({ value, count }))
  all.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  return { values: all.slice(0, valuesMax), more: Math.max(0, all.length - valuesMax) }
}

/** Why the list is empty, so that the page can say it and offer the way out. */
export type Emptiness = 'no-host' | 'no-session' | 'no-match'

export function emptinessOf(sessions: number, hosts: Iterable<HostRow>): Emptiness {
  if (sessions > 0) return 'no-match'
  for (const host of hosts) if (host.connected) return 'no-session'
  return 'no-host'
}

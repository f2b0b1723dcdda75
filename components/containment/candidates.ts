// Which sessions a scope would hold now, counted from the rows that this browser has, and what its fields may be filled with.
// Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isSelected, labelName, type Selector } from '../../server/protocol/selector.ts'
import type { ScopeField } from './selector-words.ts'

export type Candidate = SessionRow

export type Scope = {
  /** Not ended, and they match. */
  matching: Candidate[]
  /** Of those: a host could be asked to hold them. */
  holdable: Candidate[]
  /** Of those: known from telemetry only, or their host cannot pause. They run on. */
  unheld: Candidate[]
  /** Of the holdable: their host does not answer now. */
  silent: number
  /** Of the holdable: some other cause contains them already. */
  already: number
}

export function isHoldable(row: SessionRow): boolean {
  if (row.state === 'ended' || row.state === 'reported') return false
  const ability = row.abilities.find((each) => each.name === 'pause')
  return ability !== undefined && ability.can !== 'no'
}

export function scopeOf(selector: Selector, rows: Iterable<Candidate>): Scope {
  const scope: Scope = { matching: [], holdable: [], unheld: [], silent: 0, already: 0 }
  for (const row of rows) {
    if (row.state === 'ended') continue
    if (!isSelected(selector, row)) continue
    scope.matching.push(row)
    if (!isHoldable(row)) {
      scope.unheld.push(row)
      continue
    }
    scope.holdable.push(row)
    if (row.state === 'silent') scope.silent += 1
    if (row.holds.some((hold) => hold.action === 'contain')) scope.already += 1
  }
  return scope
}

export type Suggestion = { value: string; sessions: number }

/** Values that sessions which have not ended carry now, the most frequent first. */
export function suggestionsFor(field: ScopeField, rows: Iterable<Candidate>): Suggestion[] {
  const counts = new Map<string, number>()
  for (const row of rows) {
    if (row.state === 'ended') continue
    for (const value of new Set(valuesOf(field, row))) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts]
    .map(([value, sessions]) => ({ value, sessions }))
    .sort((a, b) => b.sessions - a.sessions || (a.value < b.value ? -1 : 1))
}

function valuesOf(field: ScopeField, row: Candidate): string[] {
  const label = (name: string) => row.labels[name]
  const values: Record<ScopeField, (string | undefined)[]> = {
    host: [row.host],
    agent: [row.agent],
    task: [row.task],
    model: [label(labelName.model), ...row.models],
    taskSet: [label(labelName.taskSet)],
    run: [label(labelName.run)],
  }
  return values[field].filter((value) => value !== undefined && value !== '') as string[]
}

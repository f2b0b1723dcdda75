// Which alerts stand beside which action: from the newest conclusion about each alert. Pure.
import type { TieLevel } from '../../server/protocol/signal.ts'
import type { ActivityLine } from './activity-lines.ts'
import { firstSubject, type Tie, tieOf } from './attribution-words.ts'

export type AlertChip = {
  /** Line of the conclusion to go to; of several that read the same, the newest. */
  seq: number
  /** Hostile text. */
  title: string
  level: TieLevel
  /** Alerts that read the same. */
  count: number
}

/** More than these are counted, not shown: a flood of alerts must not push the stream away. */
export const chipsShown = 3

type Told = { tie: Tie; seq: number }

/** By `seq` of the action's line. Lines come ascending; a conclusion without a level takes an earlier tie away. */
export function alertsByAction(lines: readonly ActivityLine[]): ReadonlyMap<number, readonly AlertChip[]> {
  const told = newestByAlert(lines)
  const chips = new Map<number, AlertChip[]>()
  if (told.size === 0) return chips
  const actions = actionsByCall(lines)
  for (const { tie, seq } of told.values()) {
    const { level, call } = tie
    if (level === undefined || call === undefined) continue
    const uses = actions.get(call)
    const line = uses?.find((each) => each.event.atMs === tie.actionAtMs) ?? uses?.at(-1)
    if (!line) continue
    const mine = chips.get(line.seq) ?? []
    const same = mine.find((chip) => chip.title === tie.about && chip.level === level)
    if (same) {
      same.count += 1
      same.seq = Math.max(same.seq, seq)
    } else mine.push({ seq, title: tie.about, level, count: 1 })
    chips.set(line.seq, mine)
  }
  return chips
}

function newestByAlert(lines: readonly ActivityLine[]): Map<string, Told> {
  const told = new Map<string, Told>()
  for (const { event } of lines) {
    if (event.kind !== 'attribution.made') continue
    const tie = tieOf(event.data)
    for (const alert of tie.alerts) told.set(alert, { tie, seq: event.seq })
  }
  return told
}

/** Lines of conclusions whose first fact a later one says something else of. One conclusion may be corrected in part: the rest stands. */
export function replacedTies(lines: readonly ActivityLine[]): ReadonlySet<number> {
  const replaced = new Set<number>()
  const byId = new Map<string, { seq: number; about: string | undefined }>()
  for (const { event } of lines) {
    if (event.kind !== 'attribution.made') continue
    const tie = tieOf(event.data)
    const earlier = tie.corrects === undefined ? undefined : byId.get(tie.corrects)
    if (earlier && tie.subjects.some((subject) => subject.event === earlier.about)) replaced.add(earlier.seq)
    byId.set(event.id, { seq: event.seq, about: firstSubject(tie)?.event })
  }
  return replaced
}

/** A framework may use a call's id twice: then the time of its start says which one is meant. */
function actionsByCall(lines: readonly ActivityLine[]): Map<string, ActivityLine[]> {
  const byCall = new Map<string, ActivityLine[]>()
  for (const line of lines) {
    const { kind, data } = line.event
    if ((kind !== 'action.started' && kind !== 'action.ended') || typeof data.call !== 'string') continue
    const uses = byCall.get(data.call)
    if (uses) uses.push(line)
    else byCall.set(data.call, [line])
  }
  return byCall
}

export function sameChips(a: readonly AlertChip[] | undefined, b: readonly AlertChip[] | undefined): boolean {
  if (a === b) return true
  if (!a || !b || a.length !== b.length) return false
  return a.every((chip, index) => {
    const other = b[index]
    return (
      other !== undefined &&
      chip.seq === other.seq &&
      chip.title === other.title &&
      chip.level === other.level &&
      chip.count === other.count
    )
  })
}

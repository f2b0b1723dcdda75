// Flags as a person reads them: what one rule says of one session again and again is one line with a count, newest first. Pure.

import { isPage } from '../../server/protocol/flag.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'
import { tellingValue } from '../rules/flag-words.ts'

export type FlagGroup = {
  key: string
  /** The newest of them. */
  flag: FlagView
  count: number
  firstAtMs: number
  isPage: boolean
  /** The longest that matched in the newest: hostile text. */
  matched: string
}

export const groupsMax = 40

/** `flags` newest first. What an operator called noise or a drill is left out and counted. */
export function flagGroups(flags: readonly FlagView[]): { groups: FlagGroup[]; more: number; judged: number } {
  const groups = new Map<string, FlagGroup>()
  let judged = 0
  for (const flag of flags) {
    if (flag.verdict?.verdict === 'false' || flag.verdict?.verdict === 'drill') {
      judged += 1
      continue
    }
    const key = JSON.stringify([flag.session ?? null, flag.host ?? null, flag.rule])
    const known = groups.get(key)
    if (known) {
      known.count += 1
      known.firstAtMs = Math.min(known.firstAtMs, flag.atMs)
      continue
    }
    const matched = tellingValue(flag.matched.map(({ value }) => value))
    groups.set(key, { key, flag, count: 1, firstAtMs: flag.atMs, isPage: isPage(flag.severity), matched })
  }
  const all = [...groups.values()]
  return { groups: all.slice(0, groupsMax), more: Math.max(0, all.length - groupsMax), judged }
}

/** The order on screen while a hand is on it: what is there stays where it is, its counts go on, new ones wait. */
export function followGroups(
  shown: readonly FlagGroup[],
  newest: readonly FlagGroup[],
): { groups: FlagGroup[]; waiting: number } {
  const byKey = new Map(newest.map((group) => [group.key, group]))
  const known = new Set(shown.map(({ key }) => key))
  return {
    groups: shown.map((group) => byKey.get(group.key) ?? group),
    waiting: newest.filter(({ key }) => !known.has(key)).length,
  }
}

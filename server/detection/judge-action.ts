// What rules say of one action before it runs: the same reading, rules, context and settings as live, without what counts over time.

import type { StoredEvent } from '../protocol/event.ts'
import type { EventId, SessionId } from '../protocol/ids.ts'
import { applyContext } from './context/apply-context.ts'
import { contextFor } from './context/compiled-context.ts'
import type { DetectionContexts } from './context/context-schema.ts'
import { protectedPathFlag } from './context/protected-path.ts'
import type { DetectionEvent } from './detection-event.ts'
import { openEngine } from './engine.ts'
import { createDetectionEvents } from './events/detection-events.ts'
import { type Flag, severities } from './flag.ts'
import type { AboutSession, RuleSettings } from './settings/rule-settings.ts'
import { commandEvents } from './shell/command-events.ts'
import type { ReadShell } from './shell/shell-reading.ts'
import type { RuleSet } from './sigma/compile-rules.ts'
import { unreadCommandFlag } from './stateful/unread-command.ts'

export type ActionToJudge = {
  session: string
  call: string
  tool: string
  /** JSON text or plain text, as the agent gave it. */
  input: string
  atMs: number
}

export type JudgeActionOptions = {
  ruleSet: RuleSet
  readShell: ReadShell
  contexts: DetectionContexts
  settings: RuleSettings
}

export type JudgedAction = {
  /** Worst first, each rule once. */
  flags: Flag[]
  /** What was looked at, for conditions of a policy's own. */
  events: DetectionEvent[]
}

export function judgeAction(options: JudgeActionOptions, action: ActionToJudge, about: AboutSession): JudgedAction {
  const { ruleSet, readShell, contexts, settings } = options
  const { session, call, tool, input, atMs } = action
  const event = {
    v: 1,
    kind: 'action.started',
    atMs,
    seenAtMs: atMs,
    id: '' as EventId,
    partition: 0,
    seq: 0,
    trust: 'agent',
    session: session as SessionId,
    data: { call, tool, input },
  } as StoredEvent
  const { events, code } = createDetectionEvents().ofEvent(event)
  const origin = { atMs, session, host: undefined, call }
  const all = [...events]
  for (const each of code) {
    if ('shellText' in each) all.push(...commandEvents(readShell(each.shellText), { text: each.shellText, ...origin }))
    else {
      const writesTo = each.writesTo === undefined ? {} : { WritesTo: [each.writesTo] }
      const fields = { Language: each.language, Text: each.content, Origin: 'argument', ...writesTo }
      all.push({ source: 'content', ...origin, fields, notFully: undefined })
    }
  }
  const context = contextFor(contexts, about)
  const worst = new Map<string, Flag>()
  const consider = (flag: Flag, of: DetectionEvent) => {
    const told = applyContext(flag, of, context)
    const kept = told && settings.apply(told, of, about, atMs)
    const before = kept && worst.get(kept.rule)
    if (kept && (!before || rank(kept) > rank(before))) worst.set(kept.rule, kept)
  }
  const engine = openEngine({ ruleSet })
  for (const [index, each] of all.entries()) {
    for (const flag of engine.observe(each, index > 0)) consider(flag, each)
    const guarded = protectedPathFlag(each, context)
    if (guarded) consider(guarded, each)
  }
  const [first] = all
  const unread = unreadCommandFlag(all, engine.wasCut)
  if (first && unread) consider(unread, first)
  return { flags: [...worst.values()].sort((a, b) => rank(b) - rank(a)), events: all }
}

function rank({ severity }: Flag): number {
  return severities.indexOf(severity)
}

// How an action that waits is understood, for the person who decides: the same reading, rules and context as at the gate, asked again when
// somebody looks. It allows and denies nothing.
import { aboutSession } from './about-session.ts'
import { contextFor } from './detection/context/compiled-context.ts'
import { judgeAction } from './detection/judge-action.ts'
import { couldDo } from './detection/reach/could-do.ts'
import type { ReadShell } from './detection/shell/shell-reading.ts'
import type { InForce } from './rulebook/rule-book.ts'
import type { ReadAction } from './web/approval-routes.ts'

export function createActionReader(options: { inForce: () => InForce; readShell: ReadShell }): ReadAction {
  return (state, { session, call, tool, input, cwd }, nowMs) => {
    const { ruleSet, contexts, settings } = options.inForce()
    const about = aboutSession(state, session)
    const { flags, events } = judgeAction(
      { ruleSet, contexts, settings, readShell: options.readShell },
      { session, call, tool, input, atMs: nowMs },
      about,
    )
    // Those in memory: one that is not among them may have been long ago.
    const known = state.sessions.get(session)?.connections
    return couldDo(events, {
      context: contextFor(contexts, about),
      flags,
      cwd,
      cut: / more characters cut\]$/.test(input) ? 'only a part of its input is kept here' : undefined,
      hasReached: (host) => {
        if (!known || known.size === 0 || !/^[\d.]+$|:/.test(host)) return undefined
        for (const { remote } of known.values()) if (remote.address === host) return true
        return false
      },
    })
  }
}

// What detection may know of a session: what its host or its trainer said of it. What only the agent said of itself explains nothing.
import type { AboutSession } from './detection/settings/rule-settings.ts'
import type { ConsoleState } from './model/state.ts'
import type { SessionId } from './protocol/ids.ts'

const unknown: AboutSession = {}

export function aboutSession(state: ConsoleState, id: string): AboutSession {
  const session = state.sessions.get(id as SessionId)
  if (session === undefined) return unknown
  const { labels, agent, task, claimed = [] } = session
  const label = (name: string) => (claimed.includes(name) ? undefined : labels[name])
  return {
    run: label('run'),
    taskSet: label('taskset') ?? label('task'),
    agent: claimed.includes('agent') ? undefined : agent,
    taskText: claimed.includes('task') ? undefined : task,
  }
}

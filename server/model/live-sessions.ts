// Sessions that have not ended, found by what plans name: made once for all GPUs, because a fleet has thousands of both.
import type { HostId } from '../protocol/ids.ts'
import type { ConsoleState, SessionState } from './state.ts'

export type LiveSessions = {
  ofHost(host: HostId): readonly SessionState[]
  labelled(name: string, value: string): readonly SessionState[]
}

/** A reading of the moment: anything that changes the state makes it old. */
export function liveSessions(state: ConsoleState): LiveSessions {
  const byHost = new Map<string, SessionState[]>()
  const byLabel = new Map<string, SessionState[]>()
  const add = (map: Map<string, SessionState[]>, key: string, session: SessionState) => {
    const known = map.get(key)
    if (known) known.push(session)
    else map.set(key, [session])
  }
  for (const session of state.sessions.values()) {
    if (session.endedAtMs !== undefined) continue
    if (session.host !== undefined) add(byHost, session.host, session)
    for (const [name, value] of Object.entries(session.labels)) add(byLabel, labelKey(name, value), session)
  }
  return {
    ofHost: (host) => byHost.get(host) ?? [],
    labelled: (name, value) => byLabel.get(labelKey(name, value)) ?? [],
  }
}

const labelKey = (name: string, value: string) => `${name.length} ${name} ${value}`

/** The same for a single question: looks through all, and makes nothing. */
export function scanSessions(state: ConsoleState): LiveSessions {
  const live = (fits: (session: SessionState) => boolean) =>
    [...state.sessions.values()].filter((session) => session.endedAtMs === undefined && fits(session))
  return {
    ofHost: (host) => live((session) => session.host === host),
    labelled: (name, value) => live((session) => session.labels[name] === value),
  }
}

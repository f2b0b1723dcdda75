// Which sessions the operator wants to see: words over what a row says, and states. Pure; lives in the URL.
import type { HostRow, SessionRow } from '../../server/protocol/browser-messages.ts'
import { endpointText } from '../ui/format-quantity.ts'

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

/** Every word must occur somewhere in the row; no state chosen means every state. */
export function matcherOf(query: string, states: readonly StateGroup[]): (row: SessionRow) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return (row) => {
    if (states.length > 0 && !states.includes(groupOf(row))) return false
    return words.length === 0 || words.every((word) => sessionText(row).includes(word))
  }
}

/** Why the list is empty, so that the page can say it and offer the way out. */
export type Emptiness = 'no-host' | 'no-session' | 'no-match'

export function emptinessOf(sessions: number, hosts: Iterable<HostRow>): Emptiness {
  if (sessions > 0) return 'no-match'
  for (const host of hosts) if (host.connected) return 'no-session'
  return 'no-host'
}

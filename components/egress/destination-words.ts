// Words of a destination. None of them says that the network let it through: only a host's reading or a sensor's record could.
import type { AllowEntry, DestinationView } from '../../server/protocol/destination-view.ts'
import { bytesText, plural } from '../ui/format-quantity.ts'

export function endText({ address, port }: Pick<DestinationView, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port ?? 'many ports'}`
}

export type Mark = { word: string; look: 'muted' | 'warn' | 'revoked' | 'critical' }

export function marksOf({ listing, isNew, denied, revokedSessions }: DestinationView): Mark[] {
  return [
    ...(isNew ? [{ word: 'New', look: 'warn' } as const] : []),
    listing === 'listed'
      ? { word: 'On allowlist', look: 'muted' }
      : listing === 'partly'
        ? { word: 'Partly listed', look: 'warn' }
        : { word: 'On no list', look: isNew ? 'critical' : 'warn' },
    ...(denied > 0 ? [{ word: 'Sensor denied', look: 'revoked' } as const] : []),
    ...(revokedSessions > 0 ? [{ word: 'Network revoked', look: 'revoked' } as const] : []),
  ]
}

export function bytesWords({ bytesOut, bytesIn, uncounted }: DestinationView): string {
  if (bytesOut + bytesIn === 0) return uncounted > 0 ? 'not counted' : '—'
  return `${bytesText(bytesIn)} ↓ ${bytesText(bytesOut)} ↑`
}

export function sessionsWords({ sessions, sessionCount, moreSessions }: DestinationView): string {
  if (sessionCount === 1 && !moreSessions) return sessions[0] ?? ''
  return moreSessions ? `more than ${sessionCount} sessions` : plural(sessionCount, 'session')
}

export function listWords({ scope, name }: Pick<AllowEntry, 'scope' | 'name'>): string {
  return scope === 'all' ? 'all sessions' : `${scope === 'run' ? 'run' : 'task set'} ${name}`
}

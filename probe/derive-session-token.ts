// Derives the token that a session's telemetry carries, without asking the server. The probe key cannot be found from it.
import { createHash, createHmac } from 'node:crypto'
import { formatSessionToken, sessionTokenMessage } from '../server/protocol/session-token.ts'

export function deriveSessionToken(probeKey: string, session: string): string {
  const keyHash = createHash('sha256').update(probeKey).digest('hex')
  const mac = createHmac('sha256', keyHash).update(sessionTokenMessage(session)).digest('base64url')
  return formatSessionToken(keyHash, session, mac)
}

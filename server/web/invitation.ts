// The one-time link of somebody who was invited. Its text is in one answer and in their hands; the server keeps a hash.
import { createHash, randomBytes } from 'node:crypto'

export const invitationMs = 72 * 3_600_000

export function newInvitation(): { token: string; tokenHash: string } {
  const token = `inv_${randomBytes(24).toString('base64url')}`
  return { token, tokenHash: hashOfInvitation(token) }
}

export function isInvitation(token: string): boolean {
  return token.startsWith('inv_')
}

export function hashOfInvitation(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

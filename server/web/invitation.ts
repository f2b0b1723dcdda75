// The one-time link of somebody who was invited, and when it lets nobody in. Its text is in one answer and in their hands; the server
// keeps a hash.
import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '../control/request-control.ts'
import { policyIsOn } from '../control/second-person.ts'
import type { ConsoleState } from '../model/state.ts'
import { PolicyName } from '../protocol/policy.ts'
import { ProblemError } from './problem.ts'

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

/**
 * Whoever may decide could be the second person. While anything here takes two people, nobody becomes one: an administrator alone
 * would make one up, open its link himself and confirm.
 */
export function requireMayRaise(state: ConsoleState, role: Role): void {
  if (role === 'viewer' || !PolicyName.options.some((policy) => policyIsOn(state, policy))) return
  throw new ProblemError(
    409,
    'Takes two people',
    'while a policy of two people is on, nobody can become responder or admin: turn the policy off with a second person first',
  )
}

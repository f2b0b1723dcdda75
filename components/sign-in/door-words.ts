// What the sign-in page says when it lets nobody in. Pure.
import type { DoorAnswer } from './post-auth.ts'

export const noAnswerWords = 'The server does not answer. Check that Vigil is running, then try again.'

export function passwordWords({ status, waitSeconds }: DoorAnswer): string {
  if (status === 429) return `Too many tries. Try again in ${waitWords(waitSeconds)}.`
  if (status >= 500) return 'The server could not check this. Nothing is wrong with your password.'
  return 'Email or password is not right.'
}

/** Codes after which the password must be given again. */
export function isOver({ code }: DoorAnswer): boolean {
  return code === 'INVALID_TWO_FACTOR_COOKIE' || code === 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE'
}

export function codeWords(answer: DoorAnswer): string {
  if (answer.code === 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE') return 'Five wrong codes. Sign in with your password again.'
  if (isOver(answer)) return 'That took too long. Sign in with your password again.'
  if (answer.status === 429)
    return `Too many wrong codes. Try again in ${waitWords(answer.waitSeconds)}, or ask an admin to reset your second factor.`
  if (answer.code === 'CODE_USED') return 'This code was used already. Wait for the next one.'
  if (answer.status >= 500) return 'The server could not check this. Nothing is wrong with your code.'
  return 'This code is not right. Codes last 30 seconds: take the one that is shown now.'
}

const notVerified = 'What the provider answered did not hold up, so nobody was let in. The server log says why.'
const startAgain =
  'This was not begun in this browser, or took too long. Start again from here; the address of this page must be the one that the provider sends you back to.'
const singleSignOn: Readonly<Record<string, string>> = {
  access_denied: 'The provider did not let you in.',
  email_not_verified: 'The provider does not vouch for your email address: it must be verified there first.',
  email_not_found: 'The provider does not tell your email address, and without one nobody knows who was invited.',
  signup_disabled: 'Nobody with your email address was invited. Ask an admin for an invitation.',
  link_in_settings:
    'Your email address has another way in here. Sign in with your password, then link the provider in Settings.',
  takes_two_people: 'While a policy of two people is on, nobody new can become responder or admin. Ask an admin.',
  email_does_not_match: 'The provider knows you by another email address than this console does.',
  account_already_linked_to_different_user: 'That account of the provider belongs to another operator here.',
  state_mismatch: startAgain,
  state_not_found: startAgain,
  unable_to_get_user_info: notVerified,
  issuer_mismatch: notVerified,
  invalid_code: notVerified,
  nonce_binding_missing: notVerified,
  no_code: notVerified,
}

/** `error`: of the address of this page, so anybody's word. It chooses among our own sentences and is never shown. */
export function singleSignOnWords(error: string): string {
  return Object.hasOwn(singleSignOn, error)
    ? (singleSignOn[error] ?? notVerified)
    : 'Single sign-on did not work, and nobody was let in. The server log says why.'
}

function waitWords(seconds = 60): string {
  if (seconds <= 90) return `${Math.max(1, Math.round(seconds))} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

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

function waitWords(seconds = 60): string {
  if (seconds <= 90) return `${Math.max(1, Math.round(seconds))} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}

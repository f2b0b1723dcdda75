// A decision whose answer never came: it may have been taken or not. What is said of it until the server's own word is on the card. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import type { ApiProblem } from '../settings/api-call.ts'

/** What is known of a decision when its answer was given up: the approval as it had been read before. */
export type Unanswered = { read: ApprovalView }

/**
 * `now`: the same approval as it was read last. Undefined where the card itself tells what became of it: it was decided, or the first of two
 * people was `me`.
 */
export function unansweredWords(
  { read }: Unanswered,
  now: ApprovalView,
  me: string | undefined,
): ApiProblem | undefined {
  if (now.decided || now.endorsedBy.some((each) => each.type === 'operator' && each.id === me)) return undefined
  // Each reading is a new object, whatever it says.
  if (now === read)
    return {
      title: 'No answer from the server',
      detail: 'Your decision may or may not have been taken. This card will show what the server recorded.',
    }
  return {
    title: 'Not decided',
    detail:
      'Your decision had no answer, and when the server was asked again it still waited. Decide again: the same decision twice counts once.',
  }
}

/** "Not decided" is said only where the server said so. */
export function refusedTitle({ title, status }: ApiProblem): string {
  return status === undefined ? title : `Not decided: ${title}`
}

/** For whoever has gone to look at something else meanwhile. `session` is where the action waits. */
export function failedElsewhere(problem: ApiProblem, session: string): ApiProblem {
  if (problem.noAnswer)
    return {
      title: 'Your decision had no answer',
      detail: `It is about ${session}, and may or may not have been taken. Approvals shows what the server recorded.`,
    }
  return { title: refusedTitle(problem), detail: `${session}: ${problem.detail}` }
}

/** A pause that goes with a denial is asked after it, and so not at all where that failed. */
export function pauseNotAsked({ noAnswer }: ApiProblem): string {
  const why = noAnswer ? 'the denial had no answer' : 'the denial was refused'
  return `The pause was not asked, because ${why}. Pause the session itself if it must stand.`
}

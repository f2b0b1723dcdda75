'use client'
// One card's decision on its way: the first of two presses, the POST, and what it said. Nothing is claimed before the server has answered.
import { useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import { z } from 'zod'
import type { ApprovalScope, ApprovalView } from '../../server/protocol/approval.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { type Armed, isSameMove, press, takesSecondPress } from './may-decide.ts'
import { failedElsewhere, pauseNotAsked, type Unanswered } from './unanswered.ts'
import type { Decision } from './use-approvals.ts'
import { useArmed } from './use-armed.ts'

export type Decide = (approval: string, decision: Decision) => Promise<ApiProblem | undefined>
export type Allow = { deed: 'approve'; scope: ApprovalScope } | { deed: 'edit'; input: unknown; draft: string }

/** `words`: what else came of it, besides what the card itself tells. */
export type After = { words: string; failed: boolean }

const pauseWithinMs = 8_000
const Asked = z.union([z.object({ id: z.string() }), z.object({ proposal: z.string() })])

/** `comesByItself`: the card may come under a hand that is about something else, so for a moment it takes no denial either. */
export function useDecision(approval: ApprovalView, decide: Decide, comesByItself = false) {
  const { approval: id, digest, session } = approval
  const { armed, setArmed, shownForMs } = useArmed<Armed & { allow: Allow }>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const [unanswered, setUnanswered] = useState<Unanswered>()
  const [after, setAfter] = useState<After>()
  const sending = useRef(false)
  const newest = useRef(approval)
  const isHere = useRef(false)
  useEffect(() => {
    newest.current = approval
  }, [approval])
  useEffect(() => {
    isHere.current = true
    return () => {
      isHere.current = false
    }
  }, [])

  const send = async (decision: Omit<Decision, 'digest'>, then?: Then) => {
    // Two presses in one frame are one decision.
    if (sending.current) return
    sending.current = true
    setBusy(true)
    setArmed(undefined)
    setProblem(undefined)
    setUnanswered(undefined)
    setAfter(undefined)
    const refused = await decide(id, { ...decision, digest })
    if (refused?.noAnswer) setUnanswered({ read: newest.current })
    else setProblem(refused)
    if (refused && !isHere.current) tellElsewhere(failedElsewhere(refused, session))
    const came = refused ? then?.failed(refused) : await then?.went()
    setAfter(came)
    if (came?.failed && !isHere.current) tellElsewhere({ title: `About ${session}`, detail: came.words })
    sending.current = false
    setBusy(false)
  }
  const words = (reason: string) => (reason.trim() === '' ? {} : { reason: reason.trim() })

  return {
    /** The deed whose first press counts at this moment. */
    armed: armed?.allow,
    busy,
    problem,
    /** Its answer never came; see `unansweredWords`. */
    unanswered,
    after,
    disarm: () => setArmed(undefined),
    allow(allow: Allow, reason: string) {
      const what = allow.deed === 'edit' ? `edit ${allow.draft}` : `approve ${allow.scope}`
      const nowMs = Date.now()
      const found = press(armed, `${id} ${digest} ${what}`, takesSecondPress(approval), nowMs, shownForMs(nowMs))
      if (found.does === 'arm') setArmed({ ...found.armed, allow })
      if (found.does !== 'act') return
      if (allow.deed === 'edit') void send({ decision: 'edit', input: allow.input, ...words(reason) })
      else void send({ decision: 'approve', scope: allow.scope, ...words(reason) })
    },
    deny(reason: string) {
      if (comesByItself && isSameMove(shownForMs(Date.now()))) return
      void send({ decision: 'deny', ...words(reason) })
    },
    denyAndPause(reason: string) {
      if (comesByItself && isSameMove(shownForMs(Date.now()))) return
      void send(
        { decision: 'deny', ...words(reason) },
        {
          went: () => pause(session, reason.trim() || 'an action was denied'),
          failed: (refused) => ({ failed: true, words: pauseNotAsked(refused) }),
        },
      )
    },
  }
}

/** What is done after the decision, and what is said where that failed. */
type Then = { went: () => Promise<After>; failed: (refused: ApiProblem) => After }

/** The card is not on screen any more: what failed is told all the same. */
function tellElsewhere({ title, detail }: ApiProblem): void {
  toast.error(title, { description: detail, duration: 12_000 })
}

/** Asked, never claimed: whether it is paused is told by its row, after the host's reading. */
async function pause(session: string, reason: string): Promise<After> {
  const path = `/api/sessions/${encodeURIComponent(session)}/controls`
  const { value, problem } = await apiCall('POST', path, Asked, { action: 'pause', reason }, pauseWithinMs)
  if (problem?.noAnswer)
    return { failed: true, words: 'Denied, but the pause had no answer: its session tells whether it was asked.' }
  if (problem)
    return { failed: true, words: `Denied, but the pause was not asked: ${problem.title}: ${problem.detail}` }
  if ('proposal' in value) return { failed: false, words: 'Denied. The pause waits for a second person.' }
  return { failed: false, words: 'Denied. The pause is asked: its session tells when the host has read it.' }
}

'use client'
// What waits and what was decided, as the server last told it. The list is asked for when the page opens, when the connection is back, and
// when something changed that no frame told; what a frame tells is there at once.
import { useCallback, useEffect, useMemo, useState } from 'react'
import { z } from 'zod'
import { type ApprovalDecisionRequest, ApprovalView } from '../../server/protocol/approval.ts'
import { useToldApprovals } from '../live/live-context.tsx'
import { withNewer, withTold } from '../live/newer-approvals.ts'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useReplay } from '../replay/replay-context.tsx'
import { apiCall } from '../settings/api-call.ts'
import { useListed } from '../settings/use-listed.ts'
import { whyUnheard } from './approval-words.ts'

const Listed = z.object({ atMs: z.number(), approvals: z.array(ApprovalView) })
/** In case a mark was missed. */
const againMs = 30_000
/** Answers to decisions of this page, kept until the list has them; as many as may wait at once. */
const answersMax = 1_000
/** A server that hangs takes the decision and never says so: the card must not wait for it without end. */
const decisionWithinMs = 8_000

export type Decision = z.input<typeof ApprovalDecisionRequest> & { digest: string }

/** Of one session, or of all. `may` false: nothing is asked, what is known stays. */
export function useApprovals(session?: string, may = true) {
  const lookedAtMs = useReplay()?.lookedAtMs
  const at = lookedAtMs === undefined ? '' : `at=${lookedAtMs}`
  const of = session === undefined ? '' : `session=${encodeURIComponent(session)}`
  const asked = [of, at].filter(Boolean).join('&')
  const path = asked === '' ? '/api/approvals' : `/api/approvals?${asked}`
  const { value, problem, again } = useListed(path, Listed, may, againMs)
  const { told, untold } = useToldApprovals()
  const unheard = whyUnheard(useStaleness())
  const [answers, setAnswers] = useState<readonly ApprovalView[]>([])
  const isHeard = unheard === undefined
  useEffect(() => {
    if (may && untold > 0 && isHeard) void again()
  }, [may, untold, isHeard, again])
  const approvals = useMemo(() => {
    const own = session === undefined ? told : told.filter((each) => each.session === session)
    return value && withNewer(withTold(value, own), answers)
  }, [value, told, answers, session])
  const decide = useCallback(
    async (approval: string, decision: Decision) => {
      const path = `/api/approvals/${encodeURIComponent(approval)}/decision`
      const { value: answer, problem: refused } = await apiCall('POST', path, ApprovalView, decision, decisionWithinMs)
      if (answer) setAnswers((now) => [...now, answer].slice(-answersMax))
      // Refused, most often because somebody was quicker, or not answered: what became of it is to be seen at once.
      else void again()
      return refused
    },
    [again],
  )
  return { approvals, problem, again, decide, unheard }
}

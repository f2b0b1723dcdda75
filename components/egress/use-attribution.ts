'use client'
// The conclusion behind a tie: the `attribution.made` in the session's own log that says from what, and how sure.
import { useCallback, useEffect, useState } from 'react'
import { z } from 'zod'
import { EventView } from '../../server/protocol/browser-messages.ts'
import type { TieView } from '../../server/protocol/signal-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { type ApiAnswer, type ApiProblem, apiCall } from '../settings/api-call.ts'

const Page = z.object({ events: z.array(EventView), nextAfter: z.number().nullable() })
const perPage = 500
const pagesMax = 6

export type Attribution = { event?: EventView | undefined; problem?: ApiProblem | undefined; asking: boolean }

/** `factSeq`: the conclusion stands after the fact in the log, mostly soon. Undefined `tie`: nothing is asked. */
export function useAttribution(tie: TieView | undefined, factSeq: number): Attribution & { again: () => void } {
  const [found, setFound] = useState<{ of: string; event?: EventView; problem?: ApiProblem }>()
  const [times, setTimes] = useState(0)
  const session = tie?.session
  const id = tie?.event
  const until = usePastAt()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `times` asks once more
  useEffect(() => {
    if (session === undefined || id === undefined) return
    let wanted = true
    void findAttribution(session, id, factSeq, until).then((answer) => wanted && setFound({ of: id, ...answer }))
    return () => {
      wanted = false
    }
  }, [session, id, factSeq, until, times])
  const again = useCallback(() => setTimes((before) => before + 1), [])
  if (id === undefined) return { asking: false, again }
  return found?.of === id
    ? { event: found.event, problem: found.problem, asking: false, again }
    : { asking: true, again }
}

async function findAttribution(
  session: string,
  id: string,
  factSeq: number,
  until: number | undefined,
): Promise<{ event?: EventView; problem?: ApiProblem }> {
  const path = `/api/sessions/${encodeURIComponent(session)}/events?kinds=attribution.made&limit=${perPage}${until === undefined ? '' : `&until=${until}`}`
  let after: number | null = factSeq
  // The last look is among the newest, wherever the fact stood.
  for (let page = 0; page <= pagesMax; page += 1) {
    const fromStart: boolean = after !== null && page < pagesMax
    const answer: ApiAnswer<z.infer<typeof Page>> = await apiCall(
      'GET',
      fromStart ? `${path}&after=${after}` : path,
      Page,
    )
    if (answer.problem) return { problem: answer.problem }
    const event = answer.value.events.find((each) => each.id === id)
    if (event) return { event }
    if (!fromStart) break
    after = answer.value.nextAfter
  }
  const detail = 'It is in the log of the session.'
  return { problem: { title: 'The conclusion is not among the newest of its session', detail } }
}

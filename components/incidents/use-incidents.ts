'use client'
// Incidents as the server last told them: asked for when the page opens, and again whenever a frame says that something changed.
import { useCallback, useEffect, useState } from 'react'
import { IncidentDetail, type IncidentId, IncidentList } from '../../server/protocol/incident.ts'
import { useFleet } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { useListed } from '../settings/use-listed.ts'

/** In case a mark was missed, and because an acknowledgement lapses without a fact. */
const againMs = 15_000

export function useAgainOnMark(again: () => Promise<void>): void {
  const mark = useFleet()?.incidents.mark
  useEffect(() => {
    if (mark !== undefined) void again()
  }, [mark, again])
}

export function useIncidents(session?: string) {
  const path =
    session === undefined ? '/api/incidents?limit=1000' : `/api/incidents?${new URLSearchParams({ session })}`
  const at = usePastAt()
  const { value, problem, again } = useListed(
    asOf(path, at),
    IncidentList,
    true,
    at === undefined ? againMs : pastAgainMs,
  )
  useAgainOnMark(again)
  return { value, problem, again }
}

export function useIncident(id: IncidentId) {
  const path = `/api/incidents/${encodeURIComponent(id)}`
  const at = usePastAt()
  const { value, problem, again } = useListed(
    asOf(path, at),
    IncidentDetail,
    true,
    at === undefined ? againMs : pastAgainMs,
  )
  const [answered, setAnswered] = useState<IncidentDetail>()
  const [busy, setBusy] = useState(false)
  useAgainOnMark(again)
  const change = useCallback(
    async (wish: object): Promise<{ about?: IncidentDetail; problem?: ApiProblem }> => {
      setBusy(true)
      const answer = await apiCall('POST', `${path}/changes`, IncidentDetail, wish)
      setBusy(false)
      if (answer.value?.incident === id) setAnswered(answer.value)
      else void again()
      return answer.value ? { about: answer.value } : { problem: answer.problem }
    },
    [path, id, again],
  )
  // The answer to a deed is there before the list was asked again.
  const incident = answered && (!value || answered.seq > value.seq) ? answered : value
  return { incident, problem, again, change, busy }
}
export type ChangeIncident = ReturnType<typeof useIncident>['change']

'use client'
// The document as the server last made it, and the saving of a section. Asked again when the incident changed, and now and then for late facts.
import { useCallback } from 'react'
import { IncidentDetail, type IncidentId } from '../../server/protocol/incident.ts'
import { Postmortem } from '../../server/protocol/postmortem.ts'
import type { PostmortemSection } from '../../server/protocol/postmortem-section.ts'
import { useAgainOnMark } from '../incidents/use-incidents.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { useListed } from '../settings/use-listed.ts'

const againMs = 30_000

export type SaveSection = (section: PostmortemSection, text: string, basedOn: number) => Promise<ApiProblem | undefined>

export function usePostmortem(id: IncidentId) {
  const path = `/api/incidents/${encodeURIComponent(id)}`
  const at = usePastAt()
  const { value, problem, again } = useListed(asOf(`${path}/postmortem`, at), Postmortem, true, againMs)
  useAgainOnMark(again)
  const save: SaveSection = useCallback(
    async (section, text, basedOn) => {
      const wish = { type: 'write', section, text, basedOn }
      const answer = await apiCall('POST', `${path}/changes`, IncidentDetail, wish)
      // What stands now is what comes back, after a refusal too.
      await again()
      return answer.problem
    },
    [path, again],
  )
  return { value, problem, again, save }
}

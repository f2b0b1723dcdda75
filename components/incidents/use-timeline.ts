'use client'
// What happened around an incident: read when the page opens, and now and then while it is not over.
import type { IncidentId } from '../../server/protocol/incident.ts'
import { IncidentTimeline } from '../../server/protocol/incident-timeline.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { useListed } from '../settings/use-listed.ts'

const againMs = 10_000
const overMs = 300_000

export function useTimeline(id: IncidentId, isOver: boolean) {
  const at = usePastAt()
  return useListed(
    asOf(`/api/incidents/${encodeURIComponent(id)}/timeline`, at),
    IncidentTimeline,
    true,
    at !== undefined || isOver ? overMs : againMs,
  )
}

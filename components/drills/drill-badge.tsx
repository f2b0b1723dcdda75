'use client'
// The mark of a rehearsal, beside the agent's name: only where the server knows the session as one.
import { useIsDrill } from './drill-sessions.ts'

export function DrillBadge({ session }: { session: string }) {
  if (!useIsDrill(session)) return null
  return (
    <span
      title="A rehearsal: started by Vigil, on far ends of its own"
      className="mr-1.5 inline-block shrink-0 rounded-sm border border-info/50 px-1 text-xs font-medium text-info"
    >
      Drill
    </span>
  )
}

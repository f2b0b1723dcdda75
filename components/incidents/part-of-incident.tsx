'use client'
// On the page of a session: which incidents it is a part of. Nothing where it is in none.
import { Siren } from 'lucide-react'
import Link from 'next/link'
import { HostileText } from '../ui/hostile-text.tsx'
import { DrillBadge, StatusMark } from './incident-marks.tsx'
import { incidentPath } from './incident-words.ts'
import { useIncidents } from './use-incidents.ts'

const shownMax = 3

export function PartOfIncident({ session }: { session: string }) {
  const all = useIncidents(session).value?.incidents ?? []
  return all.slice(0, shownMax).map(({ incident, title, status, isDrill }) => (
    <p key={incident} className="mt-1 flex min-w-0 flex-wrap items-center gap-x-2 gap-y-0.5 text-sm">
      <Siren aria-hidden className="size-3.5 shrink-0 text-muted" />
      <Link href={incidentPath(incident)} prefetch={false} className="shrink-0 text-info hover:underline">
        Part of {incident}
      </Link>
      <HostileText text={title} max={240} className="min-w-0 truncate text-muted" />
      <StatusMark status={status} />
      {isDrill && <DrillBadge />}
    </p>
  ))
}

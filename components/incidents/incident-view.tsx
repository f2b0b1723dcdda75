'use client'
// One incident: what it is, what can be done, what happened on one axis of time, and the log of it.
import { Hourglass, SearchX } from 'lucide-react'
import Link from 'next/link'
import { useEffect, useState } from 'react'
import type { IncidentId } from '../../server/protocol/incident.ts'
import { LiftButton } from '../containment/lift-button.tsx'
import { StandingName, StandingParts } from '../containment/standing-line.tsx'
import { useWhyNotControl } from '../containment/use-role.ts'
import { useFleet, useWatch } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { useNow } from '../live/use-now.ts'
import { useIsReplay } from '../replay/replay-context.tsx'
import { NothingYet } from '../settings/asked.tsx'
import { useActsOff } from '../ui/act-button.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { Notice } from '../ui/notice.tsx'
import { IncidentDeeds } from './incident-deeds.tsx'
import { IncidentHeader } from './incident-header.tsx'
import { IncidentLog } from './incident-log.tsx'
import { NoteBox } from './note-box.tsx'
import { Timeline } from './timeline.tsx'
import { useIncident } from './use-incidents.ts'

const goneWhy = 'It was over long ago: it is shown as the log has it, and nothing of it can be changed.'

export function IncidentView({ id }: { id: IncidentId }) {
  useWatch({ view: 'live' })
  const { stale } = useStaleness()
  const now = useNow(1_000)
  const whyNotControl = useWhyNotControl()
  const notYours = useActsOff() ?? whyNotControl
  const why = notYours ?? (stale ? 'The server is not heard: what is done now would not reach it.' : undefined)
  const { incident, problem, again, change, busy } = useIncident(id)
  const isGone = incident?.asLastKnownAtMs === undefined ? undefined : goneWhy
  const [asked, setAsked] = useState<string>()
  const containments = useFleet()?.containments
  // How many are held changes with the receipts of what was asked, before anything of the incident itself does.
  const held = containments?.map((each) => `${each.containment} ${each.enforced} ${each.open}`).join()
  useEffect(() => {
    if (held !== undefined) void again()
  }, [held, again])
  if (!incident) {
    if (problem?.status === 404) return <NoIncident id={id} />
    return <NothingYet what="what happened" problem={problem} again={again} />
  }
  return (
    <div data-stale={stale} className="flex min-h-0 flex-1 flex-col max-lg:overflow-y-auto">
      <IncidentHeader incident={incident} nowMs={now}>
        <IncidentDeeds incident={incident} why={isGone ?? why} busy={busy} change={change} onContained={setAsked} />
      </IncidentHeader>
      {incident.asLastKnownAtMs !== undefined && (
        <p className="shrink-0 border-b px-5 py-1.5 text-sm text-muted max-md:px-3">
          It was over long ago and has left memory: this is how the log had it on{' '}
          {dateTimeText(incident.asLastKnownAtMs)}, when it was last changed.
        </p>
      )}
      {asked !== undefined && <Asked containment={asked} />}
      <div className="flex min-h-0 flex-1 max-lg:flex-none max-lg:flex-col">
        <section aria-label="What happened" className="flex min-h-0 min-w-0 flex-1 flex-col">
          <Timeline incident={incident} />
        </section>
        <aside
          aria-label="Log of the incident"
          className="flex w-[360px] shrink-0 flex-col border-l max-xl:w-[320px] max-lg:w-full max-lg:border-t max-lg:border-l-0"
        >
          <h2 className="shrink-0 border-b px-4 py-2.5 font-semibold max-md:px-3">Log</h2>
          <IncidentLog incident={incident} nowMs={now} />
          {/* A draft goes on while the connection is away; what could not be sent is said. */}
          <NoteBox id={id} why={isGone ?? notYours} change={change} />
        </aside>
      </div>
    </div>
  )
}

/** What became of the containment that was asked for here, in the server's own numbers, with the way back. */
function Asked({ containment }: { containment: string }) {
  const view = useFleet()?.containments.find((each) => each.containment === containment)
  if (view?.liftedAtMs !== undefined) return null
  return (
    <section
      aria-label="Containment of its sessions"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b bg-raised px-5 py-2 max-md:px-3"
    >
      {view ? (
        <>
          <StandingName view={view} named={2} />
          <StandingParts view={view} />
          <LiftButton view={view} className="max-md:h-11" />
        </>
      ) : (
        <span className="flex items-center gap-2 text-warn">
          <Hourglass aria-hidden className="size-4" /> Asked, not confirmed
        </span>
      )}
    </section>
  )
}

function NoIncident({ id }: { id: string }) {
  const isPast = useIsReplay()
  return (
    <Notice
      icon={<SearchX aria-hidden />}
      title={isPast ? `${id} was not there at this moment` : `${id} is not kept here`}
    >
      <p>
        {isPast
          ? 'It formed later, or had been resolved so long before that only the log has it.'
          : 'It was never opened, or was resolved so long ago that only the log has it.'}
      </p>
      <Link href="/incidents" className="mt-3 inline-block text-info underline">
        Back to Incidents
      </Link>
    </Notice>
  )
}

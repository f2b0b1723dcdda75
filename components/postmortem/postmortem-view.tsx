'use client'
// The postmortem of one incident: a document to read, to write in, to print and to take along.
import { ArrowLeft, Download, Printer, SearchX } from 'lucide-react'
import Link from 'next/link'
import type { IncidentId } from '../../server/protocol/incident.ts'
import { useWhyNotControl } from '../containment/use-role.ts'
import { incidentPath } from '../incidents/incident-words.ts'
import { useWatch } from '../live/live-context.tsx'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { AskAgain, NothingYet } from '../settings/asked.tsx'
import { useActsOff } from '../ui/act-button.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Document } from './document.tsx'
import { headings } from './headings.ts'
import { usePostmortem } from './use-postmortem.ts'

export function PostmortemView({ id }: { id: IncidentId }) {
  useWatch({ view: 'live' })
  const whyNotControl = useWhyNotControl()
  const why = useActsOff() ?? whyNotControl
  const { value, problem, again, save } = usePostmortem(id)
  if (!value) {
    if (problem?.status === 404) return <NoIncident id={id} />
    return <NothingYet what="what the facts say" problem={problem} again={again} />
  }
  return (
    <div className="paper flex min-h-0 flex-1 flex-col max-md:overflow-y-auto print:block print:overflow-visible">
      <Tools id={id} />
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label="Postmortem"
        className="min-h-0 flex-1 overflow-y-auto px-5 outline-offset-[-2px] max-md:flex-none max-md:overflow-visible max-md:px-3 print:overflow-visible print:p-0"
      >
        <AskAgain problem={problem} again={again} className="print:hidden" />
        <div className="mx-auto grid max-w-[1080px] grid-cols-[minmax(0,1fr)_160px] gap-8 pt-5 max-lg:grid-cols-1 print:block print:max-w-none print:pt-0">
          <Document of={value} why={why} save={save} />
          <Contents />
        </div>
      </section>
    </div>
  )
}

function Tools({ id }: { id: IncidentId }) {
  const api = `/api/incidents/${encodeURIComponent(id)}`
  const at = usePastAt()
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b px-5 py-2 max-md:px-3 print:hidden">
      <LinkButton href={incidentPath(id)} look="quiet">
        <ArrowLeft aria-hidden /> The incident
      </LinkButton>
      <div className="ml-auto flex flex-wrap gap-2 max-md:ml-0">
        <File name="Markdown" href={asOf(`${api}/postmortem.md`, at)} />
        <File name="Timeline CSV" href={asOf(`${api}/timeline.csv`, at)} />
        <File name="Timeline JSON" href={asOf(`${api}/timeline`, at)} as={`${id}-timeline.json`} />
        <Button look="primary" className="max-md:h-11" onClick={() => window.print()}>
          <Printer aria-hidden /> Print or save as PDF
        </Button>
      </div>
    </div>
  )
}

/** `as`: its name, where the answer itself gives none. */
function File({ name, href, as }: { name: string; href: string; as?: string }) {
  return (
    <a href={href} download={as ?? true} className={`${buttonClass({ look: 'control' })} max-md:h-11`}>
      <Download aria-hidden /> {name}
    </a>
  )
}

function Contents() {
  return (
    <nav aria-label="On this page" className="text-sm max-lg:hidden print:hidden">
      <ol className="sticky top-5 grid gap-1 border-l pl-3">
        {Object.entries(headings).map(([id, name]) => (
          <li key={id}>
            <a href={`#${id}`} className="text-muted hover:text-ink">
              {name}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function NoIncident({ id }: { id: string }) {
  return (
    <Notice icon={<SearchX aria-hidden />} title={`${id} is not kept here`}>
      <p>It was never opened, or was resolved so long ago that only the log has it.</p>
      <Link href="/incidents" className="mt-3 inline-block text-info underline">
        Back to Incidents
      </Link>
    </Notice>
  )
}

// One incident: what happened, and what people did about it.
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { IncidentView } from '../../../../components/incidents/incident-view.tsx'
import { incidentOfSegment } from '../../../../components/incidents/incident-words.ts'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

type Props = { params: Promise<{ id: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: incidentOfSegment((await params).id) ?? 'Incident' }
}

export default async function Page({ params }: Props) {
  const id = incidentOfSegment((await params).id)
  if (id === undefined) notFound()
  return (
    <>
      <TopBar title={<span className="font-mono">{id}</span>} />
      <main className="flex min-h-0 flex-1 flex-col">
        <IncidentView key={id} id={id} />
      </main>
    </>
  )
}

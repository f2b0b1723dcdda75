// One incident: what happened, and what people did about it.
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { IncidentView } from '../../../../components/incidents/incident-view.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'
import { IncidentId } from '../../../../server/protocol/incident.ts'

type Props = { params: Promise<{ id: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: IncidentId.safeParse((await params).id).data ?? 'Incident' }
}

export default async function Page({ params }: Props) {
  const id = IncidentId.safeParse((await params).id).data
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

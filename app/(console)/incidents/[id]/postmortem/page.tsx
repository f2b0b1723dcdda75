// The postmortem of one incident: what the facts say, and what people wrote beside them.
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { incidentOfSegment } from '../../../../../components/incidents/incident-words.ts'
import { PostmortemView } from '../../../../../components/postmortem/postmortem-view.tsx'
import { TopBar } from '../../../../../components/shell/top-bar.tsx'

type Props = { params: Promise<{ id: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  // The name that a browser gives to the file when it is saved as PDF.
  const id = incidentOfSegment((await params).id)
  return { title: id === undefined ? 'Postmortem' : `${id} postmortem` }
}

export default async function Page({ params }: Props) {
  const id = incidentOfSegment((await params).id)
  if (id === undefined) notFound()
  return (
    <>
      <TopBar
        title={
          <>
            <span className="font-mono">{id}</span> postmortem
          </>
        }
      />
      <main className="flex min-h-0 flex-1 flex-col print:block">
        <PostmortemView key={id} id={id} />
      </main>
    </>
  )
}

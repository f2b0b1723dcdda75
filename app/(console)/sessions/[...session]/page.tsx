// One session. Ids may hold slashes, hence the catch-all.
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { SessionView } from '../../../../components/session/session-view.tsx'
import { sessionOfSegments } from '../../../../components/sessions/session-path.ts'
import { TopBar } from '../../../../components/shell/top-bar.tsx'
import { visibleText } from '../../../../components/ui/visible-text.ts'

type Props = { params: Promise<{ session: string[] }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: visibleText(sessionOfSegments((await params).session) ?? 'Session', { max: 128 }) }
}

export default async function Page({ params }: Props) {
  const session = sessionOfSegments((await params).session)
  if (session === undefined) notFound()
  return (
    <>
      <TopBar title={<span className="font-mono">{visibleText(session, { max: 128 })}</span>} />
      <main className="flex min-h-0 flex-1 flex-col">
        <SessionView session={session} />
      </main>
    </>
  )
}

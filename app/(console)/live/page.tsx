// Every session, live.
import type { Metadata } from 'next'
import { LiveView } from '../../../components/sessions/live-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Live' }

export default function Page() {
  return (
    <>
      <TopBar title="Live" />
      <main className="flex min-h-0 flex-1 flex-col">
        <LiveView />
      </main>
    </>
  )
}

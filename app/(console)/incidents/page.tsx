// What belongs together, and what is done about it.
import type { Metadata } from 'next'
import { IncidentsView } from '../../../components/incidents/incidents-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Incidents' }

export default function Page() {
  return (
    <>
      <TopBar title="Incidents" />
      <main className="flex min-h-0 flex-1 flex-col">
        <IncidentsView />
      </main>
    </>
  )
}

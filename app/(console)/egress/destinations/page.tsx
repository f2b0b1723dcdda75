// Where sessions connected to, new destinations first.
import type { Metadata } from 'next'
import { DestinationsView } from '../../../../components/egress/destinations-view.tsx'
import { EgressNav } from '../../../../components/egress/egress-nav.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Destinations' }

export default function Page() {
  return (
    <>
      <TopBar title="Egress" />
      <main className="flex min-h-0 flex-1 flex-col">
        <EgressNav at="destinations" />
        <DestinationsView />
      </main>
    </>
  )
}

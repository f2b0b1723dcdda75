// One destination. Its key holds an address, hence a parameter and no part of the path.
import type { Metadata } from 'next'
import { DestinationPageView } from '../../../../components/egress/destination-page.tsx'
import { EgressNav } from '../../../../components/egress/egress-nav.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Destination' }

export default function Page() {
  return (
    <>
      <TopBar title="Egress" />
      <main className="flex min-h-0 flex-1 flex-col">
        <EgressNav at="destinations" />
        <DestinationPageView />
      </main>
    </>
  )
}

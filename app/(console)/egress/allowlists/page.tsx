// What is expected, and who said so.
import type { Metadata } from 'next'
import { AllowlistsView } from '../../../../components/egress/allowlists-view.tsx'
import { EgressNav } from '../../../../components/egress/egress-nav.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Allowlists' }

export default function Page() {
  return (
    <>
      <TopBar title="Egress" />
      <main className="flex min-h-0 flex-1 flex-col">
        <EgressNav at="allowlists" />
        <AllowlistsView />
      </main>
    </>
  )
}

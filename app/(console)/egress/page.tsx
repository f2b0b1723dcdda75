// What left the machines, as firewalls, monitors and hosts saw it, and which call of which session caused it.
import type { Metadata } from 'next'
import { EgressNav } from '../../../components/egress/egress-nav.tsx'
import { EgressView } from '../../../components/egress/egress-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Egress' }

export default function Page() {
  return (
    <>
      <TopBar title="Egress" />
      <main className="flex min-h-0 flex-1 flex-col">
        <EgressNav at="signals" />
        <EgressView />
      </main>
    </>
  )
}

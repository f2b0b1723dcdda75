// What stands over many sessions at once, and what was lifted.
import type { Metadata } from 'next'
import { ContainmentsView } from '../../../components/containment/containments-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Containments' }

export default function Page() {
  return (
    <>
      <TopBar title="Containments" />
      <main className="flex min-h-0 flex-1 flex-col">
        <ContainmentsView />
      </main>
    </>
  )
}

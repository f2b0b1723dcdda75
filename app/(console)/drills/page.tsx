// Where incidents are rehearsed.
import type { Metadata } from 'next'
import { DrillsView } from '../../../components/drills/drills-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Drills' }

export default function Page() {
  return (
    <>
      <TopBar title="Drills" />
      <main className="flex min-h-0 flex-1 flex-col">
        <DrillsView />
      </main>
    </>
  )
}

// Through which doors facts come in, and what was refused there.
import type { Metadata } from 'next'
import { TopBar } from '../../../components/shell/top-bar.tsx'
import { SourcesView } from '../../../components/sources/sources-view.tsx'

export const metadata: Metadata = { title: 'Sources' }

export default function Page() {
  return (
    <>
      <TopBar title="Sources" />
      <main className="flex min-h-0 flex-1 flex-col">
        <SourcesView />
      </main>
    </>
  )
}

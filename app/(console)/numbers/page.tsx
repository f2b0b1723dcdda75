// How long things took, what fired and how often that was right.
import type { Metadata } from 'next'
import { NumbersView } from '../../../components/numbers/numbers-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Numbers' }

export default function Page() {
  return (
    <>
      <TopBar title="Numbers over time" />
      <main className="flex min-h-0 flex-1 flex-col">
        <NumbersView />
      </main>
    </>
  )
}

// A moment of the past is chosen here; then the whole console shows it.
import type { Metadata } from 'next'
import { ReplayRoom } from '../../../components/replay/replay-room.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Replay' }

export default function Page() {
  return (
    <>
      <TopBar title="Replay" />
      <main className="flex min-h-0 flex-1 flex-col">
        <ReplayRoom />
      </main>
    </>
  )
}

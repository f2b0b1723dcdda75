// How the server itself is doing.
import type { Metadata } from 'next'
import { TopBar } from '../../../../components/shell/top-bar.tsx'
import { SelfView } from '../../../../components/sources/self-view.tsx'

export const metadata: Metadata = { title: 'This server' }

export default function Page() {
  return (
    <>
      <TopBar title="This server" />
      <main className="flex min-h-0 flex-1 flex-col">
        <SelfView />
      </main>
    </>
  )
}

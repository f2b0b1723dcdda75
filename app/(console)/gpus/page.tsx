// Who uses each GPU beside who should, and what off-task use took.
import type { Metadata } from 'next'
import { GpusView } from '../../../components/gpus/gpus-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'GPUs' }

export default function Page() {
  return (
    <>
      <TopBar title="GPUs" />
      <main className="flex min-h-0 flex-1 flex-col">
        <GpusView />
      </main>
    </>
  )
}

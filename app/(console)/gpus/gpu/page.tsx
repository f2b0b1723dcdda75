// One GPU. Its host and name are free text, hence parameters and no part of the path.
import type { Metadata } from 'next'
import { GpuPage } from '../../../../components/gpus/gpu-page.tsx'
import { GpuRoomTitle } from '../../../../components/gpus/gpu-room-title.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'GPU' }

export default function Page() {
  return (
    <>
      <TopBar title={<GpuRoomTitle />} />
      <main className="flex min-h-0 flex-1 flex-col">
        <GpuPage />
      </main>
    </>
  )
}

// The text of a rule or of the context. Its name holds slashes, hence a parameter and no part of the path.
import type { Metadata } from 'next'
import { EditorPage } from '../../../../components/rule-editor/editor-page.tsx'
import { RoomTitle } from '../../../../components/rules/room-title.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Rule text' }

export default function Page() {
  return (
    <>
      <TopBar title={<RoomTitle />} />
      <main className="flex min-h-0 flex-1 flex-col">
        <EditorPage />
      </main>
    </>
  )
}

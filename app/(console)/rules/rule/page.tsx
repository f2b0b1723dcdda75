// One rule. Its id is free text, hence a parameter and no part of the path.
import type { Metadata } from 'next'
import { RoomTitle } from '../../../../components/rules/room-title.tsx'
import { RulePage } from '../../../../components/rules/rule-page.tsx'
import { TopBar } from '../../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Rule' }

export default function Page() {
  return (
    <>
      <TopBar title={<RoomTitle />} />
      <main className="flex min-h-0 flex-1 flex-col">
        <RulePage />
      </main>
    </>
  )
}

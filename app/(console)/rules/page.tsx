// What detection looks for, how often it was seen, and which rules do not run.
import type { Metadata } from 'next'
import { RulesView } from '../../../components/rules/rules-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Rules' }

export default function Page() {
  return (
    <>
      <TopBar title="Rules" />
      <main className="flex min-h-0 flex-1 flex-col">
        <RulesView />
      </main>
    </>
  )
}

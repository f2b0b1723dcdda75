// What an agent asked to do and may not do before a person has decided.
import type { Metadata } from 'next'
import { ApprovalsView } from '../../../components/approvals/approvals-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Approvals' }

export default function Page() {
  return (
    <>
      <TopBar title="Approvals" />
      <main className="flex min-h-0 flex-1 flex-col">
        <ApprovalsView />
      </main>
    </>
  )
}

// Who did what, and whether the record of it is whole.
import type { Metadata } from 'next'
import { AuditView } from '../../../components/audit/audit-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Audit' }

export default function Page() {
  return (
    <>
      <TopBar title="Audit" />
      <main className="flex min-h-0 flex-1 flex-col">
        <AuditView />
      </main>
    </>
  )
}

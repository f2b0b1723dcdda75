// Who may do what, where else things are enforced, and who the operators are.
import type { Metadata } from 'next'
import { SettingsView } from '../../../components/settings/settings-view.tsx'
import { TopBar } from '../../../components/shell/top-bar.tsx'

export const metadata: Metadata = { title: 'Settings' }

export default function Page() {
  return (
    <>
      <TopBar title="Settings" />
      <main className="flex min-h-0 flex-1 flex-col">
        <SettingsView />
      </main>
    </>
  )
}

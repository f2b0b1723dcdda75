// The frame of the pages outside the console.
import { Eye } from 'lucide-react'
import type { ReactNode } from 'react'

export function AuthCard({ title, says, children }: { title: string; says: string; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <div className="w-full max-w-[360px]">
        <div aria-hidden className="mb-5 flex size-10 items-center justify-center rounded-lg bg-ink text-canvas">
          <Eye className="size-5" />
        </div>
        <h1 className="text-xl font-semibold">{title}</h1>
        <p className="mt-1 mb-6 text-pretty text-muted">{says}</p>
        {children}
      </div>
    </main>
  )
}

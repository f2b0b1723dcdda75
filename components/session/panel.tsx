// A titled section of the right rail.
import type { ReactNode } from 'react'

export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="border-b">
      <div className="flex h-9 items-baseline gap-2 px-4 pt-2.5">
        <h2 className="font-medium">{title}</h2>
        {aside && <span className="truncate text-xs text-muted">{aside}</span>}
      </div>
      <div className="px-4 pb-3">{children}</div>
    </section>
  )
}

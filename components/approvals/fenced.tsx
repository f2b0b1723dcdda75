// A fence around what the agent wrote, with the badge that says so. Nothing inside is Vigil's word.
import { Quote } from 'lucide-react'
import type { ReactNode } from 'react'

export function Fenced({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="overflow-hidden rounded-lg border bg-panel">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5 border-b px-4 py-2 text-sm text-muted max-md:px-3">
        <h3>{title}</h3>
        <span className="inline-flex items-center gap-1 text-warn">
          <Quote aria-hidden className="size-3" />
          written by the agent
        </span>
        <span className="ml-auto font-mono text-xs">{aside}</span>
      </div>
      {children}
    </section>
  )
}

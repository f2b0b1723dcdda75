// An empty place that says why it is empty and what to do about it.
import type { ReactNode } from 'react'

export function Notice({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-lg flex-col items-center gap-2 px-6 py-16 text-center [&>svg]:size-5 [&>svg]:text-faint">
      {icon}
      <h2 className="font-medium text-ink">{title}</h2>
      <div className="text-pretty text-muted">{children}</div>
    </div>
  )
}

/** A command to copy by hand, exactly as it must be typed. */
export function CommandLine({ children }: { children: string }) {
  return (
    <code className="mt-2 block select-all overflow-x-auto rounded-md border border-line-strong bg-raised px-3 py-2 text-left font-mono text-sm text-ink">
      {children}
    </code>
  )
}

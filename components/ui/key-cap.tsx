// A key as it is named in help and beside buttons.
import type { ReactNode } from 'react'

export function KeyCap({ children }: { children: ReactNode }) {
  return <kbd className="rounded-sm border border-line px-1 font-mono text-2xs text-muted">{children}</kbd>
}

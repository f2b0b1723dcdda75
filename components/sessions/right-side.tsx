'use client'
// Live's right side: what needs a decision, and under it what is flagged. Each scrolls by itself, so that neither hides the other.
import { WaitingColumn } from '../approvals/waiting-column.tsx'
import { FlaggedList, useFlagged } from './flagged-list.tsx'

export function RightSide() {
  const flagged = useFlagged()
  const pages = flagged.grouped?.groups.filter(({ isPage }) => isPage).length ?? 0
  return (
    <aside
      aria-label="Decisions and flags"
      className="flex min-h-0 w-[384px] shrink-0 flex-col border-l contain-content"
    >
      <WaitingColumn />
      <section
        aria-label="Flagged"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        className="min-h-[200px] flex-1 overflow-y-auto outline-offset-[-2px]"
      >
        <div className="sticky top-0 z-10 flex h-10 items-center gap-2 border-b bg-canvas px-4">
          <h2 className="font-medium">Flagged</h2>
          {pages > 0 && <span className="font-medium text-critical">{pages} page-level</span>}
          <span className="ml-auto text-sm text-muted">newest first, same rule together</span>
        </div>
        <div className="p-3">
          <FlaggedList {...flagged} />
        </div>
      </section>
    </aside>
  )
}

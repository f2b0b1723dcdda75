'use client'
// The groups of facts, each with how many are kept and how many of them nobody could be held to.
import { Tabs } from 'radix-ui'
import { countText } from '../ui/format-quantity.ts'
import { tabs } from './egress-url.ts'
import { countWords, tabNames } from './row-words.ts'
import type { Count } from './use-signal-rows.ts'

export function GroupTabs({ counts }: { counts: Readonly<Record<string, Count>> | undefined }) {
  return (
    <Tabs.List
      aria-label="Kind of fact"
      className="flex shrink-0 gap-1 border-b px-3 max-md:grid max-md:grid-cols-5 max-md:gap-0 max-md:px-1"
    >
      {tabs.map((tab) => {
        const count = counts?.[tab]
        return (
          <Tabs.Trigger
            key={tab}
            value={tab}
            className="-mb-px flex h-9 min-w-0 items-baseline gap-1.5 border-b-2 border-transparent px-2 pt-2 text-muted outline-offset-[-2px] hover:text-ink data-[state=active]:border-ink data-[state=active]:text-ink max-md:h-14 max-md:flex-col max-md:items-center max-md:gap-0 max-md:px-0 max-md:pt-1.5"
          >
            <span className="font-medium max-md:text-sm">{tabNames[tab]}</span>
            {count && (
              <>
                <span className="sr-only">{countWords(count)}</span>
                <span
                  aria-hidden
                  className="min-w-0 truncate text-sm text-muted max-md:flex max-md:flex-col max-md:items-center max-md:text-xs"
                >
                  {countText(count.kept)}
                  {count.untied > 0 && (
                    <span className="max-md:text-2xs">
                      <span className="max-md:hidden"> · </span>
                      {countText(count.untied)} untied
                    </span>
                  )}
                </span>
              </>
            )}
          </Tabs.Trigger>
        )
      })}
    </Tabs.List>
  )
}

'use client'
// What is flagged, where there is no room for a column: one line with the newest, and the list in place.
import { ChevronDown, ChevronUp, Flag } from 'lucide-react'
import { useId, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { useIsNarrow } from '../ui/use-media-query.ts'
import { FlaggedList, useFlagged } from './flagged-list.tsx'

export function FlaggedStrip() {
  const flagged = useFlagged()
  const [open, setOpen] = useState(false)
  const narrow = useIsNarrow()
  const body = useId()
  const groups = flagged.grouped?.groups ?? []
  const first = groups.find(({ isPage }) => isPage) ?? groups[0]
  if (!open && !first) return null
  const pages = groups.filter(({ isPage }) => isPage).length
  return (
    <section aria-label="Flagged" className="shrink-0 border-b">
      <div
        className={classNames('flex min-h-10 items-center gap-x-4 px-5 py-1 max-md:px-3', pages > 0 && 'bg-critical/6')}
      >
        <span
          className={classNames(
            'flex shrink-0 items-center gap-2 font-medium',
            pages > 0 ? 'text-critical' : 'text-warn',
          )}
        >
          <Flag aria-hidden className="size-4" />
          {pages > 0 ? `${pages} page-level` : plural(groups.length, 'warning')}
        </span>
        {first && !open && (
          <span className="flex min-w-0 gap-3">
            <HostileText text={first.flag.title} max={140} className="truncate" />
            {!narrow && <span className="truncate font-mono text-sm text-muted">{first.flag.session}</span>}
          </span>
        )}
        <Button
          className="ml-auto max-md:h-11"
          aria-expanded={open}
          aria-controls={body}
          aria-label={open ? 'Put the flags away' : 'Show the flags here'}
          onClick={() => setOpen(!open)}
        >
          {open ? <ChevronUp aria-hidden /> : <ChevronDown aria-hidden />} {open ? 'Put away' : 'Flags'}
        </Button>
      </div>
      {open && (
        <div id={body} className="max-h-[52dvh] overflow-y-auto px-5 py-3 max-md:px-3">
          <div className="max-w-2xl">
            <FlaggedList {...flagged} />
          </div>
        </div>
      )}
    </section>
  )
}

'use client'
// In the place where the age of what is live stands: the moment that is shown, how far behind live that is, and the way back.
import { History } from 'lucide-react'
import { useBrowserNow } from '../live/use-now.ts'
import { clockText, dayText, preciseClockText } from '../ui/format-time.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { useReplay } from './replay-context.tsx'
import { behindText } from './replay-words.ts'

export function PastMark() {
  const replay = useReplay()
  const now = useBrowserNow(1_000)
  if (!replay) return null
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span
        role="status"
        aria-live="off"
        className="flex min-w-0 items-center gap-1.5 truncate rounded-md border border-warn/50 bg-warn/12 px-2 py-0.5 text-sm text-warn"
      >
        <History aria-hidden className="size-3.5 shrink-0" />
        <span className="truncate">
          <span className="max-md:hidden">as of </span>
          <time dateTime={new Date(replay.atMs).toISOString()} title={dayText(replay.atMs)} className="font-mono">
            <span className="max-sm:hidden">{preciseClockText(replay.atMs)}</span>
            {/* A phone has room for the second; the bar below has the rest. */}
            <span className="sm:hidden">{clockText(replay.atMs)}</span>
          </time>
          {now > 0 && <span className="max-sm:hidden"> · {behindText(replay.atMs, now)}</span>}
        </span>
      </span>
      <button
        type="button"
        onClick={replay.back}
        className="flex h-7 shrink-0 items-center gap-2 rounded-md border border-line-strong px-2.5 text-sm hover:bg-raised max-md:h-9"
      >
        Back to live
        <span className="max-lg:hidden">
          <KeyCap>Esc</KeyCap>
        </span>
      </button>
    </div>
  )
}

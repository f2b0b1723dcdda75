'use client'
// Freezes what is on screen so that it can be read; says how much is waiting behind it.
import { Pause, Play } from 'lucide-react'
import { countText } from '../ui/format-quantity.ts'
import { KeyCap } from '../ui/key-cap.tsx'
import { useHold } from './live-context.tsx'

export function HoldButton() {
  const { held, waiting, toggle } = useHold()
  return (
    <button
      type="button"
      aria-pressed={held}
      onClick={toggle}
      className={
        held
          ? 'flex h-7 shrink-0 items-center gap-2 rounded-md border border-info/50 bg-info/12 px-2.5 text-sm text-info'
          : 'flex h-7 shrink-0 items-center gap-2 rounded-md border border-line px-2.5 text-sm text-muted hover:text-ink'
      }
    >
      {held ? <Play aria-hidden className="size-3.5" /> : <Pause aria-hidden className="size-3.5" />}
      {held ? (
        <span>
          View held<span className="max-sm:hidden"> · {countText(waiting)} changes waiting</span>
        </span>
      ) : (
        <span className="max-sm:sr-only">Hold view</span>
      )}
      <span className="max-lg:hidden">
        <KeyCap>Space</KeyCap>
      </span>
    </button>
  )
}

'use client'
import { History } from 'lucide-react'
import { useView } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
// From a session's page into the past: the moment at which its newest event was seen; from there one steps and plays.
import { preciseClockText } from '../ui/format-time.ts'
import { useEnterReplay, useIsReplay } from './replay-context.tsx'

export function ReplayFromHere() {
  const newest = useView((view) => view.events.at(-1)?.seenAtMs)
  const enter = useEnterReplay()
  if (useIsReplay() || newest === undefined) return null
  return (
    <Button
      look="quiet"
      className="max-md:h-11"
      title="The whole console as it was at this moment"
      onClick={() => enter(newest)}
    >
      <History aria-hidden /> Replay from here
    </Button>
  )
}

/** Beside an event: the whole console as it was when the server saw it. */
export function ReplayOfEvent({ seenAtMs }: { seenAtMs: number }) {
  const enter = useEnterReplay()
  return (
    <button
      type="button"
      onClick={() => enter(seenAtMs)}
      className="inline-flex items-center gap-1.5 text-info underline-offset-2 hover:underline max-md:min-h-11"
    >
      <History aria-hidden className="size-3" /> The whole console at {preciseClockText(seenAtMs)}
    </button>
  )
}

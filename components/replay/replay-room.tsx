'use client'
// Where a moment is chosen: then the whole console shows it.
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useNow } from '../live/use-now.ts'
import { Button } from '../ui/button.tsx'
import { dateTimeText } from '../ui/format-time.ts'
import { momentOfField } from './replay-words.ts'

const ago = [
  { minutes: 5, words: '5 min ago' },
  { minutes: 15, words: '15 min ago' },
  { minutes: 60, words: '1 h ago' },
  { minutes: 360, words: '6 h ago' },
  { minutes: 1_440, words: 'A day ago' },
] as const

export function ReplayRoom() {
  const router = useRouter()
  const now = useNow(1_000)
  const [text, setText] = useState('')
  const chosen = momentOfField(text)
  const open = (atMs: number) => router.push(`/live?at=${Math.floor(atMs)}`)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 py-6 max-md:px-3">
      <div className="max-w-xl">
        <h2 className="text-lg font-semibold">Look at the whole console as it was</h2>
        <p className="mt-1 text-pretty text-muted">
          Live, sessions, incidents, approvals, containments, GPUs, egress, numbers and the audit as they were known at
          that moment: by the time at which the server saw each event, not by what a source says. Nothing acts in the
          past.
        </p>
        <div className="mt-4 flex flex-wrap gap-2">
          {ago.map(({ minutes, words }) => (
            <Button key={minutes} className="max-md:h-11" onClick={() => open(now - minutes * 60_000)}>
              {words}
            </Button>
          ))}
        </div>
        <form
          className="mt-5 flex flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (chosen !== undefined) open(chosen)
          }}
        >
          <label className="grid gap-1">
            <span className="text-sm text-muted">Moment, in UTC</span>
            <input
              type="datetime-local"
              step={1}
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="h-9 rounded-md border border-line-strong bg-canvas px-3 max-md:h-11 max-md:text-[16px]"
            />
          </label>
          <Button
            type="submit"
            size="form"
            look={chosen === undefined ? 'off' : 'primary'}
            aria-disabled={chosen === undefined}
            className="max-md:h-11"
          >
            Show it
          </Button>
        </form>
        {now > 1e12 && <p className="mt-3 text-sm text-muted">It is {dateTimeText(now)}.</p>}
      </div>
    </div>
  )
}

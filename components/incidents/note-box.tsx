'use client'
// A note for the log. What is typed outlives a reload of this tab, and is gone once it was sent.
import { Send } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { IncidentId } from '../../server/protocol/incident.ts'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { useShortcuts } from '../shell/use-shortcuts.ts'
import { Button } from '../ui/button.tsx'
import type { ChangeIncident } from './use-incidents.ts'

const charactersMax = 20_000

type Props = { id: IncidentId; why: string | undefined; change: ChangeIncident }

export function NoteBox({ id, why, change }: Props) {
  const key = `vigil.note.${id}`
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const box = useRef<HTMLTextAreaElement>(null)
  useShortcuts({ n: () => box.current?.focus() })
  useEffect(() => setText(read(key)), [key])
  const write = (next: string) => {
    setText(next)
    keep(key, next)
  }
  const send = async () => {
    const note = text.trim()
    if (note === '' || busy || why !== undefined) return
    setBusy(true)
    const answer = await change({ type: 'note', text: note })
    setBusy(false)
    setProblem(answer.problem)
    if (!answer.problem) write('')
  }
  return (
    <form
      className="shrink-0 border-t p-3"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <textarea
        ref={box}
        aria-label="Note"
        value={text}
        maxLength={charactersMax}
        rows={3}
        disabled={why !== undefined}
        placeholder="Add a note… **bold**, `code`, lists; paste a path of this console to link a moment"
        onChange={(event) => write(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.nativeEvent.isComposing) return
          event.preventDefault()
          void send()
        }}
        className="block w-full resize-y rounded-md border border-line-strong bg-canvas px-3 py-2 placeholder:text-muted outline-offset-0 max-md:text-[16px]"
      />
      <ProblemLine problem={problem} />
      <div className="mt-2 flex items-center gap-2">
        <p className="min-w-0 flex-1 text-sm text-muted">{why ?? '⌘ or Ctrl and Enter sends it'}</p>
        <Button type="submit" disabled={text.trim() === '' || busy || why !== undefined} className="max-md:h-11">
          <Send aria-hidden /> {busy ? 'Sending…' : 'Add note'}
        </Button>
      </div>
    </form>
  )
}

/** A browser may forbid its store: then a draft lives as long as the page. */
function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function keep(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, text)
  } catch {
    // Full or forbidden: nothing is lost but the draft after a reload.
  }
}

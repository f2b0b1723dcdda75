'use client'
// The edited action: a text to change, and below it what would run, shown so that nothing can hide in it.
import { useEffect, useId, useRef } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { type Edited, exactAction } from './exact-action.ts'

type Props = {
  approval: ApprovalView
  draft: string
  edited: Edited
  onDraft: (draft: string) => void
  onClose: () => void
}

export function EditFence({ approval, draft, edited, onDraft, onClose }: Props) {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const text = field.current
    text?.focus()
    text?.setSelectionRange(text.value.length, text.value.length)
  }, [])
  const action = exactAction(approval.input)
  return (
    <section aria-label="Edit it" className="overflow-hidden rounded-lg border border-info/50 bg-panel">
      <div className="flex flex-wrap items-baseline gap-x-3 border-b px-4 py-2 text-sm">
        <label htmlFor={id} className="font-medium">
          {action.form === 'command' ? 'Command to run instead' : 'Input to run with instead'}
        </label>
        <span className="text-muted">
          {action.form === 'command' && action.beside !== undefined
            ? 'the rest of its input stays as it is'
            : 'the agent is told that it was edited'}
        </span>
      </div>
      <textarea
        ref={field}
        id={id}
        dir="ltr"
        value={draft}
        spellCheck={false}
        rows={Math.min(14, Math.max(3, draft.split('\n').length + 1))}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          // Changed words are not thrown away by one key: the first Escape only leaves the field.
          if (draft === action.text) onClose()
          else event.currentTarget.blur()
        }}
        className="block w-full resize-y bg-canvas px-4 py-3 font-mono outline-offset-[-2px] max-md:text-[16px]"
      />
      <div aria-live="polite" className="border-t px-4 py-2 text-sm">
        {'wrong' in edited ? (
          <p className="text-muted">{edited.wrong}</p>
        ) : (
          <p className="flex gap-3">
            <span className="shrink-0 text-muted">Would run</span>
            <HostileText text={draft} max={4_000} multiline className="min-w-0 font-mono" />
          </p>
        )}
      </div>
    </section>
  )
}

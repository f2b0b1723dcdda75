'use client'
// The one small dialog in which a deed on an incident takes its words. It closes when the server has taken it, and says what it refused.
import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import type { ApiProblem } from '../settings/api-call.ts'
import { ProblemLine } from '../settings/section.tsx'
import { Button } from '../ui/button.tsx'

type Props = {
  title: string
  says: string
  /** The word on the button. */
  word: string
  /** Absent: not everything is filled in. */
  onSend: (() => Promise<ApiProblem | undefined>) | undefined
  onClose: () => void
  children: ReactNode
}

export function IncidentDialog({ title, says, word, onSend, onClose, children }: Props) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const send = async () => {
    if (!onSend || busy) return
    setBusy(true)
    const refused = await onSend()
    setBusy(false)
    setProblem(refused)
    if (!refused) onClose()
  }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/75" />
        <Dialog.Content className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-24px)] w-[min(520px,calc(100vw-24px))] -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line-strong bg-panel">
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            <div className="flex items-center gap-2 border-b px-5 py-3 max-md:px-4">
              <Dialog.Title className="text-lg font-semibold">{title}</Dialog.Title>
              <Dialog.Close
                aria-label="Close"
                className="ml-auto flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink max-md:size-11"
              >
                <X aria-hidden className="size-4" />
              </Dialog.Close>
            </div>
            <div className="grid gap-3 px-5 py-4 max-md:px-4">
              <Dialog.Description className="text-pretty text-muted">{says}</Dialog.Description>
              {children}
              <ProblemLine problem={problem} />
            </div>
            <div className="flex justify-end gap-2 border-t px-5 py-3 max-md:px-4">
              <Button size="form" look="quiet" className="max-md:h-11" onClick={onClose}>
                Cancel
              </Button>
              <Button
                size="form"
                look="primary"
                type="submit"
                disabled={busy || !onSend}
                className="max-md:h-11 disabled:opacity-60"
              >
                {busy ? 'Asking…' : word}
              </Button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

type ChoiceProps<Name extends string> = {
  legend: string
  name: string
  choices: readonly { value: Name; word: string; aside: string }[]
  chosen: Name | undefined
  onChoose: (name: Name) => void
}

export function Choice<Name extends string>({ legend, name, choices, chosen, onChoose }: ChoiceProps<Name>) {
  return (
    <fieldset className="grid min-w-0 gap-1">
      <legend className="mb-1 text-sm text-muted">{legend}</legend>
      {choices.map(({ value, word, aside }) => (
        <label
          key={value}
          className="flex min-h-9 cursor-pointer items-baseline gap-2.5 rounded-md px-2 py-1.5 hover:bg-raised has-checked:bg-raised max-md:min-h-11"
        >
          <input type="radio" name={name} value={value} checked={chosen === value} onChange={() => onChoose(value)} />
          <span className="font-medium">{word}</span>
          <span className="min-w-0 text-sm text-muted">{aside}</span>
        </label>
      ))}
    </fieldset>
  )
}

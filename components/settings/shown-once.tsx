'use client'
// A secret or a link that the server tells once and never again: shown to be copied, gone when it is put away.
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'

type Props = { title: string; says: string; text: string; onDone: () => void }

export function ShownOnce({ title, says, text, onDone }: Props) {
  const [refused, setRefused] = useState(false)
  return (
    <div role="status" className="mb-3 rounded-lg border border-warn/40 bg-warn/8 p-3">
      <p className="flex items-center gap-2 font-medium">
        <KeyRound aria-hidden className="size-4 shrink-0 text-warn" /> {title}
      </p>
      <p className="mt-1 text-pretty text-muted">{says}</p>
      <div className="mt-2 flex flex-wrap items-center gap-2 max-md:[&>button]:h-11">
        <code className="min-w-0 flex-1 basis-72 select-all whitespace-pre-line break-all rounded-md border border-line-strong bg-canvas px-3 py-1.5 font-mono text-sm">
          {text}
        </code>
        <CopyButton look="primary" text={text} onAnswer={(copied) => setRefused(!copied)} />
        <Button look="quiet" onClick={onDone}>
          I have it
        </Button>
      </div>
      {refused && (
        <p className="mt-1 text-sm text-warn">
          The browser does not let this page copy: select the text and copy it by hand.
        </p>
      )}
    </div>
  )
}

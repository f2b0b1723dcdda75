'use client'
// Every key that does something on this page, and none that does not, on one card.
import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useState } from 'react'
import { KeyCap } from '../ui/key-cap.tsx'
import { boundKeys } from './bound-keys.ts'

export function KeyboardHelp({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-24px)] w-[min(460px,calc(100vw-24px))] overflow-y-auto -translate-x-1/2 -translate-y-1/2 rounded-lg border border-line-strong bg-panel p-5"
        >
          <div className="mb-3 flex items-center justify-between">
            <Dialog.Title className="text-lg font-semibold">Keyboard</Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </Dialog.Close>
          </div>
          {open && <Keys />}
          <p className="mt-3 text-sm text-muted">
            These act on this page. Outside the editor none acts while you type in a field or hold a modifier, but the
            palette’s.
          </p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** As they are bound at the moment of asking: the page goes on under the card, its keys do not. */
function Keys() {
  const [lines] = useState(() => boundKeys.help())
  return (
    <dl>
      {lines.map(({ keys, means }) => (
        <div key={means} className="flex items-center gap-4 border-t py-1.5">
          <dt className="flex w-28 shrink-0 flex-wrap gap-1">
            {keys.map((key) => (
              <KeyCap key={key}>{key}</KeyCap>
            ))}
          </dt>
          <dd className="text-muted">{means}</dd>
        </div>
      ))}
    </dl>
  )
}

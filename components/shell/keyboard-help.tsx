'use client'
// Every key there is, on one card.
import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { KeyCap } from '../ui/key-cap.tsx'
import { shortcutHelp } from './shortcuts.ts'

export function KeyboardHelp({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-1/2 left-1/2 z-50 w-[min(460px,calc(100vw-24px))] -translate-x-1/2 -translate-y-1/2 rounded-lg border border-line-strong bg-panel p-5"
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
          <dl>
            {shortcutHelp.map(({ keys, means }) => (
              <div key={means} className="flex items-center gap-4 border-t py-1.5">
                <dt className="flex w-28 shrink-0 gap-1">
                  {keys.map((key) => (
                    <KeyCap key={key}>{key}</KeyCap>
                  ))}
                </dt>
                <dd className="text-muted">{means}</dd>
              </div>
            ))}
          </dl>
          <p className="mt-3 text-sm text-muted">No key acts while you type in a field or hold a modifier.</p>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

'use client'
// For how long, and why: beside the one click, never in its way. Opens by keyboard too; Escape closes it and asks nothing.
import { ChevronDown } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useId, useState } from 'react'
import { ActButton } from '../ui/act-button.tsx'
import type { ButtonLook, ButtonSize } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'

export type AskDetails = { ttlSeconds?: number; reason?: string }

const spans = [
  { ttlSeconds: 900, words: '15 min', phrase: ' for 15 min' },
  { ttlSeconds: 3_600, words: '1 h', phrase: ' for 1 h' },
  { ttlSeconds: undefined, words: 'Until lifted', phrase: ' until lifted' },
] as const

type Props = {
  /** `Revoke network`: what is asked, in words of ours. */
  deed: string
  size?: ButtonSize
  look?: ButtonLook
  enabled: boolean
  className?: string
  onAsk: (details: AskDetails) => void
}

export function AskMenu({ deed, size = 'row', look = 'control', enabled, className, onAsk }: Props) {
  const [open, setOpen] = useState(false)
  const [ttlSeconds, setTtlSeconds] = useState<number | undefined>(900)
  const [reason, setReason] = useState('')
  const field = useId()
  const chosen = spans.find((span) => span.ttlSeconds === ttlSeconds) ?? spans[2]
  const ask = () => {
    setOpen(false)
    const why = reason.trim()
    onAsk({ ...(ttlSeconds !== undefined && { ttlSeconds }), ...(why !== '' && { reason: why }) })
    setReason('')
  }
  return (
    <Popover.Root open={open && enabled} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <ActButton
          size={size}
          look={enabled ? look : 'off'}
          aria-disabled={!enabled}
          aria-label={`${deed}: for how long, and why`}
          title={`${deed}: for how long, and why`}
          className={classNames('rounded-l-none border-l-0 px-1', size === 'touch' && 'min-w-9 px-2', className)}
        >
          <ChevronDown aria-hidden />
        </ActButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={`${deed}: for how long, and why`}
          className="z-50 w-72 rounded-lg border border-line-strong bg-panel p-3 shadow-lg"
        >
          <form
            onSubmit={(event) => {
              event.preventDefault()
              ask()
            }}
          >
            <p className="font-medium">{deed}</p>
            <fieldset className="mt-2 flex gap-1">
              <legend className="sr-only">For how long</legend>
              {spans.map((span) => (
                <button
                  key={span.words}
                  type="button"
                  aria-pressed={span.ttlSeconds === ttlSeconds}
                  onClick={() => setTtlSeconds(span.ttlSeconds)}
                  className={classNames(
                    'h-7 flex-1 rounded-md border text-sm max-md:h-11',
                    span.ttlSeconds === ttlSeconds
                      ? 'border-info bg-info/12 font-medium text-ink'
                      : 'border-line text-muted hover:bg-raised hover:text-ink',
                  )}
                >
                  {span.words}
                </button>
              ))}
            </fieldset>
            <label htmlFor={field} className="mt-3 block text-sm text-muted">
              Why (stays on its receipt and in the log)
            </label>
            <input
              id={field}
              value={reason}
              maxLength={500}
              autoComplete="off"
              onChange={(event) => setReason(event.target.value)}
              placeholder="tunnel, keep for imaging"
              className="mt-1 h-8 w-full rounded-md border border-line-strong bg-canvas px-2 text-base max-md:h-11 max-md:text-[16px]"
            />
            <ActButton type="submit" look="primary" size="form" className="mt-3 w-full">
              {deed}
              {chosen.phrase}
            </ActButton>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

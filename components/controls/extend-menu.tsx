'use client'
// More time for a hold, or until somebody lifts it.
import { ChevronDown, ClockPlus } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import type { HoldView } from '../../server/protocol/control-views.ts'
import { useFleet, useLive } from '../live/live-context.tsx'
import { ActButton } from '../ui/act-button.tsx'
import type { ButtonSize } from '../ui/button.tsx'
import { extendedSeconds, wantedWord, whyNoTime } from './hold-words.ts'

const item = 'flex h-8 cursor-default items-center rounded-md px-2 outline-none data-highlighted:bg-raised max-md:h-11'

export function ExtendMenu({ hold, size }: { hold: HoldView; size: ButtonSize }) {
  const { connection, store } = useLive()
  const extend = (moreSeconds: number | undefined) => {
    const nowMs = Date.now() + store.clock().offsetMs
    void connection?.extend({
      control: hold.control,
      ...(moreSeconds !== undefined && { ttlSeconds: extendedSeconds(hold.expiresAtMs, nowMs, moreSeconds) }),
    })
  }
  const fleet = useFleet()
  const why = whyNoTime(hold, fleet?.policies['two-person-release'] ?? false)
  const timed = hold.expiresAtMs !== undefined
  if (why !== undefined)
    return (
      <ActButton size={size} look="off" aria-disabled aria-description={why} title={why}>
        <ClockPlus aria-hidden /> {timed ? 'Extend' : 'Set a time'}
      </ActButton>
    )
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <ActButton size={size} look="quiet" aria-label={`Time of the ${wantedWord(hold).toLowerCase()}`}>
          <ClockPlus aria-hidden /> {timed ? 'Extend' : 'Set a time'} <ChevronDown aria-hidden />
        </ActButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-44 rounded-lg border border-line-strong bg-panel p-1 shadow-lg"
        >
          <DropdownMenu.Item className={item} onSelect={() => extend(900)}>
            {timed ? '15 min more' : 'Lift in 15 min'}
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => extend(3_600)}>
            {timed ? '1 h more' : 'Lift in 1 h'}
          </DropdownMenu.Item>
          {timed && (
            <DropdownMenu.Item className={item} onSelect={() => extend(undefined)}>
              Until lifted
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

'use client'
// The bell: arms the alarm of this browser, tries it out, and says what this browser refuses.
import { Bell, BellOff, BellRing, CircleAlert, CircleCheck } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { useAlarmContext } from './alarm-context.tsx'
import type { Alarm, Allowed } from './use-alarm.ts'

export function AlarmBell() {
  const alarm = useAlarmContext()
  const [tested, setTested] = useState<Awaited<ReturnType<Alarm['test']>>>()
  if (!alarm) return null
  const { isArmed, notifications, sounds } = alarm
  const isWhole = notifications === 'granted' && sounds
  const Icon = isArmed ? (isWhole ? BellRing : Bell) : BellOff
  return (
    <Popover.Root onOpenChange={() => setTested(undefined)}>
      <Popover.Trigger
        aria-label={isArmed ? (isWhole ? 'Alarm: on' : 'Alarm: on, not all of it works') : 'Alarm: off'}
        title="Alarm of this browser"
        className={classNames(
          'flex size-7 items-center justify-center rounded-md border bg-raised hover:text-ink max-md:size-9',
          isArmed ? (isWhole ? 'text-ok' : 'text-warn') : 'text-muted',
        )}
      >
        <Icon aria-hidden className="size-4" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Alarm of this browser"
          className="z-50 w-80 max-w-[calc(100vw-16px)] rounded-lg border border-line-strong bg-panel p-4 shadow-lg"
        >
          <h2 className="font-semibold">Alarm of this browser</h2>
          <p className="mt-1 text-pretty text-sm text-muted">
            A sound, and a notification while you look elsewhere, when an action waits or a session is flagged. It needs
            a page of the console open; Settings reaches people who have none.
          </p>
          {isArmed && (
            <ul className="mt-3 space-y-1 text-sm">
              <Fact good={sounds}>
                {sounds ? 'Sound works in this tab' : 'No sound in this tab yet: the browser wants a click in the page'}
              </Fact>
              <Fact good={notifications === 'granted'}>{notificationWords[notifications]}</Fact>
            </ul>
          )}
          <p role="status" className="text-sm">
            {tested && (
              <span className="mt-3 block text-pretty text-muted">
                {tested.sounded ? 'A sound was played' : 'No sound: the browser refused it'};{' '}
                {tested.shown
                  ? 'a notification was handed to the browser.'
                  : 'no notification: the browser refused it.'}{' '}
                Whether you can hear or see it only you can say.
              </span>
            )}
          </p>
          <div className="mt-3 flex gap-2 max-md:[&>button]:h-11 max-md:[&>button]:flex-1">
            {isArmed ? (
              <>
                <Button onClick={() => void alarm.test().then(setTested)}>Test</Button>
                <Button look="quiet" onClick={alarm.disarm}>
                  Turn off
                </Button>
              </>
            ) : (
              <Button look="primary" onClick={() => void alarm.arm()}>
                Turn on the alarm
              </Button>
            )}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

const notificationWords: Readonly<Record<Allowed, string>> = {
  granted: 'The browser shows our notifications',
  denied: 'The browser refuses our notifications: allow them in its settings for this site',
  default: 'The browser was not told yet whether to show notifications: turn the alarm off and on',
  none: 'This browser has no notifications here: they need HTTPS, or localhost',
}

function Fact({ good, children }: { good: boolean; children: string }) {
  const Icon = good ? CircleCheck : CircleAlert
  return (
    <li className="flex items-start gap-1.5">
      <Icon aria-hidden className={classNames('mt-0.5 size-3.5 shrink-0', good ? 'text-ok' : 'text-warn')} />
      <span className={good ? 'text-muted' : 'text-warn'}>{children}</span>
    </li>
  )
}

'use client'
// Who is signed in, the theme, and the way out.
import { Check, Clock, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { timeZoneOf, timeZones } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { signOut, useOperator } from './operator.tsx'
import { setTimes } from './set-times.ts'
import { applyTheme, type Theme } from './theme.ts'
import { timesName, useTimeZone } from './times.ts'

const item =
  'flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-raised max-md:h-11 [&_svg]:size-4 [&_svg]:text-muted'
const looks: readonly { theme: Theme; name: string; icon: typeof Moon }[] = [
  { theme: 'dark', name: 'Dark', icon: Moon },
  { theme: 'light', name: 'Light', icon: Sun },
  { theme: 'system', name: 'As the system', icon: Monitor },
]

export function AccountMenu() {
  const operator = useOperator()
  const zone = useTimeZone()
  const name = operator ? visibleText(operator.name, { max: 80 }) : ''
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={operator ? `Account: ${name}` : 'Account'}
        className="flex size-8 items-center justify-center rounded-full border border-line-strong bg-raised text-xs font-medium text-muted hover:text-ink max-md:size-11"
      >
        {initials(name)}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          side="right"
          align="end"
          sideOffset={8}
          collisionPadding={8}
          className="z-50 w-60 rounded-lg border border-line-strong bg-panel p-1 shadow-lg"
        >
          {operator && (
            <DropdownMenu.Label className="border-b px-2 pt-1.5 pb-2">
              <span className="block truncate font-medium">{name}</span>
              <span className="block truncate text-sm text-muted">
                {visibleText(operator.email, { max: 120 })} · {operator.role}
              </span>
            </DropdownMenu.Label>
          )}
          {looks.map(({ theme, name: look, icon: Icon }) => (
            <DropdownMenu.Item key={theme} className={item} onSelect={() => applyTheme(theme)}>
              <Icon aria-hidden /> {look}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator className="my-1 border-t" />
          <DropdownMenu.RadioGroup value={zone} onValueChange={(next) => setTimes(timeZoneOf(next))}>
            {timeZones.map((each) => (
              <DropdownMenu.RadioItem key={each} value={each} className={item}>
                <Clock aria-hidden /> {timesName[each]}
                <DropdownMenu.ItemIndicator className="ml-auto">
                  <Check aria-hidden />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 border-t" />
          <DropdownMenu.Item className={item} onSelect={() => void signOut()}>
            <LogOut aria-hidden /> Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter((word) => /^\p{L}/u.test(word))
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('')
}

'use client'
// Find or do anything: go to a session, ask to pause it, contain many, go to a room, change the theme, sign out.
import { Command } from 'cmdk'
import { ArrowRight, CirclePause, Keyboard, LogOut, Pause, Play, SunMoon } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { Dialog } from 'radix-ui'
import { type ReactNode, useContext, useState } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { containOfferOf, offerOf } from '../controls/control-offer.ts'
import { useControl } from '../controls/use-control.ts'
import { useView } from '../live/live-context.tsx'
import { matcherOf } from '../sessions/session-filter.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { faceOf, StateIcon } from '../sessions/state-icon.tsx'
import { HostileText } from '../ui/hostile-text.tsx'
import { signOut } from './operator.tsx'
import { rooms } from './rooms.ts'
import { ShellContext } from './shell-context.ts'
import { applyTheme } from './theme.ts'

type Props = { open: boolean; onOpenChange: (open: boolean) => void }

export function CommandPalette({ open, onOpenChange }: Props) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[min(600px,calc(100vw-24px))] -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-panel"
        >
          <Dialog.Title className="sr-only">Find or do anything</Dialog.Title>
          {open && <Choices close={() => onOpenChange(false)} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const sessionsShown = 12

function Choices({ close }: { close: () => void }) {
  const router = useRouter()
  const ask = useControl()
  const { openHelp, openContain } = useContext(ShellContext)
  const [text, setText] = useState('')
  const rows = useView((view) => view.rows)
  // "pause ep-1" means the session ep-1 too: the verb is not part of its name.
  const verb = /^\s*(pause|resume|contain)\b/i.exec(text)?.[1]?.toLowerCase()
  const wish = text.replace(/^\s*(pause|resume|contain|open|go to)\s+/i, '')
  const matches = matcherOf(wish, [])
  const found = [...rows.values()].filter(matches).slice(0, sessionsShown)
  const says = (words: string) => words.toLowerCase().includes(text.trim().toLowerCase())
  const act = (run: () => unknown) => () => {
    close()
    run()
  }
  const commands: readonly { name: string; icon: ReactNode; run: () => unknown }[] = [
    { name: 'Contain all…', icon: <CirclePause aria-hidden className="text-critical!" />, run: openContain },
    ...rooms.map(({ href, name, icon: Icon }) => ({
      name: `Go to ${name}`,
      icon: <Icon aria-hidden />,
      run: () => router.push(href),
    })),
    { name: 'Theme: dark', icon: <SunMoon aria-hidden />, run: () => applyTheme('dark') },
    { name: 'Theme: light', icon: <SunMoon aria-hidden />, run: () => applyTheme('light') },
    { name: 'Theme: as the system', icon: <SunMoon aria-hidden />, run: () => applyTheme('system') },
    { name: 'Keyboard help', icon: <Keyboard aria-hidden />, run: openHelp },
    { name: 'Sign out', icon: <LogOut aria-hidden />, run: signOut },
  ]
  const shownCommands = commands.filter((command) => says(command.name))
  return (
    <Command shouldFilter={false} label="Find or do anything" loop>
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Session, agent, host, command, or what to do…"
        className="h-11 w-full border-b bg-transparent px-4 text-lg outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing is called that.</Command.Empty>
        {found.length > 0 && (
          <Command.Group heading="Sessions" className={groupClass}>
            {found.flatMap((row) => {
              const offer = verb === 'contain' ? containOfferOf(row) : offerOf(row)
              const go = (
                <Command.Item
                  key={row.session}
                  value={`go ${row.session}`}
                  className={itemClass}
                  onSelect={act(() => router.push(sessionPath(row.session)))}
                >
                  <ArrowRight aria-hidden /> <SessionLabel row={row} /> <SessionAside row={row} />
                </Command.Item>
              )
              // Letting a contained session go has a button of its own, beside what it tells of itself.
              if (!offer?.enabled || !(offer.action in iconOf) || text.trim() === '') return [go]
              const Icon = iconOf[offer.action as keyof typeof iconOf]
              const control = (
                <Command.Item
                  key={`${row.session} control`}
                  value={`control ${row.session}`}
                  className={itemClass}
                  onSelect={act(() => ask(row, offer))}
                >
                  <Icon aria-hidden /> {offer.label} <SessionLabel row={row} />
                </Command.Item>
              )
              // Who typed the verb wants the deed first; who typed a name wants to look first.
              return verb === offer.action ? [control, go] : [go, control]
            })}
          </Command.Group>
        )}
        {shownCommands.length > 0 && (
          <Command.Group heading="Do" className={groupClass}>
            {shownCommands.map((command) => (
              <Command.Item key={command.name} value={command.name} className={itemClass} onSelect={act(command.run)}>
                {command.icon} {command.name}
              </Command.Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
    </Command>
  )
}

const iconOf = { pause: Pause, resume: Play, contain: CirclePause } as const

function SessionLabel({ row }: { row: SessionRow }) {
  return <HostileText text={row.name ?? row.session} max={60} className="font-mono" />
}

function SessionAside({ row }: { row: SessionRow }) {
  return (
    <>
      <HostileText
        text={[row.agent, row.task].filter(Boolean).join(' · ')}
        max={80}
        className="min-w-0 truncate text-sm text-muted"
      />
      <span className="ml-auto flex shrink-0 items-center gap-1.5 text-sm text-muted">
        <span aria-hidden className="contents">
          <StateIcon row={row} className="size-3.5 text-current!" />
        </span>
        {faceOf(row).word}
      </span>
    </>
  )
}

const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted'
const itemClass =
  'flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 data-[selected=true]:bg-raised max-md:h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted'

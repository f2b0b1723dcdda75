'use client'
// Lines of the palette. Names of sessions, hosts, rules and addresses are hostile text and shown as such.
import { Command } from 'cmdk'
import type { ReactNode } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { faceOf, StateIcon } from '../sessions/state-icon.tsx'
import { HostileText } from '../ui/hostile-text.tsx'

type Props = { id: string; icon: ReactNode; disabled?: boolean; onChosen: () => void; children: ReactNode }

/** `id` is ours: cmdk compares it, and what an agent wrote must not make two lines one. */
export function PaletteItem({ id, icon, disabled = false, onChosen, children }: Props) {
  return (
    <Command.Item
      value={id}
      disabled={disabled}
      onSelect={onChosen}
      className="flex h-9 min-w-0 cursor-default items-center gap-2.5 rounded-md px-2.5 data-[disabled=true]:text-faint data-[selected=true]:bg-raised max-md:h-11 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted"
    >
      {icon}
      {children}
    </Command.Item>
  )
}

export function PaletteGroup({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
    >
      {children}
    </Command.Group>
  )
}

export function SessionLabel({ row }: { row: SessionRow }) {
  // What is named is read whole before what is said of it: that gives way on a phone.
  return <HostileText text={row.name ?? row.session} max={60} className="max-w-[60%] shrink-0 truncate font-mono" />
}

export function SessionAside({ row }: { row: SessionRow }) {
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

export function Why({ text }: { text: string }) {
  if (text === '') return null
  return <HostileText text={text} max={120} className="ml-auto min-w-0 truncate pl-2 text-sm text-muted" />
}

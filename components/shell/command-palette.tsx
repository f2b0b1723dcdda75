'use client'
// Find or do anything: a session, incident, host, address, rule or page; ask something of a session; change how the console looks.
// At most some forty lines are drawn, however many sessions there are.
import { Command } from 'cmdk'
import { ListFilter, Network, RadioTower, ScrollText, Siren } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { Dialog } from 'radix-ui'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { HostRow } from '../../server/protocol/browser-messages.ts'
import { IncidentList, type IncidentView } from '../../server/protocol/incident.ts'
import { RuleListView, type RuleView } from '../../server/protocol/rule-view.ts'
import { incidentPath, statusWord } from '../incidents/incident-words.ts'
import { useLive } from '../live/live-context.tsx'
import { rulePath } from '../rules/rule-path.ts'
import { useListed } from '../settings/use-listed.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { PaletteGroup, PaletteItem, Why } from './palette-items.tsx'
import { PaletteSessions } from './palette-sessions.tsx'
import { findAddresses, findNamed, findSessions, wishOf } from './palette-wish.ts'
import { type PaletteCommand, usePaletteCommands } from './use-palette-commands.tsx'
import { usePaletteSessions } from './use-palette-sessions.ts'

type Props = { open: boolean; onOpenChange: (open: boolean) => void }

export function CommandPalette({ open, onOpenChange }: Props) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-canvas/70" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[min(640px,calc(100vw-24px))] -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-panel"
        >
          <Dialog.Title className="sr-only">Find or do anything</Dialog.Title>
          {open && <Choices close={() => onOpenChange(false)} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

const sessionsShown = 8
/** With a verb each takes two lines and more. */
const targetsShown = 4
const commandsShown = 40
const othersShown = 5
const rulesAgainMs = 60_000

function Choices({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const typed = useDeferredValue(text)
  const wish = useMemo(() => wishOf(typed), [typed])
  const { store } = useLive()
  const { rows, asking } = usePaletteSessions(wish.words)
  const nowMs = Date.now() + store.clock().offsetMs
  const sessions = findSessions(rows, wish.words, wish.verb === undefined ? sessionsShown : targetsShown, nowMs)
  const commands = usePaletteCommands()
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = findNamed(commands, (command) => command.name, words, commandsShown)
  const says = words.join('').length >= 3 && shown.some(({ name }) => name.toLowerCase().startsWith(words.join(' ')))
  // Answers come after the words: cmdk chooses when the words change, and a choice that went leaves none behind.
  const [chosen, setChosen] = useState('')
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (list.current?.querySelector('[cmdk-item][data-selected="true"]')) return
    const first = list.current?.querySelector('[cmdk-item]:not([data-disabled="true"])')?.getAttribute('data-value')
    if (first) setChosen(first)
  })
  return (
    <Command shouldFilter={false} label="Find or do anything" loop value={chosen} onValueChange={setChosen}>
      <Command.Input
        value={text}
        onValueChange={setText}
        maxLength={300}
        placeholder="Session, host, address, rule, page, or what to do…"
        className="h-11 w-full border-b bg-transparent px-4 text-lg outline-none placeholder:text-faint"
      />
      <Command.List ref={list} className="max-h-[50vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-muted">
          {asking ? 'Looking…' : 'Nothing is called that.'}
        </Command.Empty>
        {/* Who typed the beginning of a command means it; any other words are a name first. */}
        {says && <Commands shown={shown} close={close} />}
        <PaletteSessions rows={sessions} wish={wish} close={close} />
        {!says && <Commands shown={shown} close={close} />}
        {wish.verb === undefined && wish.words.length > 0 && <Places words={wish.words} rows={rows} close={close} />}
      </Command.List>
    </Command>
  )
}

type PlacesProps = { words: readonly string[]; rows: Parameters<typeof findAddresses>[0]; close: () => void }

/** Hosts, far ends and rules; and the same words as a filter of the rooms that have one. */
function Places({ words, rows, close }: PlacesProps) {
  const router = useRouter()
  const { store } = useLive()
  const { value } = useListed('/api/rules', RuleListView, true, rulesAgainMs)
  const { value: listed } = useListed('/api/incidents', IncidentList, true, rulesAgainMs)
  const go = (href: string) => () => {
    close()
    router.push(href)
  }
  const hosts = findNamed<HostRow>(store.newest().hosts.values(), (host) => host.host, words, othersShown)
  const rules = findNamed<RuleView>(value?.rules ?? [], (rule) => `${rule.title} ${rule.id}`, words, othersShown)
  const incidents = findNamed<IncidentView>(
    listed?.incidents ?? [],
    (each) => `go to ${each.incident} ${each.title}`,
    words,
    othersShown,
  )
  const addresses = findAddresses(rows, words, othersShown)
  const whole = words.join(' ').slice(0, 200)
  return (
    <>
      {incidents.length > 0 && (
        <PaletteGroup heading="Incidents">
          {incidents.map(({ incident, title, status }) => (
            <PaletteItem
              key={incident}
              id={`incident ${incident}`}
              icon={<Siren aria-hidden />}
              onChosen={go(incidentPath(incident))}
            >
              <span className="shrink-0">Go to {incident}</span>
              <HostileText text={title} max={100} className="min-w-0 truncate text-muted" />
              <Why text={statusWord[status]} />
            </PaletteItem>
          ))}
        </PaletteGroup>
      )}
      {hosts.length > 0 && (
        <PaletteGroup heading="Hosts">
          {hosts.map(({ host, connected }) => (
            <PaletteItem key={host} id={`host ${host}`} icon={<RadioTower aria-hidden />} onChosen={go(livePath(host))}>
              <HostileText text={host} max={80} className="min-w-0 truncate font-mono" />
              <Why text={connected ? 'its sessions' : 'not connected; its sessions'} />
            </PaletteItem>
          ))}
        </PaletteGroup>
      )}
      {addresses.length > 0 && (
        <PaletteGroup heading="Addresses">
          {addresses.map((each) => (
            <PaletteItem key={each} id={`to ${each}`} icon={<Network aria-hidden />} onChosen={go(flowsPath(each))}>
              <HostileText text={each} max={120} className="min-w-0 truncate font-mono" />
              <Why text="who talks to it" />
            </PaletteItem>
          ))}
        </PaletteGroup>
      )}
      {rules.length > 0 && (
        <PaletteGroup heading="Rules">
          {rules.map(({ id, title, severity }) => (
            <PaletteItem key={id} id={`rule ${id}`} icon={<ScrollText aria-hidden />} onChosen={go(rulePath(id))}>
              <HostileText text={title} max={100} className="min-w-0 truncate" />
              <Why text={severity} />
            </PaletteItem>
          ))}
        </PaletteGroup>
      )}
      <PaletteGroup heading="Find">
        <PaletteItem id="find in egress" icon={<Network aria-hidden />} onChosen={go(flowsPath(whole))}>
          <span className="shrink-0">Find in Egress</span>
          <HostileText text={whole} max={60} className="min-w-0 truncate font-mono text-muted" />
        </PaletteItem>
        <PaletteItem id="filter live" icon={<ListFilter aria-hidden />} onChosen={go(livePath(whole))}>
          <span className="shrink-0">Filter Live by</span>
          <HostileText text={whole} max={60} className="min-w-0 truncate font-mono text-muted" />
        </PaletteItem>
      </PaletteGroup>
    </>
  )
}

function livePath(words: string): string {
  return `/live?${new URLSearchParams({ q: words })}`
}

function flowsPath(words: string): string {
  return `/egress?${new URLSearchParams({ tab: 'flows', q: words })}`
}

function Commands({ shown, close }: { shown: readonly PaletteCommand[]; close: () => void }) {
  if (shown.length === 0) return null
  return (
    <PaletteGroup heading="Do">
      {shown.map(({ name, icon, run }) => (
        <PaletteItem
          key={name}
          id={`command ${name}`}
          icon={icon}
          onChosen={() => {
            close()
            run()
          }}
        >
          {name}
        </PaletteItem>
      ))}
    </PaletteGroup>
  )
}

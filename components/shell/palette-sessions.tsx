'use client'
// The palette's sessions, each with what the words ask of it. What is asked is looked at again when it is chosen: a row goes on changing.
import {
  ArrowRight,
  Ban,
  Camera,
  CirclePause,
  type LucideIcon,
  Pause,
  Play,
  RotateCcw,
  Skull,
  Unlock,
} from 'lucide-react'
import { useRouter } from 'next/navigation'
import { toast } from 'sonner'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useWhyNotControl } from '../containment/use-role.ts'
import { useControl } from '../controls/use-control.ts'
import { useLive } from '../live/live-context.tsx'
import { sessionPath } from '../sessions/session-path.ts'
import { deedsOf, type PaletteDeed } from './palette-deeds.ts'
import { PaletteGroup, PaletteItem, SessionAside, SessionLabel, Why } from './palette-items.tsx'
import type { Verb, Wish } from './palette-wish.ts'

const icons: Readonly<Record<Verb, LucideIcon>> = {
  pause: Pause,
  resume: Play,
  contain: CirclePause,
  release: Unlock,
  revoke: Ban,
  restore: RotateCcw,
  snapshot: Camera,
  end: Skull,
}

type Props = { rows: readonly SessionRow[]; wish: Wish; close: () => void }

export function PaletteSessions({ rows, wish, close }: Props) {
  const router = useRouter()
  const ask = useControl()
  const { store } = useLive()
  const whyNot = useWhyNotControl()
  const go = (row: SessionRow) => {
    close()
    router.push(sessionPath(row.session))
  }
  const choose = (row: SessionRow, deed: PaletteDeed) => {
    if (deed.how === 'page') return go(row)
    close()
    const fresh = store.newest().rows.get(row.session) ?? row
    const now = deedsOf(fresh, wish).find((each) => each.label === deed.label)
    if (now?.how === 'ask') return void ask(fresh, now.ask)
    toast.info(`${deed.label} was not asked`, { description: 'The session changed meanwhile. Look at it again.' })
  }
  if (rows.length === 0) return null
  const acts = wish.verb !== undefined || wish.words.length > 0
  return (
    <PaletteGroup heading="Sessions">
      {rows.flatMap((row) => {
        const opens = (
          <PaletteItem
            key={row.session}
            id={`go ${row.session}`}
            icon={<ArrowRight aria-hidden />}
            onChosen={() => go(row)}
          >
            <SessionLabel row={row} /> <SessionAside row={row} />
          </PaletteItem>
        )
        const deeds = (acts ? deedsOf(row, wish) : []).map((deed) => {
          const Icon = icons[deed.verb]
          const off = deed.how === 'no' ? deed.why : deed.how === 'ask' ? whyNot : undefined
          return (
            <PaletteItem
              key={`${row.session} ${deed.label}`}
              id={`do ${deed.label} ${row.session}`}
              icon={<Icon aria-hidden />}
              disabled={off !== undefined}
              onChosen={() => choose(row, deed)}
            >
              <span className="flex min-w-0 shrink-0 items-baseline gap-1.5">
                {deed.label} <span className="text-muted">{ofWord(deed.verb)}</span>
              </span>
              <SessionLabel row={row} />
              <Why text={off ?? (deed.how === 'page' ? deed.why : '')} />
            </PaletteItem>
          )
        })
        // Who typed the verb wants the deed first; who typed a name wants to look first.
        return wish.verb === undefined ? [opens, ...deeds] : [...deeds, opens]
      })}
    </PaletteGroup>
  )
}

function ofWord(verb: Verb): string {
  return verb === 'revoke' || verb === 'restore' || verb === 'snapshot' ? 'of' : ''
}

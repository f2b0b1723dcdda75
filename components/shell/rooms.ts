// The rooms of the console: one line here is a place in the rail, a command of the palette, a key after `g` and a line of the help.
import {
  Activity,
  ChartLine,
  CirclePause,
  Cpu,
  Fingerprint,
  FlaskConical,
  History,
  type LucideIcon,
  Network,
  Plug,
  ScrollText,
  Settings,
  ShieldQuestionMark,
  Siren,
} from 'lucide-react'

type Room = {
  href: `/${string}`
  /** As the heading and the palette say it. */
  name: string
  /** As the rail says it, where that is shorter. */
  short?: string
  /** As the rail says it at the bottom of a phone, where each has 40 px. */
  tiny?: string
  icon: LucideIcon
  /** Key after `g`; never `g` itself. Free: all but those below. */
  key: string
  /** Beginnings of paths that belong to it, besides its own. */
  holds?: readonly string[]
  /** Not in the rail of a phone, which has room for what is done at night. */
  isWide?: true
}

export const rooms = [
  { href: '/live', name: 'Live', icon: Activity, key: 'l', holds: ['/sessions/'] },
  { href: '/approvals', name: 'Approvals', tiny: 'Waiting', icon: ShieldQuestionMark, key: 'a' },
  { href: '/incidents', name: 'Incidents', tiny: 'Incid.', icon: Siren, key: 'i' },
  { href: '/containments', name: 'Containments', short: 'Held', icon: CirclePause, key: 'c' },
  { href: '/gpus', name: 'GPUs', icon: Cpu, key: 'u' },
  { href: '/egress', name: 'Egress', icon: Network, key: 'e' },
  { href: '/rules', name: 'Rules', icon: ScrollText, key: 'r', isWide: true },
  { href: '/replay', name: 'Replay', icon: History, key: 'b', isWide: true },
  { href: '/sources', name: 'Sources', icon: Plug, key: 'o', isWide: true },
  { href: '/drills', name: 'Drills', icon: FlaskConical, key: 'd', isWide: true },
  { href: '/numbers', name: 'Numbers', icon: ChartLine, key: 'n', isWide: true },
  { href: '/audit', name: 'Audit', icon: Fingerprint, key: 't', isWide: true },
  { href: '/settings', name: 'Settings', icon: Settings, key: 's' },
] as const satisfies readonly Room[]

export type RoomShortcut = `g ${(typeof rooms)[number]['key']}`

export function roomOfKey(key: string): RoomShortcut | undefined {
  const room = rooms.find((each) => each.key === key)
  return room && `g ${room.key}`
}

/** The room that a path is in. */
export function isIn(room: Room, path: string): boolean {
  return path.startsWith(room.href) || (room.holds ?? []).some((start) => path.startsWith(start))
}

// Icons of the activity stream; decorative, the sentence says it.
import {
  Bot,
  Camera,
  CircleAlert,
  CirclePause,
  Clock,
  Cpu,
  Eye,
  FileText,
  Gauge,
  GitFork,
  Globe,
  GraduationCap,
  Link2,
  LogIn,
  type LucideIcon,
  MessageSquare,
  Network,
  OctagonPause,
  RadioTower,
  ScrollText,
  ShieldAlert,
  ShieldEllipsis,
  ShieldOff,
  SquareTerminal,
  Terminal,
  TriangleAlert,
  Users,
  Webhook,
} from 'lucide-react'
import { classNames } from '../ui/class-names.ts'
import type { EventIcon as Name } from './event-kind.ts'

const icons: Readonly<Record<Name, LucideIcon>> = {
  action: Terminal,
  model: Bot,
  message: MessageSquare,
  process: GitFork,
  escape: TriangleAlert,
  session: SquareTerminal,
  network: Network,
  host: RadioTower,
  gpu: Cpu,
  control: CirclePause,
  observed: Eye,
  restriction: ShieldOff,
  hold: Clock,
  evidence: Camera,
  gate: ShieldEllipsis,
  containment: OctagonPause,
  proposal: Users,
  webhook: Webhook,
  gap: CircleAlert,
  audit: ScrollText,
  alert: ShieldAlert,
  tie: Link2,
  lookup: Globe,
  file: FileText,
  login: LogIn,
  trainer: GraduationCap,
  metric: Gauge,
  clock: Clock,
}

export function EventIcon({ name, className }: { name: Name; className?: string }) {
  const Icon = icons[name]
  return <Icon aria-hidden className={classNames('size-3.5 shrink-0 text-muted', className)} />
}

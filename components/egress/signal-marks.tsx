// How bad a source says a fact is, and whether it was let through: icon and word together. Red is for critical and high alone.
import { Ban, Check, CircleAlert, Info, type LucideIcon, Siren, TriangleAlert } from 'lucide-react'
import type { Severity } from '../../server/protocol/signal.ts'
import { classNames } from '../ui/class-names.ts'
import type { OutcomeWords } from './row-words.ts'

const looks: Readonly<Record<Severity, { icon: LucideIcon; text: string }>> = {
  critical: { icon: Siren, text: 'font-medium text-critical' },
  high: { icon: TriangleAlert, text: 'font-medium text-critical' },
  medium: { icon: CircleAlert, text: 'text-warn' },
  low: { icon: Info, text: 'text-muted' },
  info: { icon: Info, text: 'text-muted' },
}

export function SeverityMark({ severity }: { severity: Severity }) {
  const { icon: Icon, text } = looks[severity]
  return (
    <span className={classNames('inline-flex shrink-0 items-center gap-1', text)}>
      <Icon aria-hidden className="size-3 shrink-0" />
      {severity}
    </span>
  )
}

export function OutcomeMark({ outcome: { word, stopped } }: { outcome: OutcomeWords }) {
  const Icon = stopped ? Ban : Check
  return (
    <span
      title={stopped ? 'it did not get through' : 'it got through'}
      className={classNames('inline-flex shrink-0 items-center gap-1', stopped ? 'text-frozen' : 'text-muted')}
    >
      <Icon aria-hidden className="size-3 shrink-0" />
      {word}
    </span>
  )
}

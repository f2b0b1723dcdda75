// How bad a reason is: icon and word together. Red is for critical and high alone.
import { CircleAlert, Info, type LucideIcon, Siren, TriangleAlert } from 'lucide-react'
import type { FlagSeverity } from '../../server/protocol/flag.ts'
import { classNames } from '../ui/class-names.ts'

const looks: Readonly<Record<FlagSeverity, { icon: LucideIcon; text: string }>> = {
  critical: { icon: Siren, text: 'font-medium text-critical' },
  high: { icon: TriangleAlert, text: 'font-medium text-critical' },
  medium: { icon: CircleAlert, text: 'text-warn' },
  low: { icon: Info, text: 'text-muted' },
  informational: { icon: Info, text: 'text-muted' },
}

export function SeverityMark({ severity }: { severity: FlagSeverity }) {
  const { icon: Icon, text } = looks[severity]
  return (
    <span className={classNames('inline-flex shrink-0 items-center gap-1 text-sm', text)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {severity}
    </span>
  )
}

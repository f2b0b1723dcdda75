// Small marks of a rule: how loud it is, what makes it other than its text says, how often it fired each day.
import {
  CircleAlert,
  CirclePause,
  CircleSlash,
  Filter,
  Info,
  type LucideIcon,
  PencilLine,
  Siren,
  TriangleAlert,
} from 'lucide-react'
import type { FlagSeverity } from '../../server/protocol/flag.ts'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { barHeights, type StateMark, stateMarks } from './rule-words.ts'

const looks: Readonly<Record<FlagSeverity, { icon: LucideIcon; text: string }>> = {
  critical: { icon: Siren, text: 'font-medium text-critical' },
  high: { icon: TriangleAlert, text: 'font-medium text-critical' },
  medium: { icon: CircleAlert, text: 'text-warn' },
  low: { icon: Info, text: 'text-muted' },
  informational: { icon: Info, text: 'text-muted' },
}

export function SeverityWord({ severity, className }: { severity: FlagSeverity; className?: string }) {
  const { icon: Icon, text } = looks[severity]
  return (
    <span className={classNames('inline-flex shrink-0 items-baseline gap-1', text, className)}>
      <Icon aria-hidden className="size-3 shrink-0 self-center" />
      {severity}
    </span>
  )
}

const markIcons: Readonly<Record<StateMark, LucideIcon>> = {
  off: CircleSlash,
  automatic: CirclePause,
  exceptions: Filter,
  edited: PencilLine,
}

export function StateMarks({ rule, className }: { rule: RuleView; className?: string }) {
  const marks = stateMarks(rule)
  if (marks.length === 0) return <span className="text-muted">—</span>
  return (
    <span className={classNames('flex min-w-0 flex-wrap gap-x-2.5 gap-y-0.5 text-sm', className)}>
      {marks.map(({ mark, word, means }) => {
        const Icon = markIcons[mark]
        return (
          <span
            key={mark}
            title={means}
            className={classNames('inline-flex items-center gap-1', mark === 'off' ? 'text-warn' : 'text-muted')}
          >
            <Icon aria-hidden className="size-3 shrink-0" />
            {word}
          </span>
        )
      })}
    </span>
  )
}

const bar = { width: 5, gap: 2, height: 16 }

/** Seven days, oldest first. Decorative: the number stands beside it. */
export function DayBars({ perDay }: { perDay: readonly number[] }) {
  const title = perDay.length > 0 ? `${plural(perDay.at(-1) ?? 0, 'flag')} today; seven days, UTC` : undefined
  return (
    <svg aria-hidden width={perDay.length * (bar.width + bar.gap)} height={bar.height} className="shrink-0 text-muted">
      {title && <title>{title}</title>}
      {barHeights(perDay).map((share, index) => {
        const height = Math.max(1, Math.round(share * bar.height))
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a day has no identity beyond its place
            key={index}
            x={index * (bar.width + bar.gap)}
            y={bar.height - height}
            width={bar.width}
            height={height}
            fill="currentColor"
            opacity={share === 0 ? 0.35 : 0.9}
          />
        )
      })}
    </svg>
  )
}

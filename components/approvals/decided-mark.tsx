// What became of an approval: icon and word together.
import { Ban, Check, CircleSlash, Hourglass, type LucideIcon, PencilLine } from 'lucide-react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { classNames } from '../ui/class-names.ts'
import { type DecidedTone, decidedWords } from './approval-words.ts'

type Decided = NonNullable<ApprovalView['decided']>

export const textOfTone: Readonly<Record<DecidedTone, string>> = {
  ok: 'text-ok',
  critical: 'text-critical',
  warn: 'text-warn',
  info: 'text-info',
  quiet: 'text-muted',
}

export const decidedIcons: Readonly<Record<Decided['decision'], LucideIcon>> = {
  approved: Check,
  edited: PencilLine,
  denied: Ban,
  expired: Hourglass,
  withdrawn: CircleSlash,
}

export function DecidedMark({ decided, className }: { decided: Decided; className?: string }) {
  const { word, tone } = decidedWords(decided)
  const Icon = decidedIcons[decided.decision]
  return (
    <span className={classNames('inline-flex shrink-0 items-center gap-1', textOfTone[tone], className)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {word}
    </span>
  )
}

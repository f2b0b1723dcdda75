// Small icons of what is taken away from a session; each with its sentence, red where it is not in force.
import { CircleAlert, Cpu, FolderLock, GlobeOff, KeyRound, type LucideIcon, SquareTerminal } from 'lucide-react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { Restriction } from '../../server/protocol/control.ts'
import { classNames } from '../ui/class-names.ts'
import { type MarkTone, restrictionMarks } from './restriction-words.ts'

export const textOfMark: Readonly<Record<MarkTone, string>> = {
  revoked: 'text-revoked',
  warn: 'text-warn',
  critical: 'font-medium text-critical',
}
const icons: Readonly<Partial<Record<Restriction, LucideIcon>>> = {
  network: GlobeOff,
  gpu: Cpu,
  shell: SquareTerminal,
  files: FolderLock,
  credentials: KeyRound,
}

export function RestrictionMarks({ row, className }: { row: SessionRow; className?: string }) {
  const marks = restrictionMarks(row)
  if (marks.length === 0) return null
  return (
    <span className={classNames('inline-flex shrink-0 items-center gap-1', className)}>
      {marks.map(({ restriction, tone, sentence }) => {
        const Icon = icons[restriction] ?? CircleAlert
        return (
          <span key={restriction} title={sentence} className={classNames('inline-flex', textOfMark[tone])}>
            <Icon aria-hidden className="size-3.5" />
            <span className="sr-only">{sentence}</span>
          </span>
        )
      })}
    </span>
  )
}

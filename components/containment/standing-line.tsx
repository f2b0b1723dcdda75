'use client'
// One containment in a line: what may be said of it, what it means, and the server's counts of what was observed.
import { CircleAlert, Hourglass, LockOpen, type LucideIcon, OctagonPause } from 'lucide-react'
import type { ContainmentView } from '../../server/protocol/control-views.ts'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { selectorWords } from './selector-words.ts'
import { type Part, type StandingTone, standingParts, standingWord } from './standing-words.ts'

export const toneClass: Readonly<Record<StandingTone, string>> = {
  frozen: 'text-frozen',
  warn: 'text-warn',
  critical: 'font-medium text-critical',
  quiet: 'text-muted',
}
const iconOf: Readonly<Record<StandingTone, LucideIcon>> = {
  frozen: OctagonPause,
  warn: Hourglass,
  critical: CircleAlert,
  quiet: LockOpen,
}

export function StandingIcon({ tone, className }: { tone: StandingTone; className?: string }) {
  const Icon = iconOf[tone]
  return <Icon aria-hidden className={classNames('size-4 shrink-0', toneClass[tone], className)} />
}

export function StandingName({ view, named = 3 }: { view: ContainmentView; named?: number }) {
  const { text, tone } = standingWord(view)
  return (
    <span className="flex min-w-0 items-center gap-2">
      <StandingIcon tone={tone} />
      <span className="min-w-0 truncate">
        <strong className={classNames('font-semibold', toneClass[tone])}>{text}</strong>
        {': '}
        <HostileText text={selectorWords(view.selector, named)} max={160} className="font-medium" />
      </span>
    </span>
  )
}

/** `10 of 12 enforced · 1 in part or failed`, each in its colour. */
export function Parts({ parts, className }: { parts: readonly Part[]; className?: string }) {
  return (
    <span className={classNames('text-sm', className)}>
      {parts.map((part, index) => (
        <span key={part.text}>
          {index > 0 && <span className="text-faint"> · </span>}
          <span className={toneClass[part.tone]}>{part.text}</span>
        </span>
      ))}
    </span>
  )
}

export function StandingParts({ view }: { view: ContainmentView }) {
  return <Parts parts={standingParts(view)} />
}

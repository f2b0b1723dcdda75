// How sure a conclusion is: icon, word and colour together. Shown on the line of the conclusion and on the chips of its action.
import { CircleCheck, CircleDashed, CircleDot, type LucideIcon } from 'lucide-react'
import type { TieLevel } from '../../server/protocol/signal.ts'
import { classNames } from '../ui/class-names.ts'
import { levelSentence } from './attribution-words.ts'

const looks: Readonly<Record<TieLevel, { icon: LucideIcon; badge: string; text: string }>> = {
  confirmed: { icon: CircleCheck, badge: 'border-ok/30 bg-ok/10 text-ok', text: 'text-ok' },
  likely: { icon: CircleDot, badge: 'border-info/30 bg-info/10 text-info', text: 'text-info' },
  // Hollow: it may well be another.
  possible: { icon: CircleDashed, badge: 'border-warn/60 border-dashed text-warn', text: 'text-warn' },
}

export function TieLevelIcon({ level, className }: { level: TieLevel; className?: string }) {
  const { icon: Icon, text } = looks[level]
  return <Icon aria-hidden className={classNames('size-3 shrink-0', text, className)} />
}

export function TieBadge({ level, words, replaced }: { level: TieLevel; words: string; replaced: boolean }) {
  const { icon: Icon, badge } = looks[level]
  return (
    <span
      title={replaced ? 'a later conclusion takes its place' : levelSentence[level]}
      className={classNames(
        'inline-flex shrink-0 items-center gap-1 whitespace-nowrap rounded-sm border px-1.5 text-xs',
        replaced ? 'border-line text-muted' : badge,
      )}
    >
      <Icon aria-hidden className="size-3 shrink-0" />
      <span className={replaced ? 'line-through' : ''}>{words}</span>
      {replaced && ' replaced later'}
    </span>
  )
}

// A session's state as an icon, a colour and a word: never the colour alone.
import { CirclePlay, CircleSlash, Hourglass, type LucideIcon, Radio, Snowflake, Unplug } from 'lucide-react'
import type { ExecutionState } from '../../server/protocol/browser-messages.ts'
import { classNames } from '../ui/class-names.ts'

type Face = { icon: LucideIcon; tone: string; word: string; sentence: string }

export const stateFace: Readonly<Record<ExecutionState, Face>> = {
  running: { icon: CirclePlay, tone: 'text-ok', word: 'Running', sentence: 'Running' },
  pausing: { icon: Hourglass, tone: 'text-warn', word: 'Pausing', sentence: 'Pause asked, not confirmed' },
  paused: { icon: Snowflake, tone: 'text-frozen', word: 'Paused', sentence: 'Paused, read from the host' },
  resuming: { icon: Hourglass, tone: 'text-warn', word: 'Resuming', sentence: 'Resume asked, not confirmed' },
  ended: { icon: CircleSlash, tone: 'text-faint', word: 'Ended', sentence: 'Ended' },
  silent: {
    icon: Unplug,
    tone: 'text-warn',
    word: 'Host silent',
    sentence: 'Its host does not answer; nothing newer is known',
  },
  reported: {
    icon: Radio,
    tone: 'text-info',
    word: 'Reported',
    sentence: 'Known from telemetry only; no host holds it',
  },
}

export function StateIcon({ state, className }: { state: ExecutionState; className?: string }) {
  const { icon: Icon, tone, sentence } = stateFace[state]
  return (
    <span title={sentence} className={classNames('inline-flex', tone)}>
      <Icon aria-hidden className={classNames('size-4', className)} />
      <span className="sr-only">{sentence}</span>
    </span>
  )
}

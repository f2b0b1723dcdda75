// A session's state as an icon, a colour and a word: never the colour alone.
import {
  CircleAlert,
  CirclePlay,
  CircleSlash,
  Hourglass,
  type LucideIcon,
  Radio,
  Snowflake,
  Unplug,
} from 'lucide-react'
import type { ExecutionState, SessionRow } from '../../server/protocol/browser-messages.ts'
import { openTroubleOf } from '../controls/control-trouble.ts'
import { classNames } from '../ui/class-names.ts'

type Face = { icon: LucideIcon; tone: string; word: string; sentence: string }

const stateFace: Readonly<Record<ExecutionState, Face>> = {
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

const pausedInPart: Face = {
  icon: CircleAlert,
  tone: 'text-critical',
  word: 'Paused in part',
  sentence: 'Paused in part: processes run outside its cgroup',
}

/** A control that did not happen is the first thing to know of a row; what the host last read is in its notice. */
export function faceOf(row: SessionRow): Face {
  // The cgroup is frozen, and something of the session runs on: the bare word would claim more than was read.
  if (row.state === 'paused' && row.escapedCount > 0) return pausedInPart
  const trouble = openTroubleOf(row)
  const face = stateFace[row.state]
  if (!trouble) return face
  const asking = row.state === 'pausing' || row.state === 'resuming'
  const sentence = asking ? trouble.word : `${face.sentence}. ${trouble.word}`
  // What the host read stays the word; only "asked" is replaced, because nothing is asked any more.
  return { icon: CircleAlert, tone: 'text-critical', word: asking ? trouble.word : face.word, sentence }
}

export function StateIcon({ row, className }: { row: SessionRow; className?: string }) {
  const { icon: Icon, tone, sentence } = faceOf(row)
  return (
    <span title={sentence} className={classNames('inline-flex', tone)}>
      <Icon aria-hidden className={classNames('size-4', className)} />
      <span className="sr-only">{sentence}</span>
    </span>
  )
}

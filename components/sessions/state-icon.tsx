// A session's state as an icon, a colour and a word: never the colour alone.
import {
  CircleAlert,
  CirclePlay,
  CircleSlash,
  Hourglass,
  type LucideIcon,
  OctagonPause,
  Radio,
  Snowflake,
  Unplug,
} from 'lucide-react'
import type { ExecutionState, SessionRow } from '../../server/protocol/browser-messages.ts'
import { stepName } from '../../server/protocol/control.ts'
import { type ContainmentState, containmentOf } from '../controls/containment-state.ts'
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

const containedFace: Readonly<Record<ContainmentState['state'], Face>> = {
  contained: {
    icon: OctagonPause,
    tone: 'text-frozen',
    word: 'Contained',
    sentence: 'Contained: egress dropped and frozen, read from the host',
  },
  containing: {
    icon: Hourglass,
    tone: 'text-warn',
    word: 'Containing…',
    sentence: 'Containment asked, not all of it confirmed',
  },
  partly: {
    icon: CircleAlert,
    tone: 'text-critical',
    word: 'Contained in part',
    sentence: 'Contained in part: something of it is not in force',
  },
}

/** That tool calls are held is added only where the receipt of this very hold says that it was observed. */
function faceOfContainment({ control }: SessionRow, { state, hold }: ContainmentState): Face {
  const face = containedFace[state]
  const held =
    control?.control === hold.control && control.steps.some((step) => step.name === stepName.actionsHeld && step.ok)
  return state === 'contained' && held ? { ...face, sentence: `${face.sentence}; tool calls held` } : face
}

/** A control that did not happen is the first thing to know of a row; what the host last read is in its notice. */
export function faceOf(row: SessionRow): Face {
  // The cgroup is frozen, and something of the session runs on: the bare word would claim more than was read.
  if (row.state === 'paused' && row.escapedCount > 0)
    return row.holds.some((hold) => hold.action === 'contain') ? containedFace.partly : pausedInPart
  const containment = containmentOf(row)
  const trouble = openTroubleOf(row)
  const face = containment ? faceOfContainment(row, containment) : stateFace[row.state]
  if (!trouble || containment?.state === 'partly') return face
  if (containment?.state === 'contained' && trouble.action === 'contain') {
    const word = 'Contained, not verified'
    return { icon: CircleAlert, tone: 'text-critical', word, sentence: `${face.sentence}. ${trouble.word}` }
  }
  const asking = !containment && (row.state === 'pausing' || row.state === 'resuming')
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

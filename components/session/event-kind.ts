// How one kind of event is told: its icon, its tab, its sentence. The tables beside this file are made of these.
import type { TieLevel } from '../../server/protocol/signal.ts'
import type { Data, SentencePart, Tone } from './event-words.ts'

export type Tab = 'actions' | 'processes' | 'network' | 'operators'
export type EventIcon =
  | 'action'
  | 'model'
  | 'message'
  | 'process'
  | 'escape'
  | 'session'
  | 'network'
  | 'host'
  | 'gpu'
  | 'control'
  | 'observed'
  | 'restriction'
  | 'hold'
  | 'evidence'
  | 'gate'
  | 'containment'
  | 'proposal'
  | 'webhook'
  | 'gap'
  | 'audit'
  | 'alert'
  | 'tie'
  | 'lookup'
  | 'file'
  | 'login'
  | 'trainer'
  | 'metric'
  | 'clock'

/** How sure a conclusion is, and what is said beside it: `0.8 s after the call began`. Our own words only. */
export type TieMark = { level: TieLevel; words: string; when: string }

export type Kind = {
  icon: EventIcon
  tab: Tab | ((data: Data) => Tab)
  say: (data: Data) => SentencePart[]
  /** The short word at the right: result, duration, size. */
  aside?: (data: Data) => string
  tone?: (data: Data) => Tone
  /** Stands after the sentence and is never cut with it. */
  mark?: (data: Data) => TieMark | undefined
  /** What makes it less than it seems; stands under the sentence and is never cut with it. Hostile text. */
  caution?: (data: Data) => string
}

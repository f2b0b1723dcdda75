// What the server and its thread for the past say to each other. Both are the same build, so nothing is parsed; everything is plain data.
import type { Frame } from './protocol/browser-messages.ts'
import type { ReplayMoment, ReplayWatch } from './protocol/replay-messages.ts'
import type { PastReading } from './web/ports.ts'

export type ToPast = {
  /** Of the log as the server has written it by now: no moment lies beyond it. */
  headSeq: number
  /** How long frames are apart now: the server knows how busy it is. */
  gapMs: number
} & (
  | { ask: 'read'; id: number; reading: PastReading; query: object; atMs: number }
  | { ask: 'watch'; id: number; replay: number; number: number; look: ReplayWatch }
  | { ask: 'play'; id: number; replay: number; speed: number }
  | { ask: 'stop'; id: number; replay: number }
  | { ask: 'painted'; replay: number; n: number }
  | { ask: 'close'; replay: number }
  /** Nobody waits for that answer any more. */
  | { ask: 'forget'; id: number }
)

export type PlainError = { name: string; message: string; problem?: { status: number; title: string } }

export type FromPast =
  | { told: 'answer'; id: number; value: unknown }
  | { told: 'failed'; id: number; error: PlainError }
  | { told: 'frame'; replay: number; frame: Frame }
  | { told: 'moment'; replay: number; moment: ReplayMoment }
  | { told: 'fault'; context: string; error: string }

export type PastWorkerData = { connectionString: string; partition: number }

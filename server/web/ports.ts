// What the web layer needs from the rest of the server, as small interfaces; `server/main.ts` hands in the real ones.
import type { Sender } from '../control/admit-event.ts'
import type { Touched } from '../model/reduce.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { SamplePoint } from '../protocol/browser-messages.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { Sample } from '../protocol/sample.ts'
import type { Trust } from '../protocol/trust.ts'

export type PipelinePort = {
  readonly state: ConsoleState
  submit(submission: {
    sender: Sender
    events: readonly EventInput[]
    stream?: { stream: string; host: string; fromN: number }
    trust?: Trust
  }): Promise<{ accepted: number; duplicates: number; rejected: { index: number; reason: string }[]; headSeq: number }>
  /** `ordinary`: never before an urgent command (the default), for what an agent can ask as often as it likes. */
  command<R>(
    decide: (state: ConsoleState) => { result: R; events: EventInput[]; trust: Trust },
    options?: { lane?: 'urgent' | 'ordinary' },
  ): Promise<R>
  onCommit(listener: (announcement: { events: StoredEvent[]; touched: Touched }) => void): void
  streamPosition(host: string, stream: string): number
  queuedRows(): number
}

export type SamplesPort = {
  readonly history: SampleHistory
  add(samples: readonly Sample[], host: string): void
  onPoints(
    listener: (points: { session: SessionId; point: SamplePoint }[], gpuHosts: ReadonlySet<string>) => void,
  ): void
}

/** Reading the log. */
export type EventReader = {
  sessionEvents(query: {
    session: SessionId
    afterSeq?: number | undefined
    beforeSeq?: number | undefined
    kinds?: string[] | undefined
    limit: number
    /** Bytes of event data at most; at least one event is answered. */
    bytesMax?: number | undefined
  }): Promise<{ events: StoredEvent[]; more: boolean }>
  /** A state with this one session, rebuilt from the log alone, for sessions that left memory; undefined when the log does not know it. */
  sessionFromLog(session: SessionId): Promise<ConsoleState | undefined>
  sessionPoints(session: SessionId, limit: number): Promise<SamplePoint[]>
}

export type Clock = { nowMs(): number }

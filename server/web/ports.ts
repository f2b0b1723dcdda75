// What the web layer needs from the rest of the server, as small interfaces; `server/main.ts` hands in the real ones.
import type { Sender } from '../control/admit-event.ts'
import type { Touched } from '../model/reduce.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { SamplePoint } from '../protocol/browser-messages.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { MarkWhat, ReplayMarks } from '../protocol/replay-messages.ts'
import type { GpuSample, Sample } from '../protocol/sample.ts'
import type { FormatView, SourceView } from '../protocol/source-view.ts'
import type { Trust } from '../protocol/trust.ts'

export type PipelinePort = {
  readonly state: ConsoleState
  submit(submission: {
    sender: Sender
    events: readonly EventInput[]
    stream?: { stream: string; host: string; fromN: number }
    trust?: Trust
    source?: string
  }): Promise<{ accepted: number; duplicates: number; rejected: { index: number; reason: string }[]; headSeq: number }>
  /** `ordinary`: never before an urgent command (the default), for what an agent can ask as often as it likes. */
  command<R>(
    decide: (state: ConsoleState) => { result: R; events: EventInput[]; trust: Trust; own?: EventInput[] },
    options?: { lane?: 'urgent' | 'ordinary'; about?: string },
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
    /** Text that stands in their data, whatever its case; where looking ended before the session did, `lookedTo` says where to go on. */
    text?: string | undefined
    limit: number
    /** Bytes of event data at most; at least one event is answered. */
    bytesMax?: number | undefined
  }): Promise<{ events: StoredEvent[]; more: boolean; lookedTo?: number }>
  /** A state with this one session, rebuilt from the log alone, for sessions that left memory; undefined when the log does not know it. */
  sessionFromLog(session: SessionId): Promise<ConsoleState | undefined>
  /** `untilMs`: none newer. */
  sessionPoints(session: SessionId, limit: number, untilMs?: number): Promise<SamplePoint[]>
}

/** A state of the past, as one looker holds it. */
export type Past = {
  readonly state: ConsoleState
  readonly seq: number
  /** Applies the next events that were seen at or before `untilMs`, at most `max`; the state is this looker's own from then on. */
  advance(
    untilMs: number,
    max: number,
  ): Promise<{ events: StoredEvent[]; touched: Touched; nextAtMs: number | undefined }>
  /** Gives it back; it may be kept for the next who looks there. */
  close(): void
}

/** Looking back. */
export type PastPort = {
  /** The state when everything seen at or before `atMs` had been applied. Throws errors named `PastBusyError` and `NotWantedError`. */
  open(atMs: number, isWanted?: () => boolean): Promise<Past>
  firstSeenAt(): Promise<number | undefined>
  marks(query: {
    fromMs: number
    toMs: number
    session?: SessionId | undefined
    bins: number
  }): Promise<ReplayMarks['marks']>
  step(query: {
    atMs: number
    direction: 'next' | 'previous'
    what?: MarkWhat | undefined
    session?: SessionId | undefined
  }): Promise<{ atMs: number; what: MarkWhat; session?: SessionId } | undefined>
}

export type Clock = { nowMs(): number }

/** What became of an input that a format's reader was given. */
export type IntakeReport = {
  records: number
  understood: { what: string; count: number }[]
  skipped: { reason: string; count: number; example: string }[]
  refused: { reason: string; count: number; example: string }[]
  events: number
  samples: number
  bytes: number
  lines: number
}

/** The sources folder, as the composition root hands it in: readers of foreign formats. */
export type Formats = {
  list(): FormatView[]
  get(format: string): FormatView | undefined
  /** Undefined for a format that is not read. */
  open(
    format: string,
    context: {
      nowMs: number
      recordedAtMs?: number | undefined
      zoneOffsetMinutes?: number | undefined
      host?: HostId | undefined
      session?: SessionId | undefined
      boundSession?: SessionId | undefined
      fileName?: string | undefined
    },
    output: {
      event(event: EventInput, line: number): void
      sample(sample: GpuSample): void
      refused(record: { line: number; reason: string; raw: string }): void
    },
  ): { push(bytes: Uint8Array): void; end(): void; counts(): IntakeReport } | undefined
}

/** Who lets facts in, and what became of them. */
export type SourcesPort = {
  idOf(format: string, name: string): string
  note(
    id: string,
    delta: {
      records: number
      events: number
      duplicates: number
      samples: number
      skipped: number
      refused: number
      bytes: number
      understood: readonly { what: string; count: number }[]
      skippedReasons: readonly { reason: string; count: number; example: string }[]
      refusedReasons: readonly { reason: string; count: number; example: string }[]
      newestAtMs?: number | undefined
    },
    refusals: readonly { line: number; reason: string; raw: string }[],
  ): void
  list(): SourceView[]
  /** Newest first. */
  refusals(id: string, limit: number): Promise<{ seenAtMs: number; line: number; reason: string; raw: string }[]>
}

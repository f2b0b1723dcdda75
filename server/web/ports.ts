// What the web layer needs from the rest of the server, as small interfaces; `server/main.ts` hands in the real ones.
import type { Sender } from '../control/admit-event.ts'
import type { UsedGpu } from '../model/gpu-course.ts'
import type { IncidentState } from '../model/incident-state.ts'
import type { IncidentTimes } from '../model/numbers/incident-times.ts'
import type { Touched } from '../model/reduce.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { ApprovalView } from '../protocol/approval.ts'
import type { Frame, SamplePoint, SessionDetail, SessionRow } from '../protocol/browser-messages.ts'
import type { DestinationDetail, DestinationPage, Listing } from '../protocol/destination-view.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import type { GpuPrices, GpuTruthView } from '../protocol/gpu-truth-view.ts'
import type { EventId, HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentDetail, IncidentId, IncidentStatus, IncidentView } from '../protocol/incident.ts'
import type { LiveFigures } from '../protocol/live-view.ts'
import type { MarkWhat, ReplayMarks, ReplayMoment, ReplaySnapshot, ReplayWatch } from '../protocol/replay-messages.ts'
import type { GpuSample, Sample } from '../protocol/sample.ts'
import type { SignalGroup, SignalView, TieView } from '../protocol/signal-view.ts'
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
  /** `first`: before whoever gave the command is answered; for waking those that wait for it and nothing else. */
  onCommit(listener: (announcement: { events: StoredEvent[]; touched: Touched }) => void, when?: 'first'): void
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
    /** None that the server saw later than then. */
    untilMs?: number | undefined
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

/** A state of the past, as one looker holds it. It stays with whoever rebuilt it: routes ask for readings of it (`PastReadings`). */
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

/**
 * What is read of a moment: plain data in and out, so that another thread may do it. Each is of the state (or the log) as everything seen at or
 * before that moment left it.
 */
export type PastReadings = {
  sessions: { query: SessionPageQuery; answer: SessionPage }
  session: { query: { id: SessionId }; answer: SessionDetail | undefined }
  approvals: { query: object; answer: ApprovalView[] }
  /** Readings come from the store, by their source's clock; users, plans and off-task time from the state. */
  gpus: { query: { samples: SampleHistory; prices: GpuPrices }; answer: GpuTruthView[] }
  /** What readings may call one GPU. */
  gpuNames: { query: { host: HostId; gpu: string }; answer: string[] | undefined }
  /** `isMore`: memory had let go of others. */
  incidentTimes: { query: object; answer: { times: IncidentTimes[]; isMore: boolean } }
  incidents: { query: { ask: IncidentsQuery; prices: GpuPrices }; answer: IncidentView[] }
  incident: {
    query: { id: IncidentId; prices: GpuPrices }
    answer: { incident: IncidentState; detail: IncidentDetail; hosts: HostId[] } | undefined
  }
  /** What the facts of an incident were worth then: the GPUs of its sessions, and of alerts the conclusion that stood. */
  incidentEvidence: {
    query: { sessions: readonly SessionId[]; gpuFacts: readonly StoredEvent[]; subjects: readonly EventId[] }
    answer: { used: UsedGpu[]; ties: Map<EventId, EventId>; headSeq: Map<number, number> }
  }
  signals: {
    query: SignalQuery
    answer: { signals: SignalView[]; more: boolean; counts: SignalCounts; sinceMs: number | undefined }
  }
  signal: { query: { id: EventId }; answer: { event: StoredEvent; tie: TieView | undefined } | undefined }
  /** `contexts`: the allowlists to compare with, as detection keeps them; `of`: in force at the moment, or now. */
  destinations: { query: { ask: DestinationsQuery } & ListsAt; answer: DestinationPage }
  /** A destination that was first seen within minutes of the moment, and before the newest 150,000 events of then, is not among the new. */
  destinationFigures: { query: object; answer: LiveFigures['destinations'] }
  destination: { query: { key: string } & ListsAt; answer: DestinationDetail | undefined }
}
type ListsAt = { contexts: object; of: 'then' | 'now' }
export type PastReading = keyof PastReadings

/** Looking back. */
export type PastPort = {
  /** Throws errors named `PastBusyError` and `NotWantedError`. */
  read<N extends PastReading>(
    reading: N,
    query: PastReadings[N]['query'],
    atMs: number,
    isWanted?: () => boolean,
  ): Promise<PastReadings[N]['answer']>
  /** One socket's looking back. */
  replay(told: ReplayTold): Replay
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

export type ReplayTold = {
  gapMs: () => number
  frame(frame: Frame): void
  moment(moment: ReplayMoment): void
  onError: (context: string, error: unknown) => void
}

export type Replay = {
  isOn(): boolean
  watch(number: number, look: ReplayWatch): Promise<ReplaySnapshot>
  play(speed: number): Promise<{ done: true }>
  stop(): Promise<{ done: true }>
  painted(n: number): void
  close(): void
}

export type SessionPageQuery = {
  state?: string | undefined
  minRisk?: number | undefined
  q?: string | undefined
  limit: number
  cursor?: number | undefined
}
export type SessionPage = { sessions: SessionRow[]; nextCursor: number | null }

export type IncidentsQuery = {
  state?: IncidentStatus | 'unresolved' | undefined
  session?: SessionId | undefined
  /** Text in its title, or in a session or host of it. */
  q?: string | undefined
  limit: number
}

export type SignalQuery = {
  groups: readonly SignalGroup[]
  tied?: boolean | undefined
  /** Text in title, addresses, names, source or session. */
  q?: string | undefined
  beforeSeq?: number | undefined
  limit: number
}
export type SignalCounts = Record<SignalGroup, { kept: number; untied: number }>

export type DestinationsQuery = {
  q?: string | undefined
  listing?: Listing | undefined
  onlyNew: boolean
  session?: string | undefined
  host?: string | undefined
  protocol?: string | undefined
  offset: number
  limit: number
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

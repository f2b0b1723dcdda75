// What was not seen, as spans on an axis of time, from the few facts that tell of it. Pure. Whatever is not known of an end stays open: a gap
// is never drawn shorter than it may have been, and no number is made up.
import type { EventOf, StoredEvent } from '../protocol/event.ts'
import type { GapSpan } from '../protocol/gap-view.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import { maskText } from '../protocol/secrets.ts'
import { dayStepMs, hourStepMs, type SourceView, silentAfterOf } from '../protocol/source-view.ts'
import { cutText } from '../protocol/text.ts'
import type { Trust } from '../protocol/trust.ts'

export const gapKinds = ['gap.recorded', 'probe.connected', 'probe.disconnected'] as const

const whyMax = 300
/** Whoever sees sessions from outside: an agent and its trainer may say as much or as little as they please. */
const sensors: ReadonlySet<Trust> = new Set(['firewall', 'kernel', 'host', 'gpu'])
/** After so long it is no gap but a source that is gone: the page of sources tells it. */
const goneMs = 24 * 3_600_000
/** Said by a server that starts: when the host was last heard before that, it cannot know. */
const restarted = 'the server was restarted'

export type GapsGiven = {
  /** In any order; of each host the newest of its probe before `fromMs` is among them, so that what went on then is known. */
  facts: readonly StoredEvent[]
  sources?: readonly SilentSource[]
  fromMs: number
  toMs: number
  /** Only what may concern this session; absent: of all that the facts tell. */
  session?: SessionId | undefined
}
export type SilentSource = Pick<
  SourceView,
  'id' | 'trust' | 'heard' | 'usualPauseMs' | 'lastSeenAtMs' | 'silentBecause'
>

/** Every span that touches the time from `fromMs` to `toMs`, by its beginning. */
export function gapSpansOf({ facts, sources = [], fromMs, toMs, session }: GapsGiven): GapSpan[] {
  const spans: GapSpan[] = []
  const away = new Map<HostId, GapSpan>()
  for (const event of [...facts].sort((a, b) => a.seq - b.seq)) {
    if (event.kind === 'gap.recorded') {
      if (session === undefined || event.session === undefined || event.session === session)
        spans.push(spanOfGap(event))
      continue
    }
    // A probe's own introduction may come out of its spool, hours old: that it is heard is for the server to say.
    if (event.host === undefined || event.trust !== 'vigil') continue
    const open = away.get(event.host)
    if (event.kind === 'probe.disconnected' && !open) {
      const span = spanOfAbsence(event, event.host, toMs)
      away.set(event.host, span)
      spans.push(span)
    } else if (event.kind === 'probe.connected' && open) {
      away.delete(event.host)
      open.toMs = Math.max(open.fromMs, event.seenAtMs)
      open.end = 'seen'
    }
  }
  for (const source of sources) spans.push(...silencesOf(source, toMs))
  return spans
    .filter((span) => span.fromMs <= toMs && (span.end === 'goes-on' || span.toMs >= fromMs))
    .map((span) => (span.end !== 'goes-on' && span.toMs <= toMs ? span : { ...span, end: 'goes-on' as const, toMs }))
    .sort((a, b) => a.fromMs - b.fromMs || a.toldAtMs - b.toldAtMs)
}

/** What one recorded gap tells. Without its times it is known only when it was told. */
export function spanOfGap(event: EventOf<'gap.recorded'>): GapSpan {
  const { stream, count, reason, fromMs, toMs } = event.data
  const told = Math.min(event.atMs, event.seenAtMs)
  const from = fromMs ?? toMs ?? told
  const to = toMs ?? Math.max(from, told)
  return {
    id: event.id,
    stream,
    scope: event.session !== undefined ? 'session' : event.host !== undefined ? 'host' : 'server',
    ...(event.host !== undefined && { host: event.host }),
    ...(event.session !== undefined && { session: event.session }),
    fromMs: Math.min(from, to),
    toMs: Math.max(from, to),
    opensBefore: fromMs === undefined,
    end: toMs === undefined ? 'unknown' : 'seen',
    toldAtMs: event.seenAtMs,
    // Nought is what is written where nobody counted.
    ...(count > 0 && { count }),
    why: said(reason),
    trust: event.trust,
  }
}

function spanOfAbsence(event: EventOf<'probe.disconnected'>, host: HostId, toMs: number): GapSpan {
  const { reason } = event.data
  return {
    id: event.id,
    stream: 'probe',
    scope: 'host',
    host,
    fromMs: event.seenAtMs,
    toMs: Math.max(event.seenAtMs, toMs),
    // Silence is noticed late, by a clock of seconds; a server that starts knows nothing of before.
    opensBefore: reason === restarted || reason === 'ping timeout',
    end: 'goes-on',
    toldAtMs: event.seenAtMs,
    why: said(reason),
    trust: event.trust,
  }
}

/** A sensor outside of the agent that kept silent for longer than is usual for it; to the minute. Of others silence says nothing. */
function silencesOf(source: SilentSource, untilMs: number): GapSpan[] {
  const { id, trust, heard, usualPauseMs, lastSeenAtMs, silentBecause } = source
  if (!heard || usualPauseMs === undefined || !sensors.has(trust)) return []
  const leastMs = silentAfterOf({ usualPauseMs })
  const span = (fromMs: number, toMs: number, end: GapSpan['end'], why: string): GapSpan => ({
    id: `${id} ${fromMs}`,
    stream: 'source',
    scope: 'server',
    source: id,
    fromMs,
    toMs,
    opensBefore: false,
    end,
    toldAtMs: toMs,
    why,
    trust,
  })
  const usual = 'nothing came from it for longer than is usual for it'
  const hourFromMs = stepsFromMs(heard.hour, hourStepMs, heard.nowMs)
  const spans = [
    ...quietRuns(heard.day, dayStepMs, heard.nowMs).filter((run) => run.toMs <= hourFromMs),
    ...quietRuns(heard.hour, hourStepMs, heard.nowMs),
  ]
    .filter((run) => run.toMs - run.fromMs >= leastMs && run.toMs <= lastSeenAtMs)
    .map((run) => span(run.fromMs, run.toMs, 'seen', usual))
  const silentMs = heard.nowMs - lastSeenAtMs
  if (silentMs > leastMs && silentMs < goneMs)
    spans.push(span(lastSeenAtMs, Math.max(lastSeenAtMs, untilMs), 'goes-on', said(silentBecause?.reason ?? usual)))
  return spans
}

const stepsFromMs = (steps: string, stepMs: number, nowMs: number) =>
  (Math.floor(nowMs / stepMs) - steps.length + 1) * stepMs

/** Whole steps in which somebody listened and nothing was heard; the last step still runs. */
function quietRuns(steps: string, stepMs: number, nowMs: number): { fromMs: number; toMs: number }[] {
  const startMs = stepsFromMs(steps, stepMs, nowMs)
  return [...steps.slice(0, -1).matchAll(/0+/g)].map(({ 0: run, index }) => ({
    fromMs: startMs + index * stepMs,
    toMs: startMs + (index + run.length) * stepMs,
  }))
}

function said(reason: string): string {
  return cutText(maskText(reason).text, whyMax)
}

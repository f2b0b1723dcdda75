// OTLP over HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, answered after commit. What was refused is said in the protocol's own partial success.
import type { Sender } from '../control/admit-event.ts'
import type { ConsoleState } from '../model/state.ts'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import type { ApiApp, ApiContext } from './api-app.ts'
import type { BodyBudget } from './body-budget.ts'
import { durableInTime } from './durable-in-time.ts'
import { bodyLimitsOf, type Caller, requireScope, senderOf } from './identity.ts'
import type { Clock, PipelinePort, SamplesPort, SourcesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { sourceNameOf } from './source-name.ts'
import { submitInTurns } from './submit-in-turns.ts'

export type OtlpSignal = 'traces' | 'logs' | 'metrics'
export type OtlpEncoding = 'protobuf' | 'json'

export type OtlpParsed = {
  events: EventInput[]
  samples?: GpuSample[]
  rejected: { reason: string; count: number }[]
  skipped: { reason: string; count: number; example: string }[]
  understood: Record<string, number>
  descriptors: Map<
    SessionId,
    { agent?: string | undefined; task?: string | undefined; labels?: Record<string, string> | undefined }
  >
  sessionOfTrace: Map<string, SessionId>
}

/** The sources folder, as the composition root hands it in. */
export type OtlpDecoder = {
  encodingOf(contentType: string | undefined): OtlpEncoding | undefined
  read(
    signal: OtlpSignal,
    body: Uint8Array,
    encoding: OtlpEncoding,
    context: {
      nowMs: number
      session?: SessionId | undefined
      sessionOfTrace: (traceId: string) => SessionId | undefined
    },
  ): { ok: true; parsed: OtlpParsed } | { ok: false; reason: string }
  answer(
    signal: OtlpSignal,
    encoding: OtlpEncoding,
    partial?: { rejected: number; message: string },
  ): Uint8Array<ArrayBuffer>
}

/** Spans of one trace come in several requests; the one that names the session may come last. */
const tracesRemembered = 20_000

export function otlpRoutes(
  pipeline: PipelinePort,
  samples: SamplesPort,
  decoder: OtlpDecoder,
  clock: Clock,
  budget: BodyBudget,
  sources: SourcesPort,
) {
  const sessionOfTrace = new Map<string, SessionId>()

  async function take(c: ApiContext, signal: OtlpSignal): Promise<Response> {
    const caller = requireScope(c.get('caller'), 'ingest')
    const encoding = decoder.encodingOf(c.req.header('content-type'))
    if (!encoding) {
      throw new ProblemError(
        415,
        'Unsupported content type',
        'OTLP over HTTP is application/x-protobuf or application/json',
      )
    }
    const answer = await budget.withBody(c.env.incoming, bodyLimitsOf(caller), (body) =>
      record(caller, signal, encoding, body),
    )
    return c.body(answer, 200, { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' })
  }

  async function record(
    caller: Caller,
    signal: OtlpSignal,
    encoding: OtlpEncoding,
    body: Buffer,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const sender = senderOf(caller)
    // One key's traces say nothing of another's: the memory is kept apart.
    const owner = ownerOf(caller)
    const read = decoder.read(signal, body, encoding, {
      nowMs: clock.nowMs(),
      session: sender.type === 'source' ? sender.session : undefined,
      sessionOfTrace: (traceId) => sessionOfTrace.get(`${owner}/${traceId}`),
    })
    if (!read.ok) throw new ProblemError(400, 'Malformed OTLP', read.reason)
    const { parsed } = read
    for (const [traceId, session] of parsed.sessionOfTrace) remember(`${owner}/${traceId}`, session)
    const events = [...introductions(pipeline.state, parsed, clock.nowMs()), ...parsed.events]
    const refused = new Map(parsed.rejected.map(({ reason, count }) => [reason, count]))
    const source = sources.idOf('otlp', sourceNameOf(caller))
    const turns = submitInTurns(
      pipeline,
      sender,
      (_index, reason) => refused.set(reason, (refused.get(reason) ?? 0) + 1),
      { source },
    )
    for (const [index, event] of events.entries()) {
      turns.add(event)
      if (index % 500 === 499) await turns.breathe()
    }
    const readings = readingsOf(sender, parsed)
    for (const [host, list] of readings) samples.add(list, host)
    const { accepted, failure } = await durableInTime(turns.finish())
    note(source, body.length, parsed, accepted, turns.duplicates(), refused)
    if (failure !== undefined) throw new ProblemError(503, 'Not durable yet', failure)
    return decoder.answer(signal, encoding, partialOf(refused))
  }

  function note(
    source: string,
    bytes: number,
    parsed: OtlpParsed,
    accepted: number,
    duplicates: number,
    refused: ReadonlyMap<string, number>,
  ): void {
    const understood = Object.entries(parsed.understood).map(([what, count]) => ({ what, count }))
    const sum = (list: readonly { count: number }[]) => list.reduce((total, { count }) => total + count, 0)
    const refusedReasons = [...refused].map(([reason, count]) => ({ reason, count, example: '' }))
    sources.note(
      source,
      {
        records: sum(understood) + sum(parsed.skipped) + sum(refusedReasons),
        events: accepted,
        duplicates,
        samples: parsed.samples?.length ?? 0,
        skipped: sum(parsed.skipped),
        refused: sum(refusedReasons),
        bytes,
        understood,
        skippedReasons: parsed.skipped,
        refusedReasons,
        newestAtMs: parsed.events.reduce<number | undefined>(
          (newest, { atMs }) => Math.max(newest ?? 0, atMs),
          undefined,
        ),
      },
      [],
    )
  }

  function remember(key: string, session: SessionId): void {
    sessionOfTrace.delete(key)
    sessionOfTrace.set(key, session)
    if (sessionOfTrace.size <= tracesRemembered) return
    for (const oldest of sessionOfTrace.keys()) {
      sessionOfTrace.delete(oldest)
      return
    }
  }

  return (app: ApiApp): void => {
    app.post('/v1/traces', (c) => take(c, 'traces'))
    app.post('/v1/logs', (c) => take(c, 'logs'))
    app.post('/v1/metrics', (c) => take(c, 'metrics'))
  }
}

/** What telemetry says of a session that is not known yet: who works in it, on what, and where. */
function introductions(state: ConsoleState, parsed: OtlpParsed, nowMs: number): EventInput[] {
  const events: EventInput[] = []
  for (const [session, { agent, task, labels = {} }] of parsed.descriptors) {
    const known = state.sessions.get(session)
    const newAgent = known?.agent === undefined ? agent : undefined
    const newTask = known?.task === undefined ? task : undefined
    const newLabels = Object.entries(labels).filter(
      ([name]) => known === undefined || !Object.hasOwn(known.labels, name),
    )
    if (newAgent === undefined && newTask === undefined && newLabels.length === 0) continue
    events.push({
      v: 1,
      kind: 'session.started',
      atMs: parsed.events.find((event) => event.session === session)?.atMs ?? nowMs,
      session,
      data: {
        held: 'none',
        abilities: [],
        ...(newAgent !== undefined && { agent: newAgent }),
        ...(newTask !== undefined && { task: newTask }),
        ...(newLabels.length > 0 && { labels: Object.fromEntries(newLabels) }),
      },
    })
  }
  return events
}

/** By host; a key that is bound to a host speaks of that one's GPUs alone. */
function readingsOf(sender: Sender, { samples = [] }: OtlpParsed): Map<string, GpuSample[]> {
  const byHost = new Map<string, GpuSample[]>()
  for (const sample of samples) {
    if (sender.type === 'source' && sender.host !== undefined && sample.host !== sender.host) continue
    byHost.set(sample.host, [...(byHost.get(sample.host) ?? []), sample])
  }
  return byHost
}

function partialOf(refused: ReadonlyMap<string, number>): { rejected: number; message: string } | undefined {
  if (refused.size === 0) return undefined
  let rejected = 0
  for (const count of refused.values()) rejected += count
  const reasons = [...refused].slice(0, 5).map(([reason, count]) => `${count} × ${reason}`)
  return { rejected, message: reasons.join('; ') }
}

function ownerOf(caller: Caller): string {
  return caller.type === 'operator' ? caller.operator.id : caller.key.id
}

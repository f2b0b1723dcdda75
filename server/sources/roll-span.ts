// Spans of ROLL's own tracing: what the trainer's driver, schedulers and workers did, and the trajectories that environments played. Spans
// hold no text of what the agent did; they say when an environment took a step, and of which episode.
// Source: ROLL's docs "OpenTelemetry Distributed Tracing"; roll/utils/telemetry.py, roll/pipeline/agentic/agentic_pipeline.py and
// env_manager/traj_env_manager.py (read at alibaba/ROLL and lostgreen/ROLL_3D): span `trajectory` of tracer `env_manager` with traj_id,
// traj_group_id, env_id, group_id, episode_id; `generate` and `step` below it; `pipeline_step` of tracer `driver` with global_step.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { badTimeReason, endedData, startedData } from './event-draft.ts'
import { countOf, defined, hostOf, sessionOf, shortText, timeMs } from './normal-values.ts'
import type { Attributes, Span, SpanGroup } from './otlp-model.ts'
import type { RecordContext, RecordSink } from './record-source.ts'

/** Steps wait for the trajectory around them, which ends, and so is written, after them. */
const waitingMax = 20_000
const trajectoriesMax = 20_000

type Waiting = { span: Span; group: SpanGroup }

export type RollSpans = {
  read(group: SpanGroup, sink: RecordSink): void
  /** Tells what still waits: without a trajectory, as work of the trainer. */
  end(sink: RecordSink): void
}

export function createRollSpans(context: RecordContext): RollSpans {
  /** By the id of the trajectory's span, in order of arrival. */
  const waiting = new Map<string, Waiting[]>()
  let waitingCount = 0
  const trajectories = new Map<string, SessionId>()

  function readSpan(span: Span, group: SpanGroup, sink: RecordSink): void {
    if (timeMs(span.startMs) === undefined || (span.endMs !== 0 && timeMs(span.endMs) === undefined)) {
      return sink.refused(badTimeReason, identityOf(span))
    }
    if (group.scope === 'env_manager' && span.name === 'trajectory') return readTrajectory(span, sink)
    const parent = span.parentSpanId
    const inTrajectory = group.scope === 'env_manager' && (span.name === 'step' || span.name === 'generate')
    if (!inTrajectory || parent === undefined) return tellWork({ span, group }, undefined, sink)
    const session = trajectories.get(parent)
    if (session !== undefined) return tellWork({ span, group }, session, sink)
    const others = waiting.get(parent)
    if (others) others.push({ span, group })
    else waiting.set(parent, [{ span, group }])
    waitingCount += 1
    if (waitingCount > waitingMax) release(waiting.keys().next().value, undefined, sink)
  }

  function release(parent: string | undefined, session: SessionId | undefined, sink: RecordSink): void {
    const released = parent === undefined ? undefined : waiting.get(parent)
    if (parent === undefined || released === undefined) return
    waiting.delete(parent)
    waitingCount -= released.length
    for (const one of released) tellWork(one, session, sink)
  }

  function readTrajectory(span: Span, sink: RecordSink): void {
    const text = (key: string) => shortText(span.attributes.get(key))
    const session =
      context.boundSession ?? sessionOf(text('traj_id')) ?? (text('traj_id') ? undefined : context.session)
    if (session === undefined) return sink.refused('trajectory without an id that can name a session', identityOf(span))
    if (trajectories.size >= trajectoriesMax) trajectories.delete(trajectories.keys().next().value ?? '')
    trajectories.set(span.spanId, session)
    release(span.spanId, session, sink)
    const labels = defined({
      trajectory: text('traj_id'),
      trajectoryGroup: text('traj_group_id'),
      env: text('env_id'),
      group: text('group_id'),
      episode: text('episode_id'),
    })
    const data = { ...defined({ name: text('traj_id'), agent: 'ROLL', held: 'none' as const }), abilities: [], labels }
    const events: EventInput[] = [{ v: 1, kind: 'session.started', atMs: span.startMs, session, data }]
    if (span.endMs >= span.startMs) {
      const reason = span.status === 'error' ? (shortText(span.statusMessage) ?? 'error') : 'trajectory ended'
      events.push({ v: 1, kind: 'session.ended', atMs: span.endMs, session, data: { reason } })
    }
    sink.understood('trajectory', { events, identity: identityOf(span) })
  }

  /** A step in the environment of a known trajectory is an action of the agent, without its text; all else is the trainer's own work. */
  function tellWork({ span, group }: Waiting, session: SessionId | undefined, sink: RecordSink): void {
    const durationMs = span.endMs >= span.startMs ? span.endMs - span.startMs : undefined
    const identity = identityOf(span)
    if (session !== undefined && span.name === 'step') {
      const call = `span ${span.spanId}`
      const tool = 'env.step'
      const ids = { traceId: span.traceId, spanId: span.spanId }
      const events: EventInput[] = [
        {
          v: 1,
          kind: 'action.started',
          atMs: span.startMs,
          session,
          data: startedData({ tool, input: '' }, call, ids),
        },
      ]
      if (durationMs !== undefined) {
        const failure = span.status === 'error' ? (shortText(span.statusMessage) ?? 'error') : undefined
        const data = endedData({ tool, output: undefined, outcome: 'unknown' }, call, failure, durationMs)
        events.push({ v: 1, kind: 'action.ended', atMs: span.endMs, session, data })
      }
      return sink.understood('step', { events, identity })
    }
    const data = defined({
      phase: shortText(span.name) ?? 'unnamed',
      worker: shortText(group.resource.get('service.instance.id')) ?? shortText(group.resource.get('service.name')),
      step: countOf(span.attributes.get('global_step')),
      level: span.status === 'error' ? ('error' as const) : undefined,
      message: shortText(span.statusMessage),
      durationMs,
      numbers: numbersOf(span.attributes),
    })
    const host = hostOf(group.resource.get('host.name')) ?? context.host
    const belongs = defined({ session: session ?? context.boundSession ?? context.session, host })
    sink.understood('work', {
      events: [{ v: 1, kind: 'trainer.reported', atMs: span.startMs, ...belongs, data }],
      identity,
    })
  }

  return {
    read(group, sink) {
      for (const span of group.spans) readSpan(span, group, sink)
    },
    end(sink) {
      for (const parent of [...waiting.keys()]) release(parent, undefined, sink)
    },
  }
}

const identityOf = (span: Span): string => `roll span ${span.traceId} ${span.spanId}`

function numbersOf(attributes: Attributes): Record<string, number> | undefined {
  const numbers = new Map<string, number>()
  for (const [key, value] of attributes) {
    if (typeof value === 'number' && key.length <= 128 && key !== '__proto__' && numbers.size < 64)
      numbers.set(key, value)
  }
  return numbers.size === 0 ? undefined : Object.fromEntries(numbers)
}

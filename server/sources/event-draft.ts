// An event before it has a session and an id; and the one place that cuts text to the log's limits and refuses impossible times.
import { type EventInput, type EventKind, eventVersion } from '../protocol/event.ts'
import { AtMs, type SessionId } from '../protocol/ids.ts'
import { cutText, longTextMax, shortTextMax } from '../protocol/text.ts'
import { actionSummary, statedExitCode } from './action-summary.ts'
import { eventIdOf } from './event-id.ts'
import type { ActionReading } from './span-reading.ts'

type DataOf<K extends EventKind> = Extract<EventInput, { kind: K }>['data']
type DraftKind = 'action.started' | 'action.ended' | 'model.called' | 'message.recorded'

/** `identity` is what makes the event the same one when it is sent again. */
export type Draft = {
  [K in DraftKind]: { kind: K; atMs: number; data: DataOf<K>; identity: readonly string[] }
}[DraftKind]

export const badTimeReason = 'time is missing or outside of the years 2000 to 2100'

export function isTime(atMs: number): boolean {
  return AtMs.safeParse(atMs).success
}

/** `boundTo` is the session that the key is bound to, or empty: it keeps one session's key from taking another's ids. */
export function eventOfDraft(draft: Draft, session: SessionId, boundTo: string): EventInput {
  const { kind, atMs, data, identity } = draft
  return { v: eventVersion, kind, atMs, id: eventIdOf(boundTo, ...identity, kind), session, data } as EventInput
}

export const short = (text: string): string => cutText(text, shortTextMax)
export const long = (text: string): string => cutText(text, longTextMax)
const maxCallLength = 256

/** `call` when it fits, else the fallback: an identity is never cut, two cut ones could be equal. */
export function callOf(call: string | undefined, fallback: string): string {
  return call !== undefined && call.length <= maxCallLength ? call : fallback
}

export function startedData(
  action: Pick<ActionReading, 'tool' | 'input'>,
  call: string,
  ids: { traceId?: string | undefined; spanId?: string | undefined },
): DataOf<'action.started'> {
  const summary = actionSummary(action.input)
  return {
    call,
    tool: short(action.tool),
    input: long(action.input),
    ...(summary === undefined ? {} : { summary }),
    ...(ids.traceId === undefined ? {} : { traceId: ids.traceId }),
    ...(ids.spanId === undefined ? {} : { spanId: ids.spanId }),
  }
}

export function endedData(
  action: Pick<ActionReading, 'tool' | 'output' | 'outcome'>,
  call: string,
  failure: string | undefined,
  durationMs: number | undefined,
): DataOf<'action.ended'> {
  const exitCode = action.output === undefined ? undefined : statedExitCode(action.output)
  const failed = failure !== undefined || (exitCode !== undefined && exitCode !== 0)
  const output = action.output ?? failure
  return {
    call,
    tool: short(action.tool),
    outcome: failed && action.outcome !== 'denied' ? 'error' : (action.outcome ?? 'ok'),
    ...(output === undefined ? {} : { output: long(output) }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(durationMs === undefined ? {} : { durationMs }),
  }
}

export function modelData(model: {
  model: string
  provider?: string | undefined
  inputTokens?: number | undefined
  outputTokens?: number | undefined
  durationMs?: number | undefined
  error?: string | undefined
}): DataOf<'model.called'> {
  return {
    model: short(model.model),
    ...(model.provider === undefined ? {} : { provider: short(model.provider) }),
    ...(model.inputTokens === undefined ? {} : { inputTokens: model.inputTokens }),
    ...(model.outputTokens === undefined ? {} : { outputTokens: model.outputTokens }),
    ...(model.durationMs === undefined ? {} : { durationMs: model.durationMs }),
    ...(model.error === undefined ? {} : { error: long(model.error) }),
  }
}

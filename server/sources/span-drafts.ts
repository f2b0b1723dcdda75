// Turns what a convention read from a span into events: a call starts when its span starts and ends when it ends.
import type { SessionId } from '../protocol/ids.ts'
import { callOf, type Draft, endedData, long, modelData, startedData } from './event-draft.ts'
import type { Span } from './otlp-model.ts'
import { type ActionReading, failureOf, type ModelReading } from './span-reading.ts'

/** `startMs` must be a valid time and `endMs` valid or 0. */
export function draftsOfAction(span: Span, action: ActionReading, session: SessionId): Draft[] {
  const { traceId, spanId, startMs, endMs } = span
  const own = ['span', traceId, spanId]
  const shared = action.identity === undefined ? own : ['shared', session, action.identity]
  const call = callOf(action.call, spanId)
  const drafts: Draft[] = [
    { kind: 'action.started', atMs: startMs, data: startedData(action, call, { traceId, spanId }), identity: shared },
  ]
  if (endMs !== 0) {
    const data = endedData(action, call, failureOf(span), durationMs(span))
    // Never shared: a log event may know the outcome better than the span, and must not be taken for a repeat.
    drafts.push({ kind: 'action.ended', atMs: endMs, data, identity: own })
  }
  return drafts
}

/** The prompt stands at the call's start; the call itself and the answer at its end. */
export function draftsOfModel(span: Span, model: ModelReading, session: SessionId): Draft[] {
  const { traceId, spanId, startMs, endMs } = span
  const own = ['span', traceId, spanId]
  const shared = model.identity === undefined ? own : ['shared', session, model.identity]
  const doneMs = endMs === 0 ? startMs : endMs
  const drafts: Draft[] = []
  if (model.prompt !== undefined) {
    const data = { role: 'user', text: long(model.prompt) } as const
    drafts.push({ kind: 'message.recorded', atMs: startMs, data, identity: [...own, 'prompt'] })
  }
  const called = modelData({ ...model, durationMs: durationMs(span) })
  drafts.push({ kind: 'model.called', atMs: doneMs, data: called, identity: shared })
  if (model.answer !== undefined) {
    const data = { role: 'assistant', text: long(model.answer) } as const
    drafts.push({ kind: 'message.recorded', atMs: doneMs, data, identity: [...own, 'answer'] })
  }
  return drafts
}

/** Undefined when the span has not ended or its clock went backwards. */
function durationMs(span: Span): number | undefined {
  return span.endMs >= span.startMs && span.endMs !== 0 ? span.endMs - span.startMs : undefined
}

// One sample of an Inspect log, that is one run of the agent: its session's start, everything that its transcript holds, its outcome.
// Start and outcome are records of their own, so that a session ends after what it did.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { callOf, endedData, startedData } from './event-draft.ts'
import { digest, messageEvent, readInspectEvent, type SampleScope, toolResult } from './inspect-event.ts'
import { createInspectText, messageRole } from './inspect-text.ts'
import {
  defined,
  fieldOf,
  isObject,
  isoToMs,
  type JsonObject,
  longText,
  numberOf,
  objectIn,
  sessionOf,
  shortText,
  timeMs,
} from './normal-values.ts'
import type { RecordContext, RecordSink } from './record-source.ts'

/** What a log says of itself, beside its samples. */
export type InspectHeader = { eval: JsonObject; status: string | undefined; stats: JsonObject; plan: JsonObject }

const nestingMax = 32
const numbersMax = 64
/** Parts of a session's name: no slash in them, so that two names cannot be the same by another cut. */
const partPattern = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,39}$/

export function inspectHeaderOf(log: unknown): InspectHeader {
  return {
    eval: objectIn(log, 'eval'),
    status: shortText(fieldOf(log, 'status')),
    stats: objectIn(log, 'stats'),
    plan: objectIn(log, 'plan'),
  }
}

/**
 * `<run id>/<task id>/<sample id>/<epoch>`. Sample ids are free text: one with other characters, or a long one, is named by its `uuid`, and
 * without one by `id-` and 16 digits of its SHA-256; label `sample` holds it as it is. A run or task id with other characters is refused.
 */
function nameOf(header: InspectHeader, sample: JsonObject): string | undefined {
  const id = shortText(fieldOf(sample, 'id'))
  const epoch = shortText(fieldOf(sample, 'epoch')) ?? '1'
  const uuid = shortText(fieldOf(sample, 'uuid'))
  const runs = ['run_id', 'task_id']
    .map((key) => shortText(fieldOf(header.eval, key)))
    .filter((part) => part !== undefined)
  if (runs.length === 0)
    runs.push(shortText(fieldOf(header.eval, 'eval_id')) ?? shortText(fieldOf(header.eval, 'task')) ?? '')
  const key = [id, uuid].find((part) => part !== undefined && partPattern.test(part)) ?? `id-${digest(id ?? '')}`
  const parts = [...runs, key, epoch]
  return id !== undefined && parts.every((part) => partPattern.test(part)) ? parts.join('/') : undefined
}

export function readInspectSample(
  sample: unknown,
  header: InspectHeader,
  context: RecordContext,
  sink: RecordSink,
): void {
  const raw = shortText(fieldOf(sample, 'id')) ?? 'sample'
  if (!isObject(sample)) return sink.refused('sample is no JSON object', raw)
  const name = nameOf(header, sample)
  const session = context.boundSession ?? context.session ?? sessionOf(name)
  if (session === undefined) return sink.refused('sample, its run or its task has no id that can name a session', raw)

  const transcript = objectIn(sample, 'transcript')
  const events = listIn(sample, 'events') ?? listIn(transcript, 'events') ?? []
  const messages = events.length === 0 ? (listIn(sample, 'messages') ?? []) : []
  const times = timesOf(sample, events, header, context)
  const attachments = isObject(fieldOf(sample, 'attachments'))
    ? objectIn(sample, 'attachments')
    : objectIn(transcript, 'content')
  // A time that we made up is part of the identity: read at another time, it is another record.
  const run = ['run_id', 'task_id', 'eval_id', 'task'].map((key) => shortText(fieldOf(header.eval, key)) ?? '')
  const place = JSON.stringify([...run, shortText(fieldOf(sample, 'id')), shortText(fieldOf(sample, 'epoch'))])
  const identity = `inspect ${place} ${fieldOf(sample, 'uuid') ?? ''} ${times.madeUp ? times.startMs : ''}`
  const scope: SampleScope = {
    session,
    identity,
    text: createInspectText(attachments),
    toolCalls: toolCallsOf(events),
    scored: Object.keys(objectIn(sample, 'scores')).length > 0 || isObject(fieldOf(sample, 'score')),
    zoneOffsetMinutes: context.zoneOffsetMinutes,
  }

  const start = startOf(sample, header, name ?? raw, session, times, messages.length > 0)
  sink.understood('sample', { events: [start], identity: `${identity} start` })
  readEvents(events, '', 0, scope, sink)
  for (const [index, given] of messages.entries()) readMessage(given, index, scope, times.startMs, sink)
  const outcome = outcomeOf(sample, header, session, times.endMs)
  sink.understood('outcome', { events: outcome, identity: `${identity} outcome ${times.endMs}` })
}

function listIn(value: unknown, key: string): readonly unknown[] | undefined {
  const list = fieldOf(value, key)
  return Array.isArray(list) ? list : undefined
}

function toolCallsOf(events: readonly unknown[]): ReadonlySet<string> {
  const calls = new Set<string>()
  for (const event of events) {
    const id = fieldOf(event, 'id')
    if (fieldOf(event, 'event') === 'tool' && typeof id === 'string') calls.add(id)
  }
  return calls
}

/** Tool calls and subtasks of older logs hold the events that happened in them. */
function readEvents(
  events: readonly unknown[],
  within: string,
  depth: number,
  scope: SampleScope,
  sink: RecordSink,
): void {
  for (const [index, event] of events.entries()) {
    const path = `${within}${index}`
    const identity = `${scope.identity} ${path} ${fieldOf(event, 'timestamp') ?? ''} ${fieldOf(event, 'event') ?? ''}`
    const told = readInspectEvent(event, path, scope)
    if ('understood' in told) sink.understood(told.understood, { events: told.events, identity })
    else if ('skipped' in told) sink.skipped(told.skipped, shortText(fieldOf(event, 'event')) ?? path)
    else sink.refused(told.refused, identity)
    const inner = listIn(event, 'events') ?? []
    if (inner.length === 0) continue
    if (depth < nestingMax) readEvents(inner, `${path}.`, depth + 1, scope, sink)
    else sink.refused('events are nested too deep', identity)
  }
}

/** Logs without a transcript hold the conversation only, without times: everything is told at the sample's start. */
function readMessage(given: unknown, index: number, scope: SampleScope, atMs: number, sink: RecordSink): void {
  const identity = `${scope.identity} message ${index}`
  if (!isObject(given)) return sink.refused('message of a sample is no JSON object', identity)
  const { session, text } = scope
  const role = fieldOf(given, 'role')
  const events: EventInput[] = []
  if (role === 'tool') {
    const call = callOf(shortText(fieldOf(given, 'tool_call_id')), `${digest(scope.identity)} message ${index}`)
    const tool = shortText(fieldOf(given, 'function')) ?? 'unknown'
    const { output, outcome, failure } = toolResult(given, scope, 'content')
    const data = endedData({ tool, output, outcome }, call, failure, undefined)
    events.push({ v: 1, kind: 'action.ended', atMs, session, data })
  } else {
    const said = longText(text.textOf(fieldOf(given, 'content')))
    if (said !== undefined) events.push(messageEvent(atMs, session, messageRole(role), said))
    for (const [place, wanted] of (listIn(given, 'tool_calls') ?? []).slice(0, 200).entries()) {
      const tool = shortText(fieldOf(wanted, 'function')) ?? 'unknown'
      const call = callOf(shortText(fieldOf(wanted, 'id')), `${digest(scope.identity)} message ${index}.${place}`)
      const input = text.textOf(fieldOf(wanted, 'arguments')) ?? ''
      events.push({ v: 1, kind: 'action.started', atMs, session, data: startedData({ tool, input }, call, {}) })
    }
  }
  if (events.length === 0) sink.skipped('message without text', shortText(role) ?? '')
  else sink.understood('message', { events, identity })
}

type Times = { startMs: number; endMs: number; madeUp: boolean }

function timesOf(sample: JsonObject, events: readonly unknown[], header: InspectHeader, context: RecordContext): Times {
  const zone = context.zoneOffsetMinutes
  let first: number | undefined
  let last: number | undefined
  for (const event of events) {
    for (const key of ['timestamp', 'completed']) {
      const atMs = isoToMs(fieldOf(event, key), zone)
      if (atMs === undefined) continue
      first = Math.min(first ?? atMs, atMs)
      last = Math.max(last ?? atMs, atMs)
    }
  }
  const given =
    isoToMs(fieldOf(sample, 'started_at'), zone) ??
    first ??
    isoToMs(fieldOf(header.stats, 'started_at'), zone) ??
    isoToMs(fieldOf(header.eval, 'created'), zone)
  const startMs = given ?? context.recordedAtMs ?? context.nowMs
  const totalSeconds = numberOf(fieldOf(sample, 'total_time'))
  const endMs =
    isoToMs(fieldOf(sample, 'completed_at'), zone) ??
    last ??
    (totalSeconds === undefined ? undefined : timeMs(startMs + totalSeconds * 1000)) ??
    isoToMs(fieldOf(header.stats, 'completed_at'), zone) ??
    startMs
  return { startMs, endMs: Math.max(startMs, endMs), madeUp: given === undefined }
}

function startOf(
  sample: JsonObject,
  header: InspectHeader,
  name: string,
  session: SessionId,
  times: Times,
  onlyMessages: boolean,
): EventInput {
  const { eval: run } = header
  const sandbox = fieldOf(run, 'sandbox')
  const timesNote = times.madeUp ? 'made up' : onlyMessages ? 'of the whole sample' : undefined
  return {
    v: 1,
    kind: 'session.started',
    atMs: times.startMs,
    session,
    data: {
      ...defined({
        name: shortText(name),
        agent: shortText(fieldOf(run, 'model')),
        task: shortText(fieldOf(run, 'task')),
        held: 'none' as const,
      }),
      abilities: [],
      labels: defined({
        run: shortText(fieldOf(run, 'run_id')),
        task: shortText(fieldOf(run, 'task')),
        sample: shortText(fieldOf(sample, 'id')),
        epoch: shortText(fieldOf(sample, 'epoch')),
        eval: shortText(fieldOf(run, 'eval_id')),
        solver: shortText(fieldOf(run, 'solver')) ?? shortText(solversOf(header.plan)),
        sandbox: shortText(fieldOf(sandbox, 'type')) ?? shortText(Array.isArray(sandbox) ? sandbox[0] : sandbox),
        times: timesNote,
      }),
    },
  }
}

function solversOf(plan: JsonObject): string {
  const names = (listIn(plan, 'steps') ?? []).slice(0, 16).map((step) => shortText(fieldOf(step, 'solver')))
  return names.filter((solver) => solver !== undefined).join(', ')
}

function outcomeOf(sample: JsonObject, header: InspectHeader, session: SessionId, atMs: number): EventInput[] {
  const scores = scoresOf(sample)
  const error = shortText(fieldOf(objectIn(sample, 'error'), 'message')) ?? shortText(fieldOf(sample, 'error'))
  const limit = shortText(fieldOf(objectIn(sample, 'limit'), 'type'))
  const reasons = [
    error === undefined ? undefined : `error: ${error}`,
    limit === undefined ? undefined : `limit: ${limit}`,
    scores.length === 0 ? undefined : `scored: ${scores.map(({ name, value }) => `${name} ${value}`).join(', ')}`,
    header.status === undefined || header.status === 'success' ? undefined : `eval ${header.status}`,
  ].filter((reason) => reason !== undefined)
  const events: EventInput[] = []
  if (scores.length > 0) {
    const numbers = new Map<string, number>()
    for (const { name, value } of scores) {
      const number = numberOf(value)
      if (number !== undefined && name.length <= 128 && name !== '__proto__') numbers.set(name, number)
    }
    const data = defined({
      phase: 'score',
      level: 'info' as const,
      message: longText(
        scores.map(({ name, value, why }) => `${name}: ${value}${why === undefined ? '' : ` (${why})`}`).join('\n'),
      ),
      numbers: numbers.size === 0 ? undefined : Object.fromEntries(numbers),
    })
    events.push({ v: 1, kind: 'trainer.reported', atMs, session, data })
  }
  const reason = shortText(reasons.join('; '))
  events.push({ v: 1, kind: 'session.ended', atMs, session, data: defined({ reason }) })
  return events
}

/** `scores` by scorer; logs of early 2024 have one `score`. A scorer may give one value, a list or values by name. */
function scoresOf(sample: JsonObject): { name: string; value: string; why: string | undefined }[] {
  const single = objectIn(sample, 'score')
  const scores = Object.entries(objectIn(sample, 'scores'))
  if (scores.length === 0 && Object.keys(single).length > 0) scores.push(['score', single])
  const found: { name: string; value: string; why: string | undefined }[] = []
  for (const [name, score] of scores.slice(0, numbersMax)) {
    const value = fieldOf(score, 'value')
    const why = shortText(fieldOf(score, 'explanation'))
    const parts = isObject(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : []
    const plain = shortText(value)
    if (plain !== undefined) found.push({ name, value: plain, why })
    for (const [key, part] of parts.slice(0, numbersMax)) {
      const text = shortText(part)
      if (text !== undefined && found.length < numbersMax)
        found.push({ name: `${name}/${key}`, value: text, why: undefined })
    }
  }
  return found
}

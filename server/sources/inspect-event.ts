// One event of an Inspect sample's transcript to events of ours: tool calls, sandbox commands, model calls, messages, and what the harness
// says of itself. Everything in it but its kind and time was written by a model or a tool.
// Source: UKGovernmentBEIS/inspect_ai, src/inspect_ai/event/*.py (2024 to 2026); in logs before 0.3.95 events nest and have no `completed`.
import { createHash } from 'node:crypto'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { badTimeReason, callOf, endedData, modelData, startedData } from './event-draft.ts'
import { type InspectText, messageRole } from './inspect-text.ts'
import {
  countOf,
  defined,
  fieldOf,
  isObject,
  isoToMs,
  type JsonObject,
  longText,
  numberOf,
  objectIn,
  shortText,
  timeMs,
} from './normal-values.ts'
import { compactJson } from './python-json.ts'

export type SampleScope = {
  session: SessionId
  /** Names the sample and epoch for ever: run, task, id, epoch. */
  identity: string
  text: InspectText
  /** Ids of all calls that have an event of their own. */
  toolCalls: ReadonlySet<string>
  /** The sample tells its scores itself. */
  scored: boolean
  zoneOffsetMinutes: number | undefined
}

export type Told = { understood: string; events: EventInput[] } | { skipped: string } | { refused: string }

/** What every kind needs of its event. */
type At = {
  event: JsonObject
  scope: SampleScope
  atMs: number
  endMs: number
  durationMs: number | undefined
  fallbackCall: string
}

/** `path` is the event's place in the transcript. */
export function readInspectEvent(event: unknown, path: string, scope: SampleScope): Told {
  if (!isObject(event)) return { refused: 'event of a transcript is no JSON object' }
  const kind = fieldOf(event, 'event')
  if (typeof kind !== 'string') return { refused: 'event of a transcript does not say its kind' }
  const nothing = nothings.get(kind)
  if (nothing !== undefined) return { skipped: nothing }
  const read = readers.get(kind)
  if (read === undefined) return { skipped: 'event of a kind that this reader does not know' }
  const atMs = isoToMs(fieldOf(event, 'timestamp'), scope.zoneOffsetMinutes)
  if (atMs === undefined) return { refused: badTimeReason }
  return read({ event, scope, atMs, ...endOf(event, atMs, scope), fallbackCall: `${digest(scope.identity)} ${path}` })
}

const nothings = new Map([
  ['span_begin', 'span, step or branch: only groups other events'],
  ['span_end', 'span, step or branch: only groups other events'],
  ['step', 'span, step or branch: only groups other events'],
  ['subtask', 'span, step or branch: only groups other events'],
  ['branch', 'span, step or branch: only groups other events'],
  ['anchor', 'span, step or branch: only groups other events'],
  ['state', 'change of state: told by the calls that made it'],
  ['store', 'change of state: told by the calls that made it'],
  ['compaction', 'bookkeeping of the agent: compaction or checkpoint'],
  ['checkpoint', 'bookkeeping of the agent: compaction or checkpoint'],
])

const readers = new Map<string, (at: At) => Told>([
  ['tool', readTool],
  ['sandbox', readSandbox],
  ['model', readModel],
  ['approval', readApproval],
  ['sample_init', readSampleInit],
  ['input', (at) => message(at, 'user', at.scope.text.textOf(fieldOf(at.event, 'input')))],
  ['info', readInfo],
  ['score', readScore],
  ['score_edit', (at) => report(at, 'score', 'info', jsonOf(at, 'edit'))],
  ['logger', readLogger],
  ['error', readError],
  ['sample_limit', (at) => report(at, 'limit', 'warning', joined(at, 'type', 'message'))],
  ['interrupt', (at) => report(at, 'interrupt', 'warning', joined(at, 'source', 'interrupted'))],
  ['review', (at) => report(at, 'review', 'info', joined(at, 'reviewer', 'decision', 'explanation'))],
])

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function endOf(event: JsonObject, atMs: number, scope: SampleScope): { endMs: number; durationMs: number | undefined } {
  const completed = isoToMs(fieldOf(event, 'completed'), scope.zoneOffsetMinutes)
  if (completed !== undefined && completed >= atMs) return { endMs: completed, durationMs: completed - atMs }
  const working = numberOf(fieldOf(event, 'working_time'))
  const endMs = working !== undefined && working >= 0 ? timeMs(atMs + working * 1000) : undefined
  return endMs === undefined ? { endMs: atMs, durationMs: undefined } : { endMs, durationMs: endMs - atMs }
}

function started({ scope, atMs }: At, call: string, tool: string, input: string): EventInput {
  return { v: 1, kind: 'action.started', atMs, session: scope.session, data: startedData({ tool, input }, call, {}) }
}

function ended(at: At, call: string, tool: string, result: Pick<Result, 'output' | 'outcome' | 'failure'>): EventInput {
  const { output, outcome, failure } = result
  const data = endedData({ tool, output, outcome }, call, failure, at.durationMs)
  return { v: 1, kind: 'action.ended', atMs: at.endMs, session: at.scope.session, data }
}

type Result = {
  output: string | undefined
  outcome: 'ok' | 'error' | 'denied' | 'unknown'
  /** Only where the source says that it failed. */
  failure: string | undefined
}

function readTool(at: At): Told {
  const { event, scope } = at
  const tool = shortText(fieldOf(event, 'function'))
  if (tool === undefined) return { refused: 'tool call without the name of its function' }
  const call = callOf(nonEmpty(fieldOf(event, 'id')), at.fallbackCall)
  const input = scope.text.textOf(fieldOf(event, 'arguments')) ?? ''
  const events = [started(at, call, tool, input)]
  if (fieldOf(event, 'pending') !== true) events.push(ended(at, call, tool, toolResult(event, scope)))
  return { understood: 'tool', events }
}

/** `error.type` `approval`: a person or a policy said no, the tool did not run. */
export function toolResult(record: JsonObject, scope: Pick<SampleScope, 'text'>, resultKey = 'result'): Result {
  const error = fieldOf(record, 'error') ?? fieldOf(record, 'tool_error')
  const type = fieldOf(error, 'type')
  const output = scope.text.textOf(fieldOf(record, resultKey))
  const failed = isObject(error) || nonEmpty(error) !== undefined || fieldOf(record, 'failed') === true
  if (!failed) return { output, outcome: 'ok', failure: undefined }
  const failure = nonEmpty(fieldOf(error, 'message')) ?? nonEmpty(error) ?? nonEmpty(type) ?? 'failed'
  return { output: output ?? failure, outcome: type === 'approval' ? 'denied' : 'error', failure }
}

/** Calls into the sandbox by tools and scorers: what really ran. Input and output hold at most 100 lines. */
function readSandbox(at: At): Told {
  const { event, scope } = at
  const action = shortText(fieldOf(event, 'action'))
  if (action === undefined) return { refused: 'sandbox event without its action' }
  const tool = `sandbox.${action}`.slice(0, 64)
  const text = (key: string) => scope.text.textOf(fieldOf(event, key))
  const input = defined({ cmd: text('cmd'), file: text('file'), input: text('input'), options: optionsOf(event) })
  const call = callOf(nonEmpty(fieldOf(event, 'uuid')), at.fallbackCall)
  const events = [started(at, call, tool, compactJson(input) ?? '')]
  if (fieldOf(event, 'pending') === true) return { understood: 'sandbox', events }
  const result = fieldOf(event, 'result')
  const exitCode = numberOf(result)
  const failed = exitCode === undefined ? nonEmpty(result) !== undefined : exitCode !== 0
  const over = exitCode !== undefined || at.durationMs !== undefined || text('output') !== undefined
  const end = ended(at, call, tool, {
    output: text('output') ?? nonEmpty(result),
    outcome: failed ? 'error' : over ? 'ok' : 'unknown',
    failure: undefined,
  })
  if (end.kind === 'action.ended' && exitCode !== undefined && Number.isSafeInteger(exitCode))
    end.data.exitCode = exitCode
  return { understood: 'sandbox', events: [...events, end] }
}

function optionsOf(event: JsonObject): JsonObject | undefined {
  const options = objectIn(event, 'options')
  const json = compactJson(options)
  return json === undefined || json === '{}' || json.length > 4_096 ? undefined : options
}

function readModel(at: At): Told {
  const { event, scope } = at
  if (fieldOf(event, 'pending') === true) return { skipped: 'model call that has not ended' }
  const model = shortText(fieldOf(event, 'model'))
  if (model === undefined) return { refused: 'model call without the name of its model' }
  const output = objectIn(event, 'output')
  const usage = objectIn(output, 'usage')
  const seconds = numberOf(fieldOf(output, 'time'))
  const slash = model.indexOf('/')
  const data = modelData({
    model,
    provider: slash > 0 ? model.slice(0, slash) : undefined,
    inputTokens: countOf(fieldOf(usage, 'input_tokens')),
    outputTokens: countOf(fieldOf(usage, 'output_tokens')),
    durationMs: at.durationMs ?? (seconds !== undefined && seconds >= 0 ? seconds * 1000 : undefined),
    error: nonEmpty(fieldOf(event, 'error')) ?? nonEmpty(fieldOf(output, 'error')),
  })
  const events: EventInput[] = [{ v: 1, kind: 'model.called', atMs: at.atMs, session: scope.session, data }]
  const choices = fieldOf(output, 'choices')
  const answer = longText(
    scope.text.textOf(fieldOf(objectIn(Array.isArray(choices) ? choices[0] : undefined, 'message'), 'content')),
  )
  if (answer !== undefined) events.push(messageEvent(at.endMs, scope.session, 'assistant', answer))
  return { understood: 'model', events }
}

/** A refusal is told here only when the call got no event of its own. */
function readApproval(at: At): Told {
  const { event, scope } = at
  const call = objectIn(event, 'call')
  const id = nonEmpty(fieldOf(call, 'id'))
  const tool = shortText(fieldOf(call, 'function'))
  const decision = fieldOf(event, 'decision')
  const refused = decision === 'reject' || decision === 'terminate'
  if (!refused || tool === undefined || (id !== undefined && scope.toolCalls.has(id))) {
    return { skipped: 'approval of a tool call: the call tells what became of it' }
  }
  const callId = callOf(id, at.fallbackCall)
  const why = joined(at, 'approver', 'decision', 'explanation')
  const input = scope.text.textOf(fieldOf(call, 'arguments')) ?? ''
  const end = ended(at, callId, tool, { output: why, outcome: 'denied', failure: why })
  return { understood: 'approval', events: [started(at, callId, tool, input), end] }
}

/** What the sample asks of the agent. */
function readSampleInit(at: At): Told {
  const input = fieldOf(objectIn(at.event, 'sample'), 'input')
  if (!Array.isArray(input)) return message(at, 'user', at.scope.text.textOf(input))
  const events: EventInput[] = []
  for (const given of input.slice(0, 100)) {
    const text = longText(at.scope.text.textOf(fieldOf(given, 'content')))
    if (text !== undefined)
      events.push(messageEvent(at.atMs, at.scope.session, messageRole(fieldOf(given, 'role')), text))
  }
  return events.length === 0 ? { skipped: 'message without text' } : { understood: 'sample_init', events }
}

function readInfo(at: At): Told {
  const source = nonEmpty(fieldOf(at.event, 'source'))
  const text = at.scope.text.textOf(fieldOf(at.event, 'data'))
  return message(at, 'other', source === undefined || text === undefined ? text : `${source}: ${text}`)
}

function readScore(at: At): Told {
  if (at.scope.scored && fieldOf(at.event, 'intermediate') !== true) return { skipped: 'score: told with its sample' }
  return report(at, 'score', 'info', jsonOf(at, 'score'))
}

const levels = new Map([
  ['critical', 'error'],
  ['error', 'error'],
  ['warning', 'warning'],
  ['debug', 'debug'],
  ['trace', 'debug'],
] as const)

function readLogger(at: At): Told {
  const said = objectIn(at.event, 'message')
  const level = fieldOf(said, 'level')
  const known = [...levels].find(([name]) => name === level)
  return report(at, 'log', known?.[1] ?? 'info', at.scope.text.textOf(fieldOf(said, 'message')))
}

function readError(at: At): Told {
  const error = objectIn(at.event, 'error')
  return report(at, 'error', 'error', nonEmpty(fieldOf(error, 'message')) ?? nonEmpty(fieldOf(error, 'traceback')))
}

type Level = 'error' | 'warning' | 'info' | 'debug'

function report({ event, scope, atMs }: At, phase: string, level: Level, text: string | undefined): Told {
  const data = defined({ phase, level, message: longText(text) })
  const events: EventInput[] = [{ v: 1, kind: 'trainer.reported', atMs, session: scope.session, data }]
  return { understood: String(fieldOf(event, 'event')), events }
}

function message({ event, scope, atMs }: At, role: 'user' | 'other', text: string | undefined): Told {
  const cut = longText(text)
  if (cut === undefined) return { skipped: 'message without text' }
  return { understood: String(fieldOf(event, 'event')), events: [messageEvent(atMs, scope.session, role, cut)] }
}

export function messageEvent(
  atMs: number,
  session: SessionId,
  role: 'system' | 'user' | 'assistant' | 'other',
  text: string,
): EventInput {
  return { v: 1, kind: 'message.recorded', atMs, session, data: { role, text } }
}

function jsonOf(at: At, key: string): string | undefined {
  return at.scope.text.textOf(fieldOf(at.event, key))
}

function joined({ event }: At, ...keys: string[]): string | undefined {
  return nonEmpty(
    keys
      .map((key) => nonEmpty(fieldOf(event, key)))
      .filter((text) => text !== undefined)
      .join(': '),
  )
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

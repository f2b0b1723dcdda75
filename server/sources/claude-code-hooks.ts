// What Claude Code hands to its hooks, one JSON object a line. Payloads carry no time: they are of when they were received, and a call
// that no hook followed up was refused, stopped or broken, which nobody says.
// Source: https://code.claude.com/docs/en/hooks, "Hook input".
import { createHash } from 'node:crypto'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { inputText, RecentTools } from './claude-code-content.ts'
import { durationOf, exitCodeOf, isDenial, responseText, resultData, type ToolOutcome } from './claude-code-result.ts'
import { SessionStarts, sessionOfRecord, sessionStarted } from './claude-code-session.ts'
import { callOf, long, startedData } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import { jsonRecordReader } from './json-records.ts'
import { defined, fieldOf, type JsonObject, numberOf, shortText } from './normal-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

const format = 'claude-code-hooks'

export const noHookReason = 'record names no hook'
export const noToolReason = 'hook of a tool names no tool'
const noPromptReason = 'hook of a prompt holds no prompt'
const askedReason = 'a permission was asked for: what became of it is told by another hook'
const goesOnReason = 'session goes on: nothing was done or said'
const unknownReason = 'hook that is not known'

const goesOn = new Set([
  'Notification',
  'Stop',
  'StopFailure',
  'SubagentStart',
  'SubagentStop',
  'PreCompact',
  'PostCompact',
  'Setup',
  'TeammateIdle',
  'TaskCreated',
  'TaskCompleted',
  'PostToolBatch',
  'ConfigChange',
  'CwdChanged',
  'FileChanged',
  'InstructionsLoaded',
  'Elicitation',
  'ElicitationResult',
  'WorktreeCreate',
  'WorktreeRemove',
  'UserPromptExpansion',
])

export const claudeCodeHooks: RecordSource = {
  format,
  title: 'Claude Code hooks',
  trust: 'agent',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) && /"hook_event_name"\s{0,8}:\s{0,8}"[A-Z]/.test(head) && /"session_id"\s{0,8}:/.test(head),
  open(context) {
    const reader = new HookReader(context)
    return jsonRecordReader((record, text, sink) => reader.read(record, text, sink))
  },
}

type Made = { what: string; events: EventInput[] } | { skipped: string } | { refused: string }

class HookReader {
  readonly #context: RecordContext
  readonly #atMs: number
  readonly #starts: SessionStarts
  readonly #tools = new RecentTools()
  #records = 0

  constructor(context: RecordContext) {
    this.#context = context
    this.#atMs = context.recordedAtMs ?? context.nowMs
    this.#starts = new SessionStarts(format, context.boundSession ?? '')
  }

  read(record: JsonObject, text: string, sink: RecordSink): void {
    this.#records += 1
    const hook = fieldOf(record, 'hook_event_name')
    if (typeof hook !== 'string') return sink.refused(noHookReason, text)
    const owner = sessionOfRecord(this.#context, fieldOf(record, 'session_id'))
    if ('refused' in owner) return sink.refused(owner.refused, text)
    const made = this.#make(hook, record, owner.session)
    if ('refused' in made) return sink.refused(made.refused, text)
    if ('skipped' in made) return sink.skipped(made.skipped, hook)
    // Nothing but its place sets apart what was said twice; a call has its id, and two hooks may report it.
    const hasId = ['tool_use_id', 'prompt_id'].some((key) => shortText(fieldOf(record, key)) !== undefined)
    const place = hasId || hook === 'SessionStart' ? '' : ` ${this.#records}`
    const identity = `${text} ${this.#atMs}${place}`
    // What the reader happened to know before must not change the ids of the record's own events.
    const events = made.events.map((event, index) => {
      const id = event.id ?? eventIdOf(this.#context.boundSession ?? '', format, identity, String(index), event.kind)
      return { ...event, id }
    })
    const about = { cwd: fieldOf(record, 'cwd') }
    const start = this.#starts.first(owner.session, this.#atMs, about)
    sink.understood(made.what, { events: [...start, ...events], identity })
  }

  #make(hook: string, record: JsonObject, session: SessionId): Made {
    const atMs = this.#atMs
    switch (hook) {
      case 'SessionStart':
        return this.#start(record, session)
      case 'SessionEnd': {
        const data = defined({ reason: shortText(fieldOf(record, 'reason')) })
        return { what: hook, events: [{ v: 1, kind: 'session.ended', atMs, session, data }] }
      }
      case 'UserPromptSubmit': {
        const prompt = fieldOf(record, 'prompt') ?? fieldOf(record, 'user_prompt')
        if (typeof prompt !== 'string' || prompt.trim() === '') return { refused: noPromptReason }
        const data = { role: 'user' as const, text: long(prompt) }
        return { what: hook, events: [{ v: 1, kind: 'message.recorded', atMs, session, data }] }
      }
      case 'PreToolUse':
      case 'PostToolUse':
      case 'PostToolUseFailure':
      case 'PermissionDenied':
        return this.#tool(hook, record, session)
      case 'PermissionRequest':
        return { skipped: askedReason }
      default:
        return { skipped: goesOn.has(hook) ? goesOnReason : unknownReason }
    }
  }

  /** One that is resumed begins again; one that was compacted in the middle of its work goes on. */
  #start(record: JsonObject, session: SessionId): Made {
    const source = fieldOf(record, 'source')
    if (source === 'compact') return { skipped: goesOnReason }
    const about = { cwd: fieldOf(record, 'cwd'), model: fieldOf(record, 'model'), source }
    const first = this.#starts.first(session, this.#atMs, about)
    if (first.length > 0 && source !== 'resume') return { what: 'SessionStart', events: first }
    return { what: 'SessionStart', events: [sessionStarted(session, this.#atMs, about)] }
  }

  #tool(
    hook: 'PreToolUse' | 'PostToolUse' | 'PostToolUseFailure' | 'PermissionDenied',
    record: JsonObject,
    session: SessionId,
  ): Made {
    const tool = shortText(fieldOf(record, 'tool_name'))
    if (tool === undefined) return { refused: noToolReason }
    const input = inputText(fieldOf(record, 'tool_input'))
    const id = fieldOf(record, 'tool_use_id')
    // Versions before 2.0.43 give no id: the same tool with the same input is taken for the same call.
    const call = callOf(typeof id === 'string' && id !== '' ? id : undefined, `hook ${digest(`${tool} ${input}`)}`)
    const at = { v: 1 as const, atMs: this.#atMs, session }
    if (hook === 'PreToolUse') {
      this.#tools.remember(session, call, tool)
      return { what: hook, events: [{ ...at, kind: 'action.started', data: startedData({ tool, input }, call, {}) }] }
    }
    const ended: EventInput = { ...at, kind: 'action.ended', data: resultData(call, tool, outcomeOf(hook, record)) }
    if (hook !== 'PermissionDenied' || this.#tools.toolOf(session, call) !== undefined) {
      return { what: hook, events: [ended] }
    }
    // The classifier refuses before the hook of the call runs.
    const started: EventInput = { ...at, kind: 'action.started', data: startedData({ tool, input }, call, {}) }
    return { what: hook, events: [started, ended] }
  }
}

function outcomeOf(hook: 'PostToolUse' | 'PostToolUseFailure' | 'PermissionDenied', record: JsonObject): ToolOutcome {
  const response = fieldOf(record, 'tool_response') ?? fieldOf(record, 'tool_output')
  const stated = numberOf(fieldOf(record, 'duration_ms'))
  const durationMs = stated !== undefined && stated >= 0 ? stated : durationOf(response)
  if (hook === 'PermissionDenied') {
    const reason = responseText(fieldOf(record, 'reason') ?? fieldOf(record, 'denial_reason'))
    return { outcome: 'denied', output: reason, exitCode: undefined, durationMs: undefined }
  }
  if (hook === 'PostToolUse') {
    const broken = fieldOf(response, 'interrupted') === true || fieldOf(response, 'is_error') === true
    return { outcome: broken ? 'error' : 'ok', output: responseText(response), exitCode: undefined, durationMs }
  }
  const error = responseText(fieldOf(record, 'error')) ?? responseText(response)
  const outcome = error !== undefined && isDenial(error) ? 'denied' : 'error'
  return { outcome, output: error, exitCode: exitCodeOf(error), durationMs }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

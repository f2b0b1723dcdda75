// What `claude -p --output-format stream-json --verbose` prints (with `json`, the same as one array). Only results of tools carry a time: every
// other line is of no earlier than the one before it. The agent's own closing words are a claim, not a result.
// Source: https://code.claude.com/docs/en/agent-sdk/typescript, "Message types".
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { emptyReason, isTyped, RecentTools, readContent } from './claude-code-content.ts'
import { ModelCalls } from './claude-code-model-calls.ts'
import { type AboutSession, SessionStarts, sessionOfRecord } from './claude-code-session.ts'
import { badTimeReason, eventOfDraft } from './event-draft.ts'
import { jsonRecordReader } from './json-records.ts'
import { defined, fieldOf, isObject, isoToMs, type JsonObject, objectIn, shortText } from './normal-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

const format = 'claude-code-stream'

const noTypeReason = 'line has no type'
const noMessageReason = 'line of a message holds no message'
const partialReason = 'piece of a message that is told whole later'
const systemReason = "Claude Code's own notice: no action, message or call of a model"
const initReason = 'session has begun before: another turn of it'
const unknownReason = 'line of a type that is not known'

const notices = new Set([
  'system',
  'rate_limit_event',
  'tool_progress',
  'tool_use_summary',
  'auth_status',
  'prompt_suggestion',
  'keep_alive',
  'control_request',
  'control_response',
  'control_cancel_request',
])

export const claudeCodeStream: RecordSource = {
  format,
  title: 'Claude Code stream-json',
  trust: 'agent',
  framing: 'lines',
  looksLike(head) {
    if (!/^\s*[[{]/.test(head) || /"hook_event_name"\s{0,8}:/.test(head)) return false
    if (!/"session_id"\s{0,8}:/.test(head)) return false
    if (!/"type"\s{0,8}:\s{0,8}"(?:system|assistant|user|result|stream_event)"/.test(head)) return false
    return /"(?:parent_tool_use_id|claude_code_version|total_cost_usd|permissionMode|hook_event)"\s{0,8}:/.test(head)
  },
  open(context) {
    const reader = new StreamReader(context)
    return jsonRecordReader((record, text, sink) => reader.read(record, text, sink))
  },
}

class StreamReader {
  readonly #context: RecordContext
  readonly #boundTo: string
  readonly #starts: SessionStarts
  readonly #calls: ModelCalls
  readonly #tools = new RecentTools()
  /** Of the newest line that had a time of its own. */
  #atMs: number

  constructor(context: RecordContext) {
    this.#context = context
    this.#boundTo = context.boundSession ?? ''
    this.#starts = new SessionStarts(format, this.#boundTo)
    this.#calls = new ModelCalls(format, this.#boundTo)
    this.#atMs = context.recordedAtMs ?? context.nowMs
  }

  read(record: JsonObject, text: string, sink: RecordSink): void {
    const type = fieldOf(record, 'type')
    if (typeof type !== 'string') return sink.refused(noTypeReason, text)
    const isInit = type === 'system' && fieldOf(record, 'subtype') === 'init'
    if (!isInit && type !== 'user' && type !== 'assistant' && type !== 'result') {
      const reason = notices.has(type) ? systemReason : type === 'stream_event' ? partialReason : unknownReason
      return sink.skipped(reason, type)
    }
    const owner = sessionOfRecord(this.#context, fieldOf(record, 'session_id'))
    if ('refused' in owner) return sink.refused(owner.refused, text)
    const stamp = fieldOf(record, 'timestamp')
    const given = isoToMs(stamp)
    if (given === undefined && stamp !== undefined && stamp !== null) return sink.refused(badTimeReason, text)
    const atMs = given ?? this.#atMs
    const identity = given === undefined ? `${text} ${atMs}` : text
    if (isInit) this.#readInit(record, owner.session, atMs, identity, sink)
    else if (type === 'result') this.#readResult(record, owner.session, atMs, identity, sink)
    else if (type !== 'system') this.#readMessage(record, type, owner.session, atMs, { text, identity }, sink)
    this.#atMs = atMs
  }

  #readInit(record: JsonObject, session: SessionId, atMs: number, identity: string, sink: RecordSink): void {
    const version = fieldOf(record, 'claude_code_version')
    const about = { version, cwd: fieldOf(record, 'cwd'), model: fieldOf(record, 'model') }
    const events = this.#starts.first(session, atMs, about)
    if (events.length === 0) sink.skipped(initReason, 'init')
    else sink.understood('init', { events, identity })
  }

  /** The end of what was asked; with `--input-format stream-json` another turn may follow. */
  #readResult(record: JsonObject, session: SessionId, atMs: number, identity: string, sink: RecordSink): void {
    const failed = fieldOf(record, 'is_error') === true
    const subtype = shortText(fieldOf(record, 'subtype'))
    const terminal = shortText(fieldOf(record, 'terminal_reason'))
    // A failure of the API is called a success of the subtype.
    const reason = failed && subtype === 'success' ? (terminal ?? 'error') : subtype
    const ended: EventInput = { v: 1, kind: 'session.ended', atMs, session, data: defined({ reason }) }
    sink.understood('result', { events: [ended, ...this.#start(session, atMs, record)], identity })
  }

  #readMessage(
    record: JsonObject,
    type: 'user' | 'assistant',
    session: SessionId,
    atMs: number,
    { text, identity }: { text: string; identity: string },
    sink: RecordSink,
  ): void {
    const message = fieldOf(record, 'message')
    if (!isObject(message)) return sink.refused(noMessageReason, text)
    const scope = {
      session,
      atMs,
      roleOf: (said: string) => roleOfText(record, message, type, said),
      identity: [format, identity],
      fallbackCall: `line ${shortText(fieldOf(record, 'uuid'))?.slice(0, 64) ?? atMs}`,
      told: fieldOf(record, 'tool_use_result') ?? fieldOf(record, 'toolUseResult'),
      refusals: fieldOf(record, 'tool_result_meta'),
    }
    const read = readContent(fieldOf(message, 'content'), scope, this.#tools)
    if ('refused' in read) return sink.refused(read.refused, text)
    const calls = type === 'assistant' ? this.#calls.first(message, session, atMs) : []
    const own = read.drafts.map((draft) => eventOfDraft(draft, session, this.#boundTo))
    const events = [...calls, ...own]
    if (events.length === 0) return sink.skipped(emptyReason, text)
    sink.understood(type, { events: [...this.#start(session, atMs, record), ...events], identity })
  }

  #start(session: SessionId, atMs: number, record: JsonObject): EventInput[] {
    const about: AboutSession = { cwd: fieldOf(record, 'cwd') }
    return this.#starts.first(session, atMs, about)
  }
}

function roleOfText(
  record: JsonObject,
  message: JsonObject,
  type: 'user' | 'assistant',
  text: string,
): 'user' | 'assistant' | 'other' | undefined {
  if (type === 'assistant') return fieldOf(message, 'model') === '<synthetic>' ? 'other' : 'assistant'
  const isOthers = typeof fieldOf(record, 'parent_tool_use_id') === 'string' || fieldOf(record, 'isSynthetic') === true
  const origin = fieldOf(objectIn(record, 'origin'), 'kind')
  if (isOthers || (typeof origin === 'string' && origin !== 'human')) return 'other'
  return isTyped(text) ? 'user' : 'other'
}

// Transcripts of Claude Code, `~/.claude/projects/*/*.jsonl`: what the agent said, called and got back, and what it was told. The agent writes
// most of it, so nothing in it is evidence of what happened. Lines of sub-agents, in files of their own, belong to the same session.
// Source: recordings of versions 2.1.14 to 2.1.197; the format is not documented by its maker.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { emptyReason, isTyped, RecentTools, readContent } from './claude-code-content.ts'
import { ModelCalls } from './claude-code-model-calls.ts'
import { SessionStarts, sessionOfRecord } from './claude-code-session.ts'
import { badTimeReason, type Draft, eventOfDraft } from './event-draft.ts'
import { jsonRecordReader } from './json-records.ts'
import { fieldOf, isObject, isoToMs, type JsonObject, objectIn, shortText } from './normal-values.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'

const format = 'claude-code-transcript'

export const noTypeReason = 'line has no type'
export const noMessageReason = 'line of a message holds no message'
const metaReason = 'text that Claude Code put in the place of the user'
const summaryReason = 'summary of an earlier part of the conversation'
const progressReason = 'progress of a tool, hook or sub-agent: its result tells it'
const bookkeepingReason = "Claude Code's own bookkeeping: no action, message or call of a model"
const unknownReason = 'line of a type that is not known'

const bookkeeping = new Set([
  'system',
  'attachment',
  'summary',
  'file-history-snapshot',
  'attribution-snapshot',
  'queue-operation',
  'last-prompt',
  'custom-title',
  'ai-title',
  'agent-name',
  'agent-color',
  'agent-setting',
  'permission-mode',
  'mode',
  'tag',
  'task-summary',
  'pr-link',
  'worktree-state',
  'content-replacement',
  'context-collapse',
])

export const claudeCodeTranscript: RecordSource = {
  format,
  title: 'Claude Code transcript',
  trust: 'agent',
  framing: 'lines',
  looksLike(head) {
    if (!/^\s*\{/.test(head) || /"hook_event_name"\s{0,8}:/.test(head)) return false
    if (/"type"\s{0,8}:\s{0,8}"(?:file-history-snapshot|queue-operation)"/.test(head)) return true
    if (/"type"\s{0,8}:\s{0,8}"summary"/.test(head) && /"leafUuid"\s{0,8}:/.test(head)) return true
    return /"sessionId"\s{0,8}:/.test(head) && /"(?:parentUuid|isSidechain)"\s{0,8}:/.test(head)
  },
  open: (context) => new TranscriptReader(context),
}

/** A line whose message may go on: told with the call of the model when the next line, or the end, shows that it does not. */
type HeldLine = { text: string; events: EventInput[] }

class TranscriptReader implements RecordReader<string> {
  readonly #context: RecordContext
  readonly #boundTo: string
  readonly #records: RecordReader<string>
  readonly #starts: SessionStarts
  readonly #calls: ModelCalls
  readonly #tools = new RecentTools()
  #held: HeldLine | undefined

  constructor(context: RecordContext) {
    this.#context = context
    this.#boundTo = context.boundSession ?? ''
    this.#starts = new SessionStarts(format, this.#boundTo)
    this.#calls = new ModelCalls('claude-code', this.#boundTo)
    this.#records = jsonRecordReader((record, text, sink) => this.#read(record, text, sink))
  }

  read(line: string, sink: RecordSink): void {
    this.#records.read(line, sink)
  }

  /** The message may still go on, so its call of the model waits; what was said need not. */
  idle(sink: RecordSink): void {
    this.#release(sink)
  }

  /** A call of the model that waits for lines which a cut-off file does not have is told only when the last line can carry it. */
  end(sink: RecordSink): void {
    if (this.#held !== undefined) this.#release(sink, this.#calls.allOver())
    this.#records.end(sink)
  }

  #read(record: JsonObject, text: string, sink: RecordSink): void {
    const type = fieldOf(record, 'type')
    if (typeof type !== 'string') return sink.refused(noTypeReason, text)
    if (type === 'user' || type === 'assistant') return this.#readMessage(record, type, text, sink)
    const attachment = objectIn(record, 'attachment')
    if (type === 'attachment' && fieldOf(attachment, 'type') === 'queued_command') {
      return this.#readQueued(record, attachment, text, sink)
    }
    if (type === 'progress') return sink.skipped(progressReason, text)
    sink.skipped(bookkeeping.has(type) ? bookkeepingReason : unknownReason, type)
  }

  #readMessage(record: JsonObject, type: 'user' | 'assistant', text: string, sink: RecordSink): void {
    const message = fieldOf(record, 'message')
    if (!isObject(message)) return sink.refused(noMessageReason, text)
    this.#readLine(record, message, type, fieldOf(message, 'content'), text, sink)
  }

  /** What the user typed while the agent worked; no other line holds it. */
  #readQueued(record: JsonObject, attachment: JsonObject, text: string, sink: RecordSink): void {
    const mode = fieldOf(attachment, 'commandMode')
    if (mode !== undefined && mode !== 'prompt') return sink.skipped(bookkeepingReason, 'attachment')
    this.#readLine(record, attachment, 'user', fieldOf(attachment, 'prompt'), text, sink)
  }

  #readLine(
    record: JsonObject,
    message: JsonObject,
    type: 'user' | 'assistant',
    content: unknown,
    text: string,
    sink: RecordSink,
  ): void {
    const owner = sessionOfRecord(this.#context, fieldOf(record, 'sessionId'))
    if ('refused' in owner) return sink.refused(owner.refused, text)
    const { session } = owner
    const atMs = isoToMs(fieldOf(record, 'timestamp'))
    if (atMs === undefined) return sink.refused(badTimeReason, text)
    const told = fieldOf(record, 'toolUseResult')
    const refusals = fieldOf(record, 'tool_result_meta') ?? fieldOf(record, 'toolResultMeta')
    const fallbackCall = `line ${shortText(fieldOf(record, 'uuid'))?.slice(0, 64) ?? atMs}`
    const roleOf = (said: string) => roleOfText(record, message, type, said)
    const identity = [format, text]
    const scope = { session, atMs, roleOf, identity, fallbackCall, told, refusals }
    const read = readContent(content, scope, this.#tools)
    if ('refused' in read) return sink.refused(read.refused, text)

    this.#release(sink)
    const agent = `${session} ${shortText(fieldOf(record, 'agentId')) ?? fieldOf(record, 'isSidechain') === true}`
    const isWhole = typeof fieldOf(message, 'stop_reason') === 'string'
    const over =
      type === 'assistant'
        ? this.#calls.line(message, agent, session, atMs, isWhole)
        : read.hasText && !read.hasResult
          ? this.#calls.over(agent)
          : []
    const events = [...over, ...this.#eventsOf(read.drafts, session, atMs, record)]
    // An action is told at once: someone may be watching for it.
    if (type === 'assistant' && !isWhole && !read.hasCall) this.#held = { text, events }
    else if (events.length > 0) sink.understood(type, { events, identity: text })
    else sink.skipped(read.hasText ? reasonOfText(record) : emptyReason, text)
  }

  #eventsOf(drafts: readonly Draft[], session: SessionId, atMs: number, record: JsonObject): EventInput[] {
    if (drafts.length === 0) return []
    const about = { version: fieldOf(record, 'version'), cwd: fieldOf(record, 'cwd') }
    const events = drafts.map((draft) => eventOfDraft(draft, session, this.#boundTo))
    return [...this.#starts.first(session, atMs, about), ...events]
  }

  #release(sink: RecordSink, over: readonly EventInput[] = []): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    const events = [...held.events, ...over]
    if (events.length > 0) sink.understood('assistant', { events, identity: held.text })
    else sink.skipped(emptyReason, held.text)
  }
}

function reasonOfText(record: JsonObject): string {
  return fieldOf(record, 'isCompactSummary') === true ? summaryReason : metaReason
}

/** Undefined: no one said it. What an agent tells its sub-agent stands in the user's place and is not the user's. */
function roleOfText(
  record: JsonObject,
  message: JsonObject,
  type: 'user' | 'assistant',
  text: string,
): 'user' | 'assistant' | 'other' | undefined {
  if (type === 'assistant') return fieldOf(message, 'model') === '<synthetic>' ? 'other' : 'assistant'
  if (fieldOf(record, 'isMeta') === true || fieldOf(record, 'isCompactSummary') === true) return undefined
  const origin = fieldOf(objectIn(record, 'origin'), 'kind') ?? fieldOf(objectIn(message, 'origin'), 'kind')
  const isOthers = fieldOf(record, 'isSidechain') === true || shortText(fieldOf(record, 'agentId')) !== undefined
  if (isOthers || (typeof origin === 'string' && origin !== 'human')) return 'other'
  return isTyped(text) ? 'user' : 'other'
}

// The content of one message of Claude Code, which is a text or a list of parts, as events: texts, tool calls and their results. Thinking and
// pictures are left out. Shared by the transcript and the stream, which wrap the same messages.
import type { SessionId } from '../protocol/ids.ts'
import { resultData, toolOutcome } from './claude-code-result.ts'
import { callOf, type Draft, long, startedData } from './event-draft.ts'
import { fieldOf, isObject, shortText } from './normal-values.ts'
import { compactJson, textOrJson } from './python-json.ts'

/** A longer list is refused: it would make one record into more events than a session has. */
export const partsMax = 1_000
export const tooManyPartsReason = 'message has more parts than are read'
export const badPartsReason = 'message has no part that can be read'
export const noContentReason = 'message has no content'
export const emptyReason = 'message without text, tool call or result (thinking, a picture)'

const callsKept = 4_096

/** Tools of recent calls, for results that name only the call. Bounded: of a call that fell out, the result is told without its tool. */
export class RecentTools {
  readonly #tools = new Map<string, string>()

  remember(session: SessionId, call: string, tool: string): void {
    if (this.#tools.size >= callsKept) {
      for (const oldest of this.#tools.keys()) {
        this.#tools.delete(oldest)
        break
      }
    }
    this.#tools.set(`${session} ${call}`, tool)
  }

  toolOf(session: SessionId, call: string): string | undefined {
    return this.#tools.get(`${session} ${call}`)
  }
}

export type ContentScope = {
  session: SessionId
  atMs: number
  /** Who speaks in a text of this message; undefined: its texts are not told. */
  roleOf(text: string): 'user' | 'assistant' | 'other' | undefined
  /** What makes the record itself. */
  identity: readonly string[]
  /** Name for calls that have none of their own. */
  fallbackCall: string
  /** The tool's own report, which belongs to the line's one result. */
  told: unknown
  /** Kinds of refusals by call: `tool_result_meta`. */
  refusals: unknown
}

export type ContentRead =
  | { drafts: Draft[]; hasText: boolean; hasCall: boolean; hasResult: boolean }
  | { refused: string }

export function readContent(content: unknown, scope: ContentScope, tools: RecentTools): ContentRead {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  if (!Array.isArray(parts)) return { refused: noContentReason }
  if (parts.length > partsMax) return { refused: tooManyPartsReason }
  const results = parts.filter(isResult).length
  const drafts: Draft[] = []
  let bad = 0
  let hasText = false
  for (const [index, part] of parts.entries()) {
    if (isResult(part)) {
      const draft = resultOf(part, index, scope, results === 1, tools)
      if (draft === undefined) bad += 1
      else drafts.push(draft)
    } else if (isCall(part)) {
      const draft = callDraft(part, index, scope, tools)
      if (draft === undefined) bad += 1
      else drafts.push(draft)
    } else if (typeof fieldOf(part, 'text') === 'string' && fieldOf(part, 'type') === 'text') {
      const text = String(fieldOf(part, 'text'))
      hasText ||= text.trim() !== ''
      const role = text.trim() === '' ? undefined : scope.roleOf(text)
      if (role !== undefined) drafts.push(draftAt(index, scope, 'message.recorded', { role, text: long(text) }))
    } else if (!isObject(part)) bad += 1
  }
  if (drafts.length === 0 && bad > 0) return { refused: badPartsReason }
  return { drafts, hasText, hasCall: parts.some(isCall), hasResult: results > 0 }
}

function typeEndsWith(part: unknown, ending: string): boolean {
  const type = fieldOf(part, 'type')
  return typeof type === 'string' && type.length <= 64 && (type === ending || type.endsWith(`_${ending}`))
}

/** Also `server_tool_use`, `mcp_tool_use`, `web_search_tool_result`. */
const isCall = (part: unknown): boolean => typeEndsWith(part, 'tool_use')
const isResult = (part: unknown): boolean => typeEndsWith(part, 'tool_result')

type DraftOf<K extends Draft['kind']> = Extract<Draft, { kind: K }>

function draftAt<K extends Draft['kind']>(
  index: number,
  scope: ContentScope,
  kind: K,
  data: DraftOf<K>['data'],
): Draft {
  // Places are part of the identity, so that what else the reader knows at this moment changes no id.
  return { kind, atMs: scope.atMs, data, identity: [...scope.identity, String(index)] } as Draft
}

function callDraft(part: unknown, index: number, scope: ContentScope, tools: RecentTools): Draft | undefined {
  const tool = shortText(fieldOf(part, 'name'))
  if (tool === undefined) return undefined
  const call = callOf(callName(fieldOf(part, 'id')), `${scope.fallbackCall} ${index}`)
  tools.remember(scope.session, call, tool)
  const input = textOrJson(fieldOf(part, 'input')) ?? ''
  return draftAt(index, scope, 'action.started', startedData({ tool, input }, call, {}))
}

function resultOf(
  part: unknown,
  index: number,
  scope: ContentScope,
  isOnly: boolean,
  tools: RecentTools,
): Draft | undefined {
  const given = callName(fieldOf(part, 'tool_use_id'))
  // A result is nothing without the call that it is of, and a name that is too long is none of ours.
  const call = given === undefined ? '' : callOf(given, '')
  if (call === '') return undefined
  const outcome = toolOutcome(part, isOnly ? scope.told : undefined, refusalOf(scope.refusals, call))
  return draftAt(index, scope, 'action.ended', resultData(call, tools.toolOf(scope.session, call), outcome))
}

function callName(id: unknown): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** `tool_result_meta: [{id, non_execution_kind}]`, which newer versions may add. */
function refusalOf(refusals: unknown, call: string): string | undefined {
  if (!Array.isArray(refusals)) return undefined
  const about = refusals.slice(0, partsMax).find((entry) => fieldOf(entry, 'id') === call)
  return shortText(fieldOf(about, 'non_execution_kind') ?? fieldOf(about, 'nonExecutionKind'))
}

/** What Claude Code itself puts into the user's place: results of local commands, notices of background tasks. */
const notTyped = [
  '<local-command-',
  '<bash-stdout>',
  '<bash-stderr>',
  '<task-notification>',
  '<system-reminder>',
  '<user-memory-input>',
  'Caveat: The messages below were generated by the user while running local commands',
  'This session is being continued from a previous conversation',
]

/** A text in the user's place is the user's only when a person typed it; a sub-agent's prompt was written by the agent above it. */
export function isTyped(text: string): boolean {
  const head = text.slice(0, 400).trimStart()
  return !notTyped.some((start) => head.startsWith(start))
}

/** Compact JSON of what was asked, to tell calls apart that have no id. */
export function inputText(input: unknown): string {
  return typeof input === 'string' ? input : (compactJson(input ?? {}) ?? '')
}

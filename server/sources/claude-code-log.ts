// Claude Code's telemetry events (OTEL_LOGS_EXPORTER=otlp): what a tool did, what was decided about it, what was asked of the model.
// Details of tools and prompts come only when the person running it allows them (OTEL_LOG_TOOL_DETAILS, OTEL_LOG_USER_PROMPTS).
// Source: https://code.claude.com/docs/en/monitoring-usage, "Events" and "Traces (beta)".
import { callOf, type Draft, endedData, long, modelData, startedData } from './event-draft.ts'
import type { LogReading } from './log-reading.ts'
import type { Attributes, LogRecord } from './otlp-model.ts'
import { durationMsOf, firstCount, firstText, jsonOf } from './span-reading.ts'

export const claudeToolIdentity = (toolUseId: string): string => `claude-code tool ${toolUseId}`
export const claudeRequestIdentity = (requestId: string): string => `claude-code request ${requestId}`

/** MCP tools are logged as `mcp_tool` with their real names in the parameters. */
export function claudeToolName(attributes: Attributes): string {
  const name = firstText(attributes, ['tool_name', 'name']) ?? 'unknown'
  if (name !== 'mcp_tool') return name
  const parameters = jsonOf(firstText(attributes, ['tool_parameters']) ?? '') as Record<string, unknown> | undefined
  const server = parameters?.mcp_server_name
  const tool = parameters?.mcp_tool_name
  return typeof server === 'string' && typeof tool === 'string' ? `mcp__${server}__${tool}` : name
}

/** The fuller of the two: `tool_input` is cut after 512 characters a value, `full_command` in `tool_parameters` is not. */
function inputOf(attributes: Attributes): string | undefined {
  const input = firstText(attributes, ['tool_input'])
  const parameters = firstText(attributes, ['tool_parameters'])
  if (input === undefined || parameters === undefined) return input ?? parameters
  const told = jsonOf(parameters)
  return typeof told === 'object' && told !== null && 'full_command' in told ? parameters : input
}

const isTrue = (attributes: Attributes, key: string): boolean => String(attributes.get(key)) === 'true'

export function readClaudeCodeLog(
  name: string,
  record: LogRecord,
  atMs: number,
  session: string,
): LogReading | undefined {
  const { attributes } = record
  switch (name) {
    case 'claude_code.tool_result':
      return { what: 'claude-code.tool_result', drafts: toolResult(record, atMs, session) }
    case 'claude_code.tool_decision':
      return toolDecision(record, atMs, session)
    case 'claude_code.user_prompt': {
      const prompt = firstText(attributes, ['prompt'])
      const length = firstCount(attributes, ['prompt_length']) ?? 0
      const withheld = prompt === undefined || prompt === '<REDACTED>'
      const text = withheld ? `[prompt of ${length} characters, not sent by Claude Code]` : prompt
      return message('claude-code.user_prompt', 'user', text, record, atMs, session)
    }
    case 'claude_code.assistant_response': {
      const text = firstText(attributes, ['response'])
      if (text === undefined || text === '<REDACTED>') return { nothing: 'Claude Code response without its text' }
      return message('claude-code.assistant_response', 'assistant', text, record, atMs, session)
    }
    case 'claude_code.api_request':
    case 'claude_code.api_error':
      return { what: name.replace('_code.', '-code.'), drafts: [apiCall(name, record, atMs, session)] }
    default:
      return name.startsWith('claude_code.')
        ? { nothing: 'Claude Code event that is no action, message or model call' }
        : undefined
  }
}

/** What repeats when the same record is sent again: its place in the session and its content. */
function recordIdentity(record: LogRecord, atMs: number, session: string): string[] {
  const sequence = firstText(record.attributes, ['event.sequence']) ?? ''
  return ['log', session, String(atMs), sequence, JSON.stringify([...record.attributes])]
}

function message(
  what: string,
  role: 'user' | 'assistant',
  text: string,
  record: LogRecord,
  atMs: number,
  session: string,
): LogReading {
  const identity = recordIdentity(record, atMs, session)
  return { what, drafts: [{ kind: 'message.recorded', atMs, data: { role, text: long(text) }, identity }] }
}

function toolIdentity(record: LogRecord, atMs: number, session: string): { call: string; identity: string[] } {
  const given = firstText(record.attributes, ['tool_use_id'])
  const sequence = firstText(record.attributes, ['event.sequence']) ?? String(atMs)
  const identity =
    given === undefined ? recordIdentity(record, atMs, session) : ['shared', session, claudeToolIdentity(given)]
  return { call: callOf(given, `event ${sequence.slice(0, 64)}`), identity }
}

/** Logged when the tool is done: it began its duration earlier. */
function toolResult(record: LogRecord, atMs: number, session: string): Draft[] {
  const { attributes } = record
  const { call, identity } = toolIdentity(record, atMs, session)
  const tool = claudeToolName(attributes)
  const input = inputOf(attributes) ?? ''
  const durationMs = durationMsOf(attributes.get('duration_ms'))
  const denied = attributes.get('decision_type') === 'reject'
  const failure = firstText(attributes, ['error', 'error_type'])
  const outcome = denied
    ? 'denied'
    : attributes.has('success')
      ? isTrue(attributes, 'success')
        ? 'ok'
        : 'error'
      : 'unknown'
  const ended = endedData(
    { tool, output: undefined, outcome },
    call,
    outcome === 'ok' ? undefined : failure,
    durationMs,
  )
  return [
    {
      kind: 'action.started',
      atMs: atMs - (durationMs ?? 0),
      data: startedData({ tool, input }, call, record),
      identity,
    },
    { kind: 'action.ended', atMs, data: ended, identity },
  ]
}

/** A refusal is an action that was wanted and denied. An approval begins one, if it says what; its result follows under the same ids. */
function toolDecision(record: LogRecord, atMs: number, session: string): LogReading {
  const { attributes } = record
  const rejected = attributes.get('decision') === 'reject'
  const input = inputOf(attributes)
  if (!rejected && (input === undefined || !attributes.has('tool_use_id'))) {
    return { nothing: 'Claude Code approval without the input: the tool result tells it' }
  }
  const { call, identity } = toolIdentity(record, atMs, session)
  const tool = claudeToolName(attributes)
  const started: Draft = {
    kind: 'action.started',
    atMs,
    data: startedData({ tool, input: input ?? '' }, call, record),
    identity,
  }
  if (!rejected) return { what: 'claude-code.tool_decision', drafts: [started] }
  const source = firstText(attributes, ['source'])
  const output = source === undefined ? undefined : `denied by ${source}`
  const ended: Draft = {
    kind: 'action.ended',
    atMs,
    data: endedData({ tool, output, outcome: 'denied' }, call, undefined, undefined),
    identity,
  }
  return { what: 'claude-code.tool_decision', drafts: [started, ended] }
}

function apiCall(name: string, record: LogRecord, atMs: number, session: string): Draft {
  const { attributes } = record
  const request = firstText(attributes, ['request_id'])
  const details = [
    ['status', firstText(attributes, ['status_code'])],
    ['attempt', firstText(attributes, ['attempt'])],
  ].flatMap(([label, text]) => (text === undefined ? [] : [`${label} ${text}`]))
  const error = `${firstText(attributes, ['error']) ?? 'failed'}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
  return {
    kind: 'model.called',
    atMs,
    data: modelData({
      model: firstText(attributes, ['model']) ?? 'unknown',
      inputTokens: firstCount(attributes, ['input_tokens']),
      outputTokens: firstCount(attributes, ['output_tokens']),
      durationMs: durationMsOf(attributes.get('duration_ms')),
      error: name === 'claude_code.api_error' ? error : undefined,
    }),
    identity:
      request === undefined
        ? recordIdentity(record, atMs, session)
        : ['shared', session, claudeRequestIdentity(request)],
  }
}

// One event of an OpenHands trajectory, as far as it can be read alone: what it does or saw, not yet joined with its other half.
// Source: All-Hands-AI/OpenHands, openhands/core/schema/action.py and observation.py, openhands/events/serialization/event.py.
import { countOf, fieldOf, isObject, type JsonObject, numberOf, objectIn, shortText } from './normal-values.ts'
import type { OpenHandsOutcome, OpenHandsReading } from './openhands-reading.ts'
import { readOpenHandsSdkEvent } from './openhands-sdk-event.ts'
import { textOrJson } from './python-json.ts'

/** What is no work: bookkeeping of the agent, its state, its memory. */
const bookkeeping = new Set([
  'null',
  'start',
  'pause',
  'resume',
  'stop',
  'change_agent_state',
  'agent_state_changed',
  'recall',
  'condensation',
  'condensation_request',
  'condense',
  'loop_detection',
  'loop_recovery',
  'server_ready',
  'success',
])
const spoken = new Set(['message', 'system', 'think', 'finish', 'reject', 'chat', 'agent_finish'])

export function readOpenHandsEvent(event: unknown): OpenHandsReading {
  if (!isObject(event)) return { type: 'refused', reason: 'event of a trajectory is no JSON object' }
  const action = fieldOf(event, 'action')
  if (typeof action === 'string') return readAction(event, action)
  const observation = fieldOf(event, 'observation')
  if (typeof observation === 'string') return readObservation(event, observation)
  const kind = fieldOf(event, 'kind')
  if (typeof kind === 'string') return readOpenHandsSdkEvent(event, kind)
  return { type: 'refused', reason: 'event of a trajectory is neither an action nor an observation' }
}

function readAction(event: JsonObject, action: string): OpenHandsReading {
  if (bookkeeping.has(action)) return { type: 'skipped', reason: 'state or memory of the agent: no action' }
  const args = objectIn(event, 'args')
  if (spoken.has(action)) {
    const text = firstText(args, ['content', 'final_thought', 'thought']) ?? textOrJson(fieldOf(event, 'message'))
    return text === undefined
      ? { type: 'skipped', reason: 'message without text' }
      : { type: 'message', role: roleOf(event, action), text }
  }
  const mcp = action === 'mcp' || action === 'call_tool_mcp' ? shortText(fieldOf(args, 'name')) : undefined
  return {
    type: 'action',
    tool: mcp ?? shortText(action) ?? 'unknown',
    input: textOrJson(args) ?? '',
    thought: firstText(args, ['thought']),
    call: shortText(fieldOf(objectIn(event, 'tool_call_metadata'), 'tool_call_id')),
  }
}

function roleOf(event: JsonObject, action: string): 'system' | 'user' | 'assistant' | 'other' {
  if (action === 'system') return 'system'
  const source = fieldOf(event, 'source')
  if (source === 'user') return 'user'
  return source === 'agent' || source === undefined ? 'assistant' : 'other'
}

function readObservation(event: JsonObject, observation: string): OpenHandsReading {
  if (bookkeeping.has(observation) || spoken.has(observation)) {
    return { type: 'skipped', reason: 'observation of a state or message: told by its action' }
  }
  const extras = objectIn(event, 'extras')
  const stated = numberOf(fieldOf(extras, 'exit_code')) ?? numberOf(fieldOf(objectIn(extras, 'metadata'), 'exit_code'))
  const exitCode = stated !== undefined && Number.isSafeInteger(stated) ? stated : undefined
  return {
    type: 'observation',
    tool: shortText(observation) ?? 'unknown',
    output: firstText(event, ['content']) ?? firstText(event, ['message']),
    outcome: outcomeOf(event, observation, extras, exitCode),
    // -1: the command still ran when the observation was made.
    exitCode: exitCode === -1 ? undefined : exitCode,
  }
}

function outcomeOf(
  event: JsonObject,
  observation: string,
  extras: JsonObject,
  exitCode: number | undefined,
): OpenHandsOutcome {
  if (observation === 'user_rejected') return 'denied'
  if (observation === 'error') return 'error'
  if (exitCode === -1) return 'unknown'
  if (exitCode !== undefined) return exitCode === 0 ? 'ok' : 'error'
  const failed = fieldOf(event, 'success') === false || fieldOf(extras, 'error') === true
  return failed ? 'error' : 'ok'
}

/** How the run ended, where this event says so. */
export function endingOf(event: unknown): string | undefined {
  if (fieldOf(event, 'kind') === 'ActionEvent') return fieldOf(event, 'tool_name') === 'finish' ? 'finished' : undefined
  if (fieldOf(event, 'kind') === 'ConversationErrorEvent') return 'error'
  const action = fieldOf(event, 'action')
  if (action === 'finish' || action === 'reject') return action === 'finish' ? 'finished' : 'rejected'
  const observed = fieldOf(event, 'observation') === 'agent_state_changed'
  const state = observed ? fieldOf(objectIn(event, 'extras'), 'agent_state') : undefined
  return state === 'finished' || state === 'error' || state === 'rejected' || state === 'stopped' ? state : undefined
}

export type ModelResponse = {
  id: string | undefined
  model: string
  inputTokens: number | undefined
  outputTokens: number | undefined
}

/** The answer of the model that an action came from; several actions may come from one. */
export function modelResponseOf(event: unknown): ModelResponse | undefined {
  const response = objectIn(objectIn(event, 'tool_call_metadata'), 'model_response')
  const model = shortText(fieldOf(response, 'model'))
  if (model === undefined) return undefined
  const usage = objectIn(response, 'usage')
  return {
    id: shortText(fieldOf(response, 'id')),
    model,
    inputTokens: countOf(fieldOf(usage, 'prompt_tokens')),
    outputTokens: countOf(fieldOf(usage, 'completion_tokens')),
  }
}

function firstText(object: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = textOrJson(fieldOf(object, key))
    if (text !== undefined && text.trim() !== '') return text
  }
  return undefined
}

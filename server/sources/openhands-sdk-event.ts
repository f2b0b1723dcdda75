// Events of OpenHands since its agent SDK (2025): each says its `kind`, and the action or observation proper is an object inside.
// Source: OpenHands/software-agent-sdk, openhands/sdk/event/llm_convertible/*.py. No recording of these was at hand.

import { contentText } from './content-text.ts'
import { fieldOf, type JsonObject, numberOf, objectIn, shortText } from './normal-values.ts'
import type { OpenHandsReading } from './openhands-reading.ts'
import { textOrJson } from './python-json.ts'

export function readOpenHandsSdkEvent(event: JsonObject, kind: string): OpenHandsReading {
  const tool = shortText(fieldOf(event, 'tool_name')) ?? 'unknown'
  switch (kind) {
    case 'ActionEvent':
      return readAction(event, tool)
    case 'ObservationEvent':
      return readObservation(objectIn(event, 'observation'), tool)
    case 'UserRejectObservation':
      return {
        type: 'observation',
        tool,
        output: contentText(fieldOf(event, 'rejection_reason')),
        outcome: 'denied',
        exitCode: undefined,
      }
    case 'AgentErrorEvent':
      return {
        type: 'observation',
        tool,
        output: contentText(fieldOf(event, 'error')),
        outcome: 'error',
        exitCode: undefined,
      }
    case 'MessageEvent':
      return message(roleOf(event), contentText(fieldOf(objectIn(event, 'llm_message'), 'content')))
    case 'SystemPromptEvent':
      return message('system', contentText(fieldOf(objectIn(event, 'system_prompt'), 'text')))
    case 'ConversationErrorEvent':
      return message('other', contentText(fieldOf(event, 'detail')))
    default:
      return { type: 'skipped', reason: 'state or memory of the agent: no action' }
  }
}

function readAction(event: JsonObject, tool: string): OpenHandsReading {
  const action = objectIn(event, 'action')
  if (tool === 'finish') return message('assistant', contentText(fieldOf(action, 'message')))
  if (tool === 'think') return message('assistant', contentText(fieldOf(action, 'thought')))
  return {
    type: 'action',
    tool,
    input: textOrJson(action) ?? '',
    thought: contentText(fieldOf(event, 'thought')),
    call: shortText(fieldOf(event, 'tool_call_id')),
  }
}

function readObservation(observation: JsonObject, tool: string): OpenHandsReading {
  if (tool === 'finish' || tool === 'think') {
    return { type: 'skipped', reason: 'observation of a state or message: told by its action' }
  }
  const stated =
    numberOf(fieldOf(observation, 'exit_code')) ?? numberOf(fieldOf(objectIn(observation, 'metadata'), 'exit_code'))
  const exitCode = stated !== undefined && Number.isSafeInteger(stated) && stated !== -1 ? stated : undefined
  const failed = fieldOf(observation, 'is_error') === true || (exitCode !== undefined && exitCode !== 0)
  const running = stated === -1 || fieldOf(observation, 'timeout') === true
  const output = contentText(fieldOf(observation, 'content')) ?? contentText(fieldOf(observation, 'output'))
  return { type: 'observation', tool, output, outcome: failed ? 'error' : running ? 'unknown' : 'ok', exitCode }
}

function message(role: 'system' | 'user' | 'assistant' | 'other', text: string | undefined): OpenHandsReading {
  return text === undefined ? { type: 'skipped', reason: 'message without text' } : { type: 'message', role, text }
}

function roleOf(event: JsonObject): 'user' | 'assistant' | 'other' {
  const source = fieldOf(event, 'source')
  if (source === 'user') return 'user'
  return source === 'agent' ? 'assistant' : 'other'
}

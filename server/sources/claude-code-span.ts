// Claude Code's traces (beta): claude_code.tool and claude_code.llm_request. Where a span shares an id with a log event
// (tool_use_id, request_id) it shares its event id too, so that sending both signals tells nothing twice.
import { claudeRequestIdentity, claudeToolIdentity, claudeToolName } from './claude-code-log.ts'
import { failureOf, firstCount, firstText, type ReadSpan } from './span-reading.ts'

export const readClaudeCodeSpan: ReadSpan = (span) => {
  if (!span.name.startsWith('claude_code.')) return undefined
  const { attributes } = span
  switch (span.name) {
    case 'claude_code.tool': {
      const call = firstText(attributes, ['tool_use_id'])
      const told = span.events.find((event) => event.name === 'tool.output')?.attributes
      const command = firstText(attributes, ['full_command', 'file_path', 'skill_name', 'subagent_type'])
      return {
        type: 'action',
        what: 'claude-code.tool',
        call,
        tool: claudeToolName(attributes),
        input:
          firstText(attributes, ['tool_input']) ?? (told && firstText(told, ['tool_input', 'input'])) ?? command ?? '',
        output: told && firstText(told, ['output', 'content']),
        // These spans always end with status UNSET; the failure is told by a child span or the log event.
        outcome: 'unknown',
        identity: call === undefined ? undefined : claudeToolIdentity(call),
      }
    }
    case 'claude_code.llm_request': {
      const request = firstText(attributes, ['request_id'])
      return {
        type: 'model',
        what: 'claude-code.llm_request',
        model: firstText(attributes, ['model', 'gen_ai.request.model']) ?? 'unknown',
        provider: firstText(attributes, ['gen_ai.system']),
        inputTokens: firstCount(attributes, ['input_tokens']),
        outputTokens: firstCount(attributes, ['output_tokens']),
        error: firstText(attributes, ['error']) ?? failureOf(span),
        identity: request === undefined ? undefined : claudeRequestIdentity(request),
      }
    }
    case 'claude_code.interaction': {
      const prompt = firstText(attributes, ['user_prompt'])
      return { type: 'agent', what: 'claude-code.interaction', task: prompt === '<REDACTED>' ? undefined : prompt }
    }
    default:
      return {
        type: 'nothing',
        reason: 'Claude Code span whose content its parent holds (execution, permission, hook)',
      }
  }
}

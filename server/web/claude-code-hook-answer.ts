// What Claude Code reads from an HTTP hook. It lets a call run after any status but 2xx, unless its settings say otherwise: so here a
// failure, too, is told as a 200 that denies. Source: https://code.claude.com/docs/en/hooks, "PreToolUse decision control".
import type { Context } from 'hono'
import type { GateAnswer } from './gate-decide.ts'
import type { ProblemError } from './problem.ts'

export const claudeCodeHookPath = '/hooks/claude-code'

/** Also a mistyped address below it: a door that is not there must not be an open one. */
export function isHookPath(path: string): boolean {
  return /^\/hooks(\/|$)/.test(path)
}

export type PreToolUseAnswer = {
  hookSpecificOutput: {
    hookEventName: 'PreToolUse'
    permissionDecision: 'allow' | 'deny'
    permissionDecisionReason: string
    updatedInput?: Record<string, unknown>
  }
}

export function denial(reason: string): PreToolUseAnswer {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: `Vigil: ${reason}`,
    },
  }
}

export function hookAnswerOf({ decision, reason, input }: GateAnswer): PreToolUseAnswer {
  if (decision === 'deny') return denial(reason)
  const allowed = {
    hookEventName: 'PreToolUse',
    permissionDecision: 'allow',
    permissionDecisionReason: `Vigil: ${reason}`,
  } as const
  if (decision === 'allow') return { hookSpecificOutput: allowed }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return denial('it was edited into something that is no input of a tool: edit it as a JSON object')
  return { hookSpecificOutput: { ...allowed, updatedInput: input as Record<string, unknown> } }
}

/** With `retry-after` where asking again may be answered otherwise: Claude Code does not ask again, `vigil hook` does. */
export function answerDenial(c: Context, { status, title, message }: ProblemError): Response {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (status === 503) headers['retry-after'] = '1'
  return c.body(JSON.stringify(denial(`${title}: ${message}`)), 200, headers)
}

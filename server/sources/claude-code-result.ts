// What became of one tool call of Claude Code: its output, and whether it ran, failed or was not allowed. The texts of a refusal are Claude
// Code's own and only count at the beginning of an error, because a command may print the very same words.
import { contentText } from './content-text.ts'
import { endedData, long } from './event-draft.ts'
import { fieldOf, isObject, numberOf } from './normal-values.ts'
import { compactJson } from './python-json.ts'

type Ended = ReturnType<typeof endedData>
type Outcome = Ended['outcome']

export type ToolOutcome = {
  outcome: Outcome
  output: string | undefined
  exitCode: number | undefined
  durationMs: number | undefined
}

/** How refusals begin, by users, rules and hooks, in versions 1.0 to 2.1. */
const denials = [
  "The user doesn't want to proceed with this tool use",
  "The user doesn't want to take this action right now",
  'User rejected tool use',
  'Permission for this tool use was denied',
  'Permission for this action has been denied',
  'Claude requested permissions to ',
  'This command requires approval',
  'This Bash command contains multiple operations. The following part',
  'File is in a directory that is denied by your permission settings',
  'Hook PreToolUse:',
  'PreToolUse:',
]
const markers = ['<tool_use_error>', 'Error: ']
const headChars = 4_000

/** The text of an error says that the call was not allowed. */
export function isDenial(text: string): boolean {
  let head = text.slice(0, headChars)
  for (const marker of markers) if (head.startsWith(marker)) head = head.slice(marker.length)
  if (head.startsWith('Permission to use ')) return head.includes(' has been denied')
  if (head.startsWith('cd in ') || head.startsWith('cd to ')) return head.includes('was blocked. For security')
  return denials.some((denial) => head.startsWith(denial))
}

/** `Exit code 1` is how the shell tool begins the text of a failure. */
export function exitCodeOf(text: string | undefined): number | undefined {
  const code = /^(?:Error: )?Exit code (\d{1,3})(?=\n|$)/.exec(text?.slice(0, 40) ?? '')?.[1]
  return code === undefined ? undefined : Number(code)
}

/** `told` is the tool's own report, `toolUseResult`, which is not cut as the text for the model is. */
export function outputOf(content: unknown, told: unknown): string | undefined {
  const streams = [fieldOf(told, 'stdout'), fieldOf(told, 'stderr')].filter(
    (text) => typeof text === 'string' && text !== '',
  )
  if (streams.length > 0) return streams.join('\n')
  const text = contentText(content)
  if (text !== undefined) return text
  return typeof told === 'string' && told !== '' ? told : undefined
}

/** Stated by the tool itself, in milliseconds. The time between call and result also holds the wait for a permission. */
export function durationOf(told: unknown): number | undefined {
  const ms = numberOf(fieldOf(told, 'durationMs')) ?? numberOf(fieldOf(told, 'totalDurationMs'))
  const seconds = numberOf(fieldOf(told, 'durationSeconds'))
  const durationMs = ms ?? (seconds === undefined ? undefined : seconds * 1_000)
  return durationMs !== undefined && durationMs >= 0 ? durationMs : undefined
}

/** One `tool_result` part, with the tool's own report and the kind of refusal where the line has them. */
export function toolOutcome(part: unknown, told: unknown, refusal: string | undefined): ToolOutcome {
  const content = fieldOf(part, 'content')
  const failed = fieldOf(part, 'is_error') === true
  const said = contentText(content) ?? (typeof told === 'string' ? told : '')
  const denied = refusal === undefined ? failed && isDenial(said) : /^(?:permission|user-reject|hook)/.test(refusal)
  const broken = failed || refusal !== undefined || fieldOf(told, 'interrupted') === true
  return {
    outcome: denied ? 'denied' : broken ? 'error' : 'ok',
    output: outputOf(content, told),
    exitCode: failed ? exitCodeOf(said) : undefined,
    durationMs: durationOf(told),
  }
}

/** `tool_response` of a hook, whose shape is the tool's own. */
export function responseText(response: unknown): string | undefined {
  if (typeof response === 'string') return response === '' ? undefined : response
  if (!isObject(response)) return Array.isArray(response) ? (contentText(response) ?? compactJson(response)) : undefined
  return outputOf(fieldOf(response, 'content'), response) ?? compactJson(response)
}

/**
 * Data of `action.ended`. The exit code is only the one that Claude Code states: a command that prints JSON with an `exit_code` in it says
 * nothing about itself. `tool` is left out where the call's beginning was not seen.
 */
export function resultData(call: string, tool: string | undefined, result: ToolOutcome): Ended {
  const { outcome, exitCode, durationMs } = result
  const { tool: named, ...data } = endedData(
    { tool: tool ?? '', output: undefined, outcome },
    call,
    undefined,
    durationMs,
  )
  const output = result.output?.trimEnd()
  return {
    ...data,
    ...(tool === undefined || named === undefined ? {} : { tool: named }),
    ...(output === undefined || output === '' ? {} : { output: long(output) }),
    ...(exitCode === undefined ? {} : { exitCode }),
  }
}

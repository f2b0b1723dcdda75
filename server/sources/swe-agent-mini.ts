// mini-swe-agent's trajectories: the bare conversation. A command stands in the model's message, what came of it in the next one.
// Source: SWE-agent/mini-swe-agent, src/minisweagent/agents/default.py and run/utils/save.py (`trajectory_format` 1 and 1.1).

import { contentText } from './content-text.ts'
import {
  countOf,
  fieldOf,
  isObject,
  type JsonObject,
  numberOf,
  objectIn,
  secondsToMs,
  shortText,
} from './normal-values.ts'
import { jsonOfPython } from './python-json.ts'
import type { Trajectory, TrajectoryAction, TrajectoryPart } from './swe-agent-part.ts'

type Step = Exclude<TrajectoryPart, { reason: string }>

/** Undefined when it is no such trajectory. */
export function miniTrajectory(document: JsonObject): Trajectory | undefined {
  const messages = fieldOf(document, 'messages')
  if (!Array.isArray(messages)) return undefined
  const info = objectIn(document, 'info')
  const config = objectIn(info, 'config')
  return {
    key: '',
    parts: partsOf(messages),
    agent: 'mini-swe-agent',
    model: shortText(fieldOf(objectIn(config, 'model'), 'model_name')),
    task: shortText(fieldOf(document, 'instance_id')),
    version: shortText(fieldOf(info, 'mini_version')),
    exitStatus: shortText(fieldOf(info, 'exit_status')),
    modelCalls: countOf(fieldOf(objectIn(info, 'model_stats'), 'api_calls')),
  }
}

function partsOf(messages: readonly unknown[]): TrajectoryPart[] {
  const parts: TrajectoryPart[] = []
  /** The last message of the model, while commands of it have no result. */
  let open: { step: Step; waiting: TrajectoryAction[] } | undefined
  for (const message of messages) {
    if (!isObject(message)) {
      parts.push({ what: 'refused', reason: 'message of a trajectory is no JSON object' })
      continue
    }
    const role = fieldOf(message, 'role')
    const text = contentText(fieldOf(message, 'content'))
    const extra = objectIn(message, 'extra')
    const atMs = secondsToMs(fieldOf(extra, 'timestamp') ?? fieldOf(message, 'timestamp'))
    if (role === 'assistant') {
      const actions = actionsOf(message, text ?? '')
      const step: Step = { what: 'step', role: 'assistant', text, actions, atMs }
      parts.push(
        text === undefined && actions.length === 0 ? { what: 'skipped', reason: 'message without text' } : step,
      )
      open = { step, waiting: [...actions] }
    } else if (open !== undefined && open.waiting.length > 0 && (role === 'user' || role === 'tool')) {
      finish(open, message, text, atMs)
      parts.push({ what: 'skipped', reason: 'output of a command: told with the command' })
    } else if (text === undefined) parts.push({ what: 'skipped', reason: 'message without text' })
    else
      parts.push({
        what: 'message',
        role: role === 'system' || role === 'user' ? role : 'other',
        text,
        actions: [],
        atMs,
      })
  }
  return parts
}

function finish(
  { step, waiting }: { step: Step; waiting: TrajectoryAction[] },
  message: JsonObject,
  text: string | undefined,
  atMs: number | undefined,
): void {
  const call = fieldOf(message, 'tool_call_id')
  const place = Math.max(
    0,
    waiting.findIndex((action) => action.call !== undefined && action.call === call),
  )
  const [action] = waiting.splice(place, 1)
  if (action === undefined) return
  const extra = objectIn(message, 'extra')
  action.output = contentText(fieldOf(extra, 'raw_output')) ?? text
  const stated =
    numberOf(fieldOf(extra, 'returncode')) ?? numberOf(/^\s{0,8}<returncode>(-?\d{1,6})</.exec(text ?? '')?.[1])
  if (stated !== undefined && Number.isSafeInteger(stated)) action.exitCode = stated
  if (atMs !== undefined) step.endMs = atMs
}

/** As the agent itself finds them: listed in `extra`, as tool calls, or as the one fenced block of the text (two are a mistake: none runs). */
function actionsOf(message: JsonObject, text: string): TrajectoryAction[] {
  const listed = fieldOf(objectIn(message, 'extra'), 'actions')
  if (Array.isArray(listed)) {
    return listed.slice(0, 100).flatMap((action) => {
      const input = contentText(fieldOf(action, 'command') ?? action)
      return input === undefined ? [] : [{ tool: 'bash', input, call: shortText(fieldOf(action, 'tool_call_id')) }]
    })
  }
  const calls = fieldOf(message, 'tool_calls')
  if (Array.isArray(calls)) {
    return calls.slice(0, 100).flatMap((call) => {
      const wanted = objectIn(call, 'function')
      const given = fieldOf(wanted, 'arguments')
      const input = contentText(fieldOf(typeof given === 'string' ? jsonOfPython(given) : given, 'command') ?? given)
      return input === undefined
        ? []
        : [{ tool: shortText(fieldOf(wanted, 'name')) ?? 'bash', input, call: shortText(fieldOf(call, 'id')) }]
    })
  }
  const blocks = fencedBlocks(text)
  return blocks.length === 1 && blocks[0] !== undefined ? [{ tool: 'bash', input: blocks[0] }] : []
}

function fencedBlocks(text: string): string[] {
  const blocks: string[] = []
  for (const fence of ['```bash', '```mswea_bash_command']) {
    for (let at = text.indexOf(`${fence}\n`); at !== -1 && blocks.length < 2; ) {
      const from = at + fence.length + 1
      const to = text.indexOf('\n```', from)
      if (to === -1) break
      blocks.push(text.slice(from, to))
      at = text.indexOf(`${fence}\n`, to)
    }
  }
  return blocks
}

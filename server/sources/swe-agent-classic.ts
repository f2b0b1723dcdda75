// SWE-agent's own trajectories: `trajectory[]` of steps, and attempts of a run that was tried several times.
// Source: SWE-agent/SWE-agent, sweagent/types.py (TrajectoryStep, AgentInfo), sweagent/agent/agents.py (get_trajectory_data, RetryAgent).

import { contentText } from './content-text.ts'
import { countOf, fieldOf, isObject, type JsonObject, numberOf, objectIn, shortText } from './normal-values.ts'
import { jsonOfPython } from './python-json.ts'
import type { Trajectory, TrajectoryPart } from './swe-agent-part.ts'

/** Commands of the agent's own interface; every other action is typed into a shell. */
const interfaceCommands = new Set([
  'open',
  'goto',
  'scroll_up',
  'scroll_down',
  'create',
  'edit',
  'insert',
  'append',
  'search_dir',
  'search_file',
  'find_file',
  'str_replace_editor',
  'submit',
  'exit_cost',
  'exit_context',
  'exit_error',
  'exit_format',
  'exit_forfeit',
  'skip',
  'decompile',
  'disassemble',
  'connect_start',
  'connect_sendline',
  'debug_start',
])

/** Undefined when it is no such trajectory. With attempts, the trajectory beside them is a copy of the chosen one. */
export function classicTrajectories(document: JsonObject): Trajectory[] | undefined {
  const attempts = fieldOf(document, 'attempts')
  if (Array.isArray(attempts) && attempts.length > 0) {
    return attempts.map((attempt, index) =>
      trajectoryOf(isObject(attempt) ? attempt : {}, `attempt ${index}`, document),
    )
  }
  return Array.isArray(fieldOf(document, 'trajectory')) ? [trajectoryOf(document, '', document)] : undefined
}

function trajectoryOf(attempt: JsonObject, key: string, document: JsonObject): Trajectory {
  const steps = fieldOf(attempt, 'trajectory')
  const info = objectIn(attempt, 'info')
  const task = taskPart(fieldOf(attempt, 'history'))
  const given = fieldOf(document, 'replay_config')
  const config = typeof given === 'string' ? jsonOfPython(given) : given
  const agent = objectIn(config, 'agent')
  return {
    key,
    parts: [...(task === undefined ? [] : [task]), ...(Array.isArray(steps) ? steps.map(stepPart) : [])],
    agent: 'swe-agent',
    model: shortText(fieldOf(objectIn(agent, 'model'), 'name')),
    task: shortText(fieldOf(objectIn(config, 'problem_statement'), 'id')),
    version: shortText(fieldOf(info, 'swe_agent_version')),
    exitStatus: shortText(fieldOf(info, 'exit_status')),
    modelCalls: countOf(fieldOf(objectIn(info, 'model_stats'), 'api_calls')),
  }
}

/** The rest of the history repeats the steps; demonstrations in it are of another run. */
function taskPart(history: unknown): TrajectoryPart | undefined {
  if (!Array.isArray(history)) return undefined
  const asked = history.find((entry) => fieldOf(entry, 'role') === 'user' && fieldOf(entry, 'is_demo') !== true)
  const text = contentText(fieldOf(asked, 'content'))
  return text === undefined ? undefined : { what: 'message', role: 'user', text, actions: [] }
}

function stepPart(step: unknown): TrajectoryPart {
  if (!isObject(step)) return { what: 'refused', reason: 'step of a trajectory is no JSON object' }
  const text = contentText(fieldOf(step, 'thought')) ?? contentText(fieldOf(step, 'response'))
  const action = contentText(fieldOf(step, 'action'))
  if (text === undefined && action === undefined) {
    return { what: 'skipped', reason: 'step with neither a thought nor an action' }
  }
  const output = contentText(fieldOf(step, 'observation'))
  const actions = action === undefined ? [] : [{ tool: toolOf(action), input: action, output }]
  return { what: 'step', role: 'assistant', text, actions, seconds: numberOf(fieldOf(step, 'execution_time')) }
}

function toolOf(action: string): string {
  const [word = ''] = action.trimStart().slice(0, 40).split(/\s/, 1)
  return interfaceCommands.has(word) ? word : 'bash'
}

// Rows that ROLL's agentic pipelines dump of whole trajectories, one JSON object a line (`rollout_dump_data.step_N.jsonl`), and rows of single
// steps as its users' environments write them.
//
// Known from source: the dump's columns come with each pipeline (roll/pipeline/agentic/utils.py, dump_rollout_trajectories at alibaba/ROLL);
// agent pipelines of ROLL forks write `trajectory_data` (JSON in a string: trajectory_id, env_info, timing_info with traj_save_time and
// trajectory.total_time, reward_info, failure_info), `messages` and `tools` (JSON in strings), `exp_name`, `global_step`.
// Assumed: rows of single steps, by common names (traj_id or episode_id, env_id, group_id, step, action, observation, reward, timestamp).
import type { EventInput } from '../protocol/event.ts'
import { contentText } from './content-text.ts'
import { callOf, endedData, long, startedData } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import {
  defined,
  fieldOf,
  isObject,
  isoToMs,
  type JsonObject,
  numberOf,
  objectIn,
  secondsToMs,
  sessionOf,
  shortText,
  timeMs,
} from './normal-values.ts'
import { jsonOfPython, textOrJson } from './python-json.ts'
import type { RecordContext, RecordSink } from './record-source.ts'

const noName = 'trajectory without an id that can name a session'
const messagesMax = 2_000
const sessionsMax = 20_000

/** `begun` remembers the sessions whose start was told by an earlier step. */
export function readRollRow(
  row: JsonObject,
  line: string,
  begun: Set<string>,
  context: RecordContext,
  sink: RecordSink,
): void {
  const data = unpacked(fieldOf(row, 'trajectory_data')) ?? unpacked(fieldOf(row, 'save_content'))
  if (isObject(data)) readTrajectory(row, data, line, context, sink)
  else if (['action', 'observation', 'reward'].some((key) => fieldOf(row, key) !== undefined))
    readStep(row, line, begun, context, sink)
  else if (textIn([row], ['traj_id', 'trajectory_id', 'episode_id']) !== undefined)
    readTrajectory(row, row, line, context, sink)
  else sink.skipped('row that is no trajectory and no step')
}

/** JSON, or JSON in a string. */
function unpacked(value: unknown): unknown {
  return typeof value === 'string' ? jsonOfPython(value) : value
}

function textIn(objects: readonly unknown[], keys: readonly string[]): string | undefined {
  for (const object of objects) {
    for (const key of keys) {
      const text = shortText(fieldOf(object, key))
      if (text !== undefined) return text
    }
  }
  return undefined
}

type Place = { name: string | undefined; labels: Record<string, string> }

function placeOf(row: JsonObject, data: JsonObject): Place {
  const sources = [data, objectIn(data, 'env_info'), row]
  const labels = defined({
    run: textIn(sources, ['exp_name', 'run_id', 'run']),
    step: textIn([row, data], ['global_step', 'current_step']),
    trajectory: textIn(sources, ['trajectory_id', 'traj_id']),
    group: textIn(sources, ['group_id', 'group_ids', 'traj_group_id']),
    env: textIn(sources, ['env_id', 'env_ids']),
    episode: textIn(sources, ['episode_id', 'episode']),
    tag: textIn(sources, ['tag', 'tags']),
    mode: textIn(sources, ['mode']),
    task: textIn(sources, ['task_name', 'task_id', 'task_idx']),
  })
  return { name: labels.trajectory ?? labels.episode, labels: { ...labels } }
}

/** Any of the ways to write a time that were seen; undefined when the row has none. */
function timeIn(objects: readonly unknown[], keys: readonly string[], zone: number | undefined): number | undefined {
  for (const object of objects) {
    for (const key of keys) {
      const value = fieldOf(object, key)
      const number = numberOf(value)
      const atMs = isoToMs(value, zone) ?? compactTime(value, zone) ?? timeMs(number) ?? secondsToMs(value)
      if (atMs !== undefined) return atMs
    }
  }
  return undefined
}

/** `20260301_100000_123456`, as Python's `%Y%m%d_%H%M%S_%f` writes it. */
function compactTime(value: unknown, zone: number | undefined): number | undefined {
  const match = typeof value === 'string' ? /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{6})$/.exec(value) : null
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction] = match
  return isoToMs(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}`, zone)
}

const timeKeys = ['timestamp', 'time', 'ts', 'start_time', 'created_at']

function readTrajectory(
  row: JsonObject,
  data: JsonObject,
  line: string,
  context: RecordContext,
  sink: RecordSink,
): void {
  const { name, labels } = placeOf(row, data)
  const session = context.boundSession ?? (name === undefined ? context.session : sessionOf(name))
  if (session === undefined) return sink.refused(noName)
  const timing = objectIn(data, 'timing_info')
  const given = timeIn([timing, data, row], ['traj_save_time', ...timeKeys], context.zoneOffsetMinutes)
  const endMs = given ?? context.recordedAtMs ?? context.nowMs
  const seconds = numberOf(fieldOf(timing, 'trajectory.total_time'))
  const startMs = (seconds !== undefined && seconds >= 0 ? timeMs(endMs - seconds * 1000) : undefined) ?? endMs
  const said = messagesOf(unpacked(fieldOf(row, 'messages') ?? fieldOf(data, 'messages')))

  // Messages have no times: they lie between the trajectory's start and its end, in order.
  const stepMs = (endMs - startMs) / (said.length + 1)
  const made = given === undefined || said.length > 0 ? { times: 'made up' } : {}
  const about = defined({ name: shortText(name), agent: 'ROLL', task: labels.task, held: 'none' as const })
  const events: EventInput[] = [
    {
      v: 1,
      kind: 'session.started',
      atMs: startMs,
      session,
      data: { ...about, abilities: [], labels: { ...labels, ...made } },
    },
  ]
  for (const [index, message] of said.entries()) {
    events.push(...messageEvents(message, index, startMs + stepMs * (index + 1), session))
  }
  const rewards = rewardsOf(row, data)
  if (rewards !== undefined) {
    const report = defined({ phase: 'reward', step: wholeNumber(labels.step), numbers: rewards })
    events.push({ v: 1, kind: 'trainer.reported', atMs: endMs, session, data: report })
  }
  const failure = objectIn(data, 'failure_info')
  const reason = textIn([failure, row], ['failure_mode', 'stop_reason'])
  events.push({ v: 1, kind: 'session.ended', atMs: endMs, session, data: defined({ reason }) })
  sink.understood('trajectory', { events, identity: given === undefined ? `${endMs} ${line}` : line })
}

/** A list of messages, or of conversations. */
function messagesOf(value: unknown): JsonObject[] {
  const flat = Array.isArray(value) ? value.slice(0, messagesMax).flat(2) : []
  return flat.filter(isObject).slice(0, messagesMax)
}

function messageEvents(
  message: JsonObject,
  index: number,
  atMs: number,
  session: NonNullable<EventInput['session']>,
): EventInput[] {
  const role = fieldOf(message, 'role')
  const text = contentText(fieldOf(message, 'content'))
  const events: EventInput[] = []
  if (role === 'tool') {
    const call = callOf(shortText(fieldOf(message, 'tool_call_id')), `message ${index}`)
    const action = { tool: shortText(fieldOf(message, 'name')) ?? 'tool', output: text, outcome: 'unknown' as const }
    return [{ v: 1, kind: 'action.ended', atMs, session, data: endedData(action, call, undefined, undefined) }]
  }
  if (text !== undefined) {
    const known = role === 'system' || role === 'user' || role === 'assistant' ? role : 'other'
    events.push({ v: 1, kind: 'message.recorded', atMs, session, data: { role: known, text: long(text) } })
  }
  const calls = fieldOf(message, 'tool_calls')
  for (const [place, call] of (Array.isArray(calls) ? calls.slice(0, 100) : []).entries()) {
    const wanted = objectIn(call, 'function')
    const tool = shortText(fieldOf(wanted, 'name')) ?? 'tool'
    const input = textOrJson(fieldOf(wanted, 'arguments')) ?? ''
    const id = callOf(shortText(fieldOf(call, 'id')), `message ${index}.${place}`)
    events.push({ v: 1, kind: 'action.started', atMs, session, data: startedData({ tool, input }, id, {}) })
  }
  return events
}

function readStep(row: JsonObject, line: string, begun: Set<string>, context: RecordContext, sink: RecordSink): void {
  const { name, labels } = placeOf(row, row)
  const whole =
    name ??
    ([labels.group, labels.env].every((part) => part !== undefined) ? `${labels.group}/${labels.env}` : undefined)
  const session = context.boundSession ?? (whole === undefined ? context.session : sessionOf(whole))
  if (session === undefined) return sink.refused(noName)
  const given = timeIn([row], timeKeys, context.zoneOffsetMinutes)
  const atMs = given ?? context.recordedAtMs ?? context.nowMs
  const identity = given === undefined ? `${atMs} ${line}` : line
  const step = textIn([row], ['step', 'step_id', 'turn', 'turn_idx'])
  const made = given === undefined ? { times: 'made up' } : {}
  const events: EventInput[] = []
  if (!begun.has(session) && begun.size < sessionsMax) {
    begun.add(session)
    const about = defined({ name: shortText(whole), agent: 'ROLL', held: 'none' as const })
    // The id does not hold the row: a file that begins at a later step makes the same event.
    const id = eventIdOf(context.boundSession ?? '', 'roll-traces', 'trajectory', session)
    const data = { ...about, abilities: [], labels: { ...labels, ...made } }
    events.push({ v: 1, kind: 'session.started', id, atMs, session, data })
  }
  const action = textOrJson(fieldOf(row, 'action') ?? fieldOf(row, 'llm_response'))
  if (action !== undefined) {
    const call = `step ${step ?? eventIdOf(identity)}`
    const tool = textIn([row], ['tool', 'tool_name']) ?? 'env.step'
    const seconds = numberOf(fieldOf(row, 'duration') ?? fieldOf(row, 'step_time'))
    const durationMs = seconds !== undefined && seconds >= 0 && seconds < 1e9 ? seconds * 1000 : undefined
    const endMs = timeMs(atMs + (durationMs ?? 0)) ?? atMs
    const output = textOrJson(fieldOf(row, 'observation'))
    events.push({ v: 1, kind: 'action.started', atMs, session, data: startedData({ tool, input: action }, call, {}) })
    const data = endedData({ tool, output, outcome: 'unknown' }, call, undefined, durationMs)
    events.push({ v: 1, kind: 'action.ended', atMs: endMs, session, data })
  }
  const reward = numberOf(fieldOf(row, 'reward'))
  if (reward !== undefined) {
    const report = defined({ phase: 'reward', step: wholeNumber(step), numbers: { reward } })
    events.push({ v: 1, kind: 'trainer.reported', atMs, session, data: report })
  }
  sink.understood('step', { events, identity })
}

function wholeNumber(value: unknown): number | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

function rewardsOf(row: JsonObject, data: JsonObject): Record<string, number> | undefined {
  const info = objectIn(data, 'reward_info')
  const numbers = new Map<string, number>()
  for (const [key, source] of [
    ['episode_reward', info],
    ['final_reward', info],
    ['first_round_reward', info],
    ['episode_score', row],
    ['episode_scores', row],
    ['score', row],
  ] as const) {
    const number = numberOf(fieldOf(source, key))
    if (number !== undefined) numbers.set(key, number)
  }
  const steps = fieldOf(info, 'step_rewards')
  for (const [index, reward] of (Array.isArray(steps) ? steps.slice(0, 256) : []).entries()) {
    const number = numberOf(reward)
    if (number !== undefined) numbers.set(`step_reward.${index}`, number)
  }
  return numbers.size === 0 ? undefined : Object.fromEntries(numbers)
}

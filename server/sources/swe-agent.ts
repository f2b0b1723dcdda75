// Trajectories of SWE-agent and mini-swe-agent (`.traj`, `.traj.json`). Most hold no times at all: steps are then laid one behind the other,
// ending when the file was written, and the session says so in its label `times`. Such times keep the order and must prove nothing else.
import { createHash } from 'node:crypto'
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { callOf, endedData, long, startedData } from './event-draft.ts'
import { defined, isObject, sessionOf, shortText, timeMs } from './normal-values.ts'
import { jsonOfPython } from './python-json.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { classicTrajectories } from './swe-agent-classic.ts'
import { miniTrajectory } from './swe-agent-mini.ts'
import type { Trajectory, TrajectoryPart } from './swe-agent-part.ts'

const stepMs = 1_000
/** A step that claims more is laid out as this long. */
const stepMsMax = 86_400_000

export const sweAgent: RecordSource = {
  format: 'swe-agent',
  title: 'SWE-agent trajectory',
  trust: 'agent',
  framing: 'document',
  looksLike(head, fileName) {
    if (!/^\s*\{/.test(head)) return false
    if (/\.traj(\.json)?$/.test(fileName)) return true
    if (/^\s*\{\s*("environment"\s*:\s*"[^"]*"\s*,\s*)?"(trajectory|attempts)"\s*:\s*\[\s*\{/.test(head)) {
      return /"(action|observation|trajectory|thought)"\s*:/.test(head)
    }
    return (
      head.includes('"mini-swe-agent') || (/^\s*\{\s*"info"/.test(head) && /"(mini_version|model_stats)"/.test(head))
    )
  },
  open: (context) => ({
    read: (document, sink) => readTrajectories(document, context, sink),
    end() {},
  }),
}

function readTrajectories(bytes: Uint8Array, context: RecordContext, sink: RecordSink): void {
  const document = jsonOfPython(new TextDecoder().decode(bytes))
  const mini = isObject(document) ? miniTrajectory(document) : undefined
  const trajectories = isObject(document) ? (classicTrajectories(document) ?? (mini && [mini])) : undefined
  if (trajectories === undefined)
    return sink.refused('document is no SWE-agent trajectory: it has neither steps nor messages')
  // The file names no run: what it holds does, so that the same file is the same run whenever it is read.
  const run = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  for (const trajectory of trajectories) {
    const instance = trajectory.task ?? context.fileName?.replace(/\.json$/, '').replace(/\.traj$/, '')
    const attempt = trajectory.key === '' ? '' : `/${trajectory.key.replace(' ', '-')}`
    const session =
      context.boundSession ??
      context.session ??
      sessionOf(`swe-agent/${instance}/${run}${attempt}`) ??
      sessionOf(`swe-agent/${run}${attempt}`)
    if (session !== undefined) tell(trajectory, instance, session, `swe-agent ${run} ${trajectory.key}`, context, sink)
  }
}

function tell(
  trajectory: Trajectory,
  instance: string | undefined,
  session: SessionId,
  identity: string,
  context: RecordContext,
  sink: RecordSink,
): void {
  const { parts } = trajectory
  const laid = layOut(parts, context.recordedAtMs ?? context.nowMs)
  const { agent, version, model, task = instance, exitStatus, modelCalls } = trajectory
  const labels = defined({ agent, version, model, times: laid.madeUp ? 'made up' : undefined })
  const start: EventInput = {
    v: 1,
    kind: 'session.started',
    atMs: laid.startMs,
    session,
    data: {
      ...defined({ name: shortText(task), agent, task: shortText(task), held: 'none' as const }),
      abilities: [],
      labels,
    },
  }
  sink.understood('trajectory', { events: [start], identity: `${identity} start` })
  for (const [index, part] of parts.entries()) {
    const times = laid.times[index] ?? { atMs: laid.startMs, endMs: laid.startMs }
    if ('actions' in part) {
      const name = `${identity} ${index}`
      sink.understood(part.what, { events: eventsOf(part, name, times, session), identity: name })
    } else if (part.what === 'skipped') sink.skipped(part.reason, '')
    else sink.refused(part.reason, `${identity} ${index}`)
  }
  const calls = modelCalls === undefined ? undefined : `${modelCalls} model calls`
  const reason = shortText([exitStatus, calls].filter((text) => text !== undefined).join('; '))
  const end: EventInput = { v: 1, kind: 'session.ended', atMs: laid.endMs, session, data: defined({ reason }) }
  sink.understood('outcome', { events: [end], identity: `${identity} outcome` })
}

type StepTimes = { atMs: number; endMs: number }

/** The file's own times where every part that needs one has one; else made up, in order. */
function layOut(
  parts: readonly TrajectoryPart[],
  endMs: number,
): { madeUp: boolean; startMs: number; endMs: number; times: StepTimes[] } {
  const first = parts.find((part) => 'atMs' in part && part.atMs !== undefined)
  if (first !== undefined && 'atMs' in first && first.atMs !== undefined) {
    let lastMs = first.atMs
    const times = parts.map((part) => {
      if ('reason' in part) return { atMs: lastMs, endMs: lastMs }
      const atMs = part.atMs ?? lastMs
      lastMs = Math.max(atMs, part.endMs ?? atMs)
      return { atMs, endMs: lastMs }
    })
    const startMs = Math.min(...[first.atMs, times[0]?.atMs ?? first.atMs])
    return { madeUp: false, startMs, endMs: times.reduce((max, { endMs }) => Math.max(max, endMs), startMs), times }
  }
  const claimed = parts.map((part) => durationOf(part) ?? stepMs)
  const totalMs = claimed.reduce((sum, ms) => sum + ms, 0)
  const fits = timeMs(endMs - totalMs) !== undefined
  let atMs = fits ? endMs - totalMs : endMs
  const startMs = atMs
  const times = claimed.map((ms) => {
    const from = atMs
    if (fits) atMs += ms
    return { atMs: from, endMs: atMs }
  })
  return { madeUp: true, startMs, endMs, times }
}

function durationOf(part: TrajectoryPart): number | undefined {
  const seconds = 'seconds' in part ? part.seconds : undefined
  return seconds !== undefined && seconds >= 0 ? Math.min(seconds * 1_000, stepMsMax) : undefined
}

function eventsOf(
  part: Exclude<TrajectoryPart, { reason: string }>,
  name: string,
  { atMs, endMs }: StepTimes,
  session: SessionId,
): EventInput[] {
  const events: EventInput[] = []
  if (part.text !== undefined) {
    events.push({ v: 1, kind: 'message.recorded', atMs, session, data: { role: part.role, text: long(part.text) } })
  }
  // The step's own time is told; a made up one is no duration.
  const measuredMs = part.endMs === undefined ? durationOf(part) : endMs - atMs
  for (const [place, action] of part.actions.entries()) {
    const call = callOf(action.call, `${name}.${place}`)
    events.push({ v: 1, kind: 'action.started', atMs, session, data: startedData(action, call, {}) })
    const outcome = action.exitCode === undefined ? 'unknown' : action.exitCode === 0 ? 'ok' : 'error'
    const data = endedData({ tool: action.tool, output: action.output, outcome }, call, undefined, measuredMs)
    if (action.exitCode !== undefined) data.exitCode = action.exitCode
    events.push({ v: 1, kind: 'action.ended', atMs: endMs, session, data })
  }
  return events
}

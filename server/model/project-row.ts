// What one line of the Live table says of a session. The only place that decides the word "paused".
import type { ExecutionState, HostRow, SessionRow } from '../protocol/browser-messages.ts'
import { FlagSeverity } from '../protocol/flag.ts'
import type { GateHealthView } from '../protocol/gate-health.ts'
import { earliestAtMs } from '../protocol/ids.ts'
import { maskArguments, maskText } from '../protocol/secrets.ts'
import { labelName } from '../protocol/selector.ts'
import { isRestricted } from './holds.ts'
import { newestClosed } from './long-parts.ts'
import { projectRestrictions } from './project-capability.ts'
import { foremostControl, projectControl, projectHold } from './project-control.ts'
import type { GateHealth } from './reduce-gate.ts'
import type { SampleHistory } from './sample-history.ts'
import type { ConsoleState, FlagState, HostState, SessionState } from './state.ts'

const textMax = 240
/** So much is looked at: a secret that begins in what is shown is masked though it ends behind it. */
const lookedAtMax = 1_024
const holdsShown = 10
const modelsShown = 10

/**
 * What may be said of a session's execution. `paused` only when the host read it; a wanted state that was not read yet is
 * `pausing` or `resuming`; a host that is not heard makes everything older than its silence: `silent`.
 */
export function executionState(session: SessionState, host: HostState | undefined): ExecutionState {
  if (session.endedAtMs !== undefined) return 'ended'
  if (session.held === 'none') return 'reported'
  if (!host?.connected) return 'silent'
  if (isRestricted(session, 'pause')) return session.observedPaused ? 'paused' : 'pausing'
  if (!session.observedPaused) return 'running'
  // Read as paused though nobody wants it: after a lift it is on its way; otherwise somebody else paused it.
  return session.controls.some((each) => each.action !== 'snapshot') ? 'resuming' : 'paused'
}

export function projectRow(state: ConsoleState, session: SessionState): SessionRow {
  const host = session.host === undefined ? undefined : state.hosts.get(session.host)
  const execution = executionState(session, host)
  const control = foremostControl(session)
  return {
    session: session.session,
    name: session.name && maskText(session.name).text,
    agent: session.agent,
    task: session.task && maskText(session.task).text,
    labels: knownLabels(session),
    models: session.models.slice(0, modelsShown),
    host: session.host,
    state: execution,
    lastRead: execution === 'silent' ? (session.observedPaused ? 'paused' : 'running') : undefined,
    startedAtMs: session.startedAtMs,
    endedAtMs: session.endedAtMs,
    exitCode: session.exitCode,
    signal: session.signal,
    doing: projectDoing(session),
    openConnections: countOpen(session),
    remotes: projectRemotes(session),
    processCount: session.processes.size,
    escapedCount: countEscaped(session),
    actionCount: session.counts.actions,
    eventCount: session.counts.events,
    gpuIndexes: projectGpuIndexes(session, host),
    abilities: session.abilities,
    control: control && projectControl(control, session),
    holds: session.holds
      .slice(-holdsShown)
      .reverse()
      .map((hold) => projectHold(state, hold)),
    restrictions: projectRestrictions(session),
    cost: session.cost && { ...session.cost, ...siblingsOf(state, session) },
    risk: session.risk && {
      score: session.risk.score,
      atMs: session.risk.atMs,
      isIncident: session.risk.isIncident,
    },
    flagged: projectFlagged(session),
    ...(session.gateHealth && { gate: gateViewOf(session.gateHealth) }),
    lastEventAtMs: session.lastEventAtMs,
    lastSeq: session.lastSeq,
  }
}

export function projectHost(host: HostState, samples: SampleHistory): HostRow {
  return {
    host: host.host,
    connected: host.connected,
    // Snapshots of before knew of hosts that were never heard, without a time.
    sinceMs: Math.max(earliestAtMs, host.sinceMs),
    version: host.version,
    kernel: host.kernel,
    abilities: host.abilities,
    observers: host.observers,
    gpus: host.gpus.map((gpu) => {
      const reading = samples.gpus.get(`${host.host}/${gpu.uuid}`)
      return {
        ...gpu,
        utilPercent: reading?.utilPercent,
        memoryBandwidthPercent: reading?.memoryBandwidthPercent,
        memoryUsedBytes: reading?.memoryUsedBytes,
        memoryTotalBytes: reading?.memoryTotalBytes ?? gpu.memoryTotalBytes,
        powerWatts: reading?.powerWatts,
        temperatureC: reading?.temperatureC,
      }
    }),
    gpuAbsent: host.gpuAbsent,
  }
}

/** Labels with a meaning: those that a selector or a cost looks at. */
function knownLabels(session: SessionState): SessionRow['labels'] {
  const labels: SessionRow['labels'] = {}
  for (const name of Object.values(labelName)) {
    const value = session.labels[name]
    if (value !== undefined) labels[name] = value
  }
  return labels
}

/** Other sessions of the same RL group that have not ended: they may wait for the one that is held. */
function siblingsOf(state: ConsoleState, session: SessionState): { group?: string; siblings?: number } {
  const group = session.labels[labelName.group]
  if (group === undefined) return {}
  const run = session.labels[labelName.run]
  let siblings = 0
  for (const other of state.sessions.values()) {
    if (other === session || other.endedAtMs !== undefined) continue
    if (other.labels[labelName.group] === group && other.labels[labelName.run] === run) siblings += 1
  }
  return { group, siblings }
}

function gateViewOf({ answers: _answers, ...view }: GateHealth): GateHealthView {
  return view
}

function projectFlagged({ flags, flagCounts }: SessionState): SessionRow['flagged'] {
  const rank = (flag: FlagState) => FlagSeverity.options.indexOf(flag.severity)
  let worst: FlagState | undefined
  for (const flag of flags) if (!worst || rank(flag) >= rank(worst)) worst = flag
  return (
    worst && {
      title: worst.title,
      severity: worst.severity,
      pages: (flagCounts.high ?? 0) + (flagCounts.critical ?? 0),
    }
  )
}

function projectDoing(session: SessionState): SessionRow['doing'] {
  let action = session.newestAction
  // The newest tool call that still runs wins over one that started later and is over.
  if (action?.endedAtMs !== undefined) for (const open of session.openActions.values()) action = open
  const process = session.newestProcess
  if (process && (!action || (action.endedAtMs !== undefined && process.startedAtMs > action.endedAtMs))) {
    return {
      text: argvText(process.argv) || process.comm,
      trust: process.trust,
      sinceMs: process.startedAtMs,
      running: process.endedAtMs === undefined,
    }
  }
  if (!action) return projectCommand(session)
  return {
    text: maskText(action.text.slice(0, lookedAtMax)).text.slice(0, textMax),
    tool: action.tool,
    trust: action.trust,
    sinceMs: action.startedAtMs,
    running: action.endedAtMs === undefined && session.endedAtMs === undefined,
  }
}

function argvText(argv: readonly string[]): string {
  let length = 0
  const shown = argv.filter((arg) => {
    const isIn = length < lookedAtMax
    length += arg.length + 1
    return isIn
  })
  return maskArguments(shown.map((arg) => arg.slice(0, lookedAtMax)))
    .args.join(' ')
    .slice(0, textMax)
}

/** A command that was over before its process could be seen is still known: the host started it. */
function projectCommand(session: SessionState): SessionRow['doing'] {
  if (!session.argv || session.argv.length === 0) return undefined
  return {
    text: argvText(session.argv),
    trust: 'kernel',
    sinceMs: session.startedAtMs,
    running: session.endedAtMs === undefined,
  }
}

/** Without attempts that are dropped: they carry nothing. */
function countOpen(session: SessionState): number {
  let open = 0
  for (const connection of session.connections.values()) if (!connection.attempt) open += 1
  return open
}

function countEscaped(session: SessionState): number {
  let escaped = 0
  for (const process of session.processes.values()) if (process.escaped) escaped += 1
  return escaped
}

function projectRemotes(session: SessionState): SessionRow['remotes'] {
  const remotes: SessionRow['remotes'] = []
  const open = [...session.connections.values()].slice(-3).reverse()
  const closed = [...newestClosed(session)].reverse()
  for (const connection of [...open, ...closed].slice(0, 3)) {
    remotes.push({
      remote: connection.remote,
      protocol: connection.protocol,
      comm: connection.comm,
      open: connection.closedAtMs === undefined,
    })
  }
  return remotes
}

function projectGpuIndexes(session: SessionState, host: HostState | undefined): number[] {
  if (session.gpuProcesses.size === 0 || !host) return []
  const used = new Set(session.gpuProcesses.values())
  return host.gpus.filter((gpu) => used.has(gpu.uuid)).map((gpu) => gpu.index)
}

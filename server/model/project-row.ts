// What one line of the Live table says of a session. The only place that decides the word "paused".
import type { ControlView, ExecutionState, HostRow, SessionRow } from '../protocol/browser-messages.ts'
import { isControlOpen } from '../protocol/control.ts'
import type { SampleHistory } from './sample-history.ts'
import type { ConsoleState, ControlRecord, HostState, SessionState } from './state.ts'

const textMax = 240

/**
 * What may be said of a session's execution. `paused` only when the host read it; a wanted state that was not read yet is
 * `pausing` or `resuming`; a host that is not heard makes everything older than its silence: `silent`.
 */
export function executionState(session: SessionState, host: HostState | undefined): ExecutionState {
  if (session.endedAtMs !== undefined) return 'ended'
  if (session.held === 'none') return 'reported'
  if (!host?.connected) return 'silent'
  if (session.wantedPaused) return session.observedPaused ? 'paused' : 'pausing'
  if (!session.observedPaused) return 'running'
  return session.controls[0]?.action === 'resume' ? 'resuming' : 'paused'
}

export function projectRow(state: ConsoleState, session: SessionState): SessionRow {
  const host = session.host === undefined ? undefined : state.hosts.get(session.host)
  const execution = executionState(session, host)
  const control = session.controls[0]
  return {
    session: session.session,
    name: session.name,
    agent: session.agent,
    task: session.task,
    host: session.host,
    state: execution,
    lastRead: execution === 'silent' ? (session.observedPaused ? 'paused' : 'running') : undefined,
    startedAtMs: session.startedAtMs,
    endedAtMs: session.endedAtMs,
    exitCode: session.exitCode,
    signal: session.signal,
    doing: projectDoing(session),
    openConnections: session.connections.size,
    remotes: projectRemotes(session),
    processCount: session.processes.size,
    escapedCount: countEscaped(session),
    actionCount: session.counts.actions,
    eventCount: session.counts.events,
    gpuIndexes: projectGpuIndexes(session, host),
    abilities: session.abilities,
    control: control && projectControl(control),
    lastEventAtMs: session.lastEventAtMs,
    lastSeq: session.lastSeq,
  }
}

/** Copies, because the record goes on changing while the view travels. */
export function projectControl(record: ControlRecord): ControlView {
  return { ...record, steps: record.steps.map((step) => ({ ...step })) }
}

export function projectHost(host: HostState, samples: SampleHistory): HostRow {
  return {
    host: host.host,
    connected: host.connected,
    sinceMs: host.sinceMs,
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

/** The newest open control of a session, if any: what a screen shows as "asked, not confirmed". */
export function openControl(session: SessionState): ControlRecord | undefined {
  return session.controls.find((record) => isControlOpen(record.state))
}

function projectDoing(session: SessionState): SessionRow['doing'] {
  let action = session.newestAction
  // The newest tool call that still runs wins over one that started later and is over.
  if (action?.endedAtMs !== undefined) for (const open of session.openActions.values()) action = open
  const process = session.newestProcess
  if (process && (!action || (action.endedAtMs !== undefined && process.startedAtMs > action.endedAtMs))) {
    return {
      text: process.argv.join(' ').slice(0, textMax) || process.comm,
      trust: process.trust,
      sinceMs: process.startedAtMs,
      running: process.endedAtMs === undefined,
    }
  }
  if (!action) return projectCommand(session)
  return {
    text: action.text.slice(0, textMax),
    tool: action.tool,
    trust: action.trust,
    sinceMs: action.startedAtMs,
    running: action.endedAtMs === undefined && session.endedAtMs === undefined,
  }
}

/** A command that was over before its process could be seen is still known: the host started it. */
function projectCommand(session: SessionState): SessionRow['doing'] {
  if (!session.argv || session.argv.length === 0) return undefined
  return {
    text: session.argv.join(' ').slice(0, textMax),
    trust: 'kernel',
    sinceMs: session.startedAtMs,
    running: session.endedAtMs === undefined,
  }
}

function countEscaped(session: SessionState): number {
  let escaped = 0
  for (const process of session.processes.values()) if (process.escaped) escaped += 1
  return escaped
}

function projectRemotes(session: SessionState): SessionRow['remotes'] {
  const remotes: SessionRow['remotes'] = []
  const open = [...session.connections.values()].slice(-3).reverse()
  const closed = session.closedConnections.slice(-3).reverse()
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

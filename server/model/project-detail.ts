// What the session page shows besides its activity stream; bounded, and honest about what it leaves out.
import type { ConnectionView, SessionDetail } from '../protocol/browser-messages.ts'
import { maskArguments, maskText } from '../protocol/secrets.ts'
import { projectCapabilities } from './project-capability.ts'
import { projectControl } from './project-control.ts'
import { projectRow } from './project-row.ts'
import type { SampleHistory } from './sample-history.ts'
import type { ConnectionState, ConsoleState, ControlRecord, SessionState } from './state.ts'

const processesShown = 300
const connectionsShown = 300
const controlsShown = 20

export function projectDetail(state: ConsoleState, session: SessionState, samples: SampleHistory): SessionDetail {
  const processes = [...session.exitedProcesses.slice(-50), ...session.processes.values()]
  const connections = [...session.connections.values(), ...session.closedConnections.slice(-100).reverse()]
  const counters = samples.sessions.get(session.session)?.connectionBytes
  const row = projectRow(state, session)
  return {
    row,
    argv: session.argv && maskedArgv(session.argv),
    cwd: session.cwd,
    cgroup: session.cgroup,
    held: session.held,
    labels: Object.fromEntries(
      Object.entries(session.labels).map(([name, value]) => [name, maskText(value).text] as const),
    ),
    processes: processes.slice(-processesShown).map((process) => ({ ...process, argv: maskedArgv(process.argv) })),
    hiddenProcesses: Math.max(0, session.counts.processes - Math.min(processes.length, processesShown)),
    connections: connections.slice(0, connectionsShown).map((connection) => withBytes(connection, counters)),
    hiddenConnections: Math.max(0, session.counts.connections - Math.min(connections.length, connectionsShown)),
    capabilities: projectCapabilities(state, session),
    ...(row.gate && { gate: row.gate }),
    controls: controlsShownOf(session).map((record) => projectControl(record, session)),
  }
}

/** A detail is made for many frames: an argument list is read once. */
const argvKnown = new WeakMap<readonly string[], string[]>()

function maskedArgv(argv: readonly string[]): string[] {
  const known = argvKnown.get(argv)
  if (known) return known
  const { args } = maskArguments(argv)
  argvKnown.set(argv, args)
  return args
}

/** The newest, and however old they are those whose hold still stands: a restriction without its receipt would be a riddle. */
function controlsShownOf({ controls, holds }: SessionState): ControlRecord[] {
  const standing = new Set(holds.map((hold) => hold.control))
  return controls.filter((record, index) => index < controlsShown || standing.has(record.control))
}

function withBytes(
  connection: ConnectionState,
  counters: Map<string, { bytesOut?: number | undefined; bytesIn?: number | undefined }> | undefined,
): ConnectionView {
  const live = connection.closedAtMs === undefined ? counters?.get(connection.connection) : undefined
  return {
    ...connection,
    cut: connection.cut === 'yes',
    attempt: connection.attempt ?? false,
    bytesOut: live?.bytesOut ?? connection.bytesOut,
    bytesIn: live?.bytesIn ?? connection.bytesIn,
  }
}

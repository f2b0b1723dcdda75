// From events of the log to evidence: one place that knows which kind means a process, a connection, a flow or an action. What an agent
// says of itself becomes actions of its own session and nothing else.
import type { StoredEvent } from '../protocol/event.ts'
import type { Traffic } from '../protocol/signal.ts'
import { folded } from './tie-process.ts'

/** Clock of an event's `atMs`: the door it came through, and the machine whose time that is. */
export function clockOf(event: StoredEvent, sensor?: string): string {
  return `${event.source ?? 'probe'}|${sensor ?? event.host ?? ''}`
}

export function actionText(data: { input: string; summary?: string | undefined }): string {
  return folded(data.summary ?? data.input)
}

const endWords = (end: { address: string; port?: number | undefined }): string =>
  end.port === undefined ? end.address : `${end.address.includes(':') ? `[${end.address}]` : end.address}:${end.port}`

/** What a person reads first of a fact about a flow. */
export function aboutOf(event: StoredEvent): string {
  switch (event.kind) {
    case 'alert.raised':
      return event.data.title
    case 'dns.queried':
      return `DNS ${event.data.query}`
    case 'flow.observed':
      return `flow to ${endWords(event.data.traffic.destination)}`
    case 'ssh.observed':
      return `SSH to ${endWords(event.data.traffic.destination)}`
    case 'tls.observed':
      return `TLS to ${event.data.serverName ?? endWords(event.data.traffic.destination)}`
    case 'http.requested':
      return `HTTP ${event.data.hostname ?? endWords(event.data.traffic.destination)}`
    case 'file.transferred':
      return `file ${event.data.name ?? ''} from ${endWords(event.data.traffic.source)}`
    case 'connection.opened':
      return `connection to ${endWords(event.data.remote)}`
    case 'connection.reported':
      return `connection to ${event.data.remote ? endWords(event.data.remote) : 'nowhere'}`
    case 'process.started':
      return `process ${event.data.comm}[${event.data.pid}]`
    case 'process.reported':
      return `process ${event.data.process.comm ?? event.data.process.argv?.[0] ?? ''}[${event.data.process.pid ?? '?'}]`
    case 'gpu.process.started':
      return `GPU process ${event.data.comm}[${event.data.pid}]`
    case 'gpu.process.reported':
      return `GPU process ${event.data.name ?? ''}[${event.data.pid}]`
    default:
      return event.kind
  }
}

/** Names of the destination that a fact tells, for calls that name hosts rather than addresses. */
export function namesIn(event: StoredEvent): string[] {
  const traffic = trafficOf(event)
  const names = [...(traffic?.names ?? [])]
  if (event.kind === 'dns.queried') names.push(event.data.query)
  if (event.kind === 'tls.observed' && event.data.serverName) names.push(event.data.serverName)
  if (event.kind === 'http.requested' && event.data.hostname) names.push(event.data.hostname)
  return names
    .map((name) => name.toLowerCase().replace(/\.$/, '').replace(/:\d+$/, ''))
    .filter((name) => name.includes('.'))
}

export function trafficOf(event: StoredEvent): Traffic | undefined {
  switch (event.kind) {
    case 'flow.observed':
    case 'dns.queried':
    case 'ssh.observed':
    case 'tls.observed':
    case 'http.requested':
    case 'file.transferred':
      return event.data.traffic
    case 'alert.raised':
      return event.data.traffic
    default:
      return undefined
  }
}

/** When the flow began: its first packet where a record tells, else the record itself. Files and replies come later than the flow. */
export function flowStartOf(event: StoredEvent, traffic: Traffic): number {
  return Math.min(traffic.flowStartedAtMs ?? event.atMs, event.atMs)
}

// From the log's events to what detection looks at. One reader for live, replay and recordings; what it must remember (who runs under a
// number, which end a connection has) is bounded by host and by session.
import type { EventOf, StoredEvent } from '../../protocol/event.ts'
import type { GpuSample, SessionSample } from '../../protocol/sample.ts'
import type { ReportedProcess } from '../../protocol/signal.ts'
import type { DetectionEvent, Fields, LogSource } from '../detection-event.ts'
import { Connections } from './connections.ts'
import { imageOf, KnownProcesses } from './describe-process.ts'
import {
  alertFields,
  directionBetween,
  endFields,
  flowFields,
  flowMovement,
  trafficFields,
} from './describe-traffic.ts'
import type { GpuUse } from './gpu-use.ts'
import { gpuFields } from './gpu-use.ts'
import { type ToolCode, toolCode } from './tool-code.ts'
import { toolFiles } from './tool-files.ts'

/** Whose a sensor's fact is, as attribution concluded; the event itself names nobody. */
export type Owner = { session?: string | undefined; call?: string | undefined }

export type Read = {
  events: DetectionEvent[]
  /** What a tool call runs, for the reader of commands: one entry a script, besides the events. */
  code: ToolCode[]
}

export type DetectionEvents = {
  ofEvent(event: StoredEvent, owner?: Owner): Read
  ofSessionSample(sample: SessionSample): DetectionEvent[]
  /** `use`: who is on the GPU and who should be, see `gpu-use.ts`. */
  ofGpuSample(sample: GpuSample, use?: GpuUse): DetectionEvent[]
}

const nothing: Read = Object.freeze({ events: [], code: [] })

export function createDetectionEvents(): DetectionEvents {
  const processes = new KnownProcesses()
  const connections = new Connections()

  function made(
    event: StoredEvent,
    owner: Owner | undefined,
    source: LogSource,
    fields: Fields,
    call?: string,
  ): DetectionEvent {
    return {
      source,
      atMs: event.atMs,
      session: event.session ?? owner?.session,
      host: event.host,
      call: call ?? owner?.call,
      fields,
      trust: event.trust,
      notFully: undefined,
    }
  }

  function ofAction(event: EventOf<'action.started'>, owner: Owner | undefined): Read {
    const { tool, input, summary, call } = event.data
    const files = toolFiles(tool, input)
    return {
      events: [
        made(event, owner, 'action', { Tool: tool, Input: input, Summary: summary }, call),
        ...files.uses.map(({ path, operation }) =>
          made(event, owner, 'file', { TargetFilename: path, Operation: operation }, call),
        ),
      ],
      code: [...toolCode(tool, input), ...files.code],
    }
  }

  function ofReportedConnection(event: EventOf<'connection.reported'>, owner: Owner | undefined): DetectionEvent[] {
    const { what, process, protocol, local, remote, succeeded, error, bytesOut, bytesIn } = event.data
    const isUnderway = error === 'EINPROGRESS' || error === 'EALREADY' || error === 'EINTR'
    const isAnsweredNo = error === 'ECONNREFUSED' || error === 'EPERM' || error === 'EACCES' || error === 'ECONNRESET'
    const isSilent = error === 'ETIMEDOUT' || error === 'EHOSTUNREACH' || error === 'ENETUNREACH'
    const fields: Fields = {
      ...endFields(local, remote),
      Protocol: protocol,
      Direction: what === 'accepted' || what === 'listening' ? 'in' : 'out',
      Initiated: what === 'connected' || what === 'sent',
      Image: imageOfReported(process),
      BytesOut: bytesOut,
      BytesIn: bytesIn,
      Refused: isAnsweredNo || undefined,
      Unanswered: isSilent || (succeeded === false && !isUnderway && !isAnsweredNo) || undefined,
      Ended: what === 'closed' || undefined,
    }
    const events = [made(event, owner, 'connection', fields)]
    if (bytesOut !== undefined || bytesIn !== undefined) events.push(made(event, owner, 'traffic', fields))
    return events
  }

  function ofSsh(event: EventOf<'ssh.observed'>, owner: Owner | undefined): DetectionEvent[] {
    const { traffic, clientVersion, serverVersion, authenticated } = event.data
    const fields = trafficFields(traffic)
    const events = [
      made(event, owner, 'connection', {
        ...fields,
        Direction: directionBetween(traffic),
        Application: 'ssh',
        ClientVersion: clientVersion,
        ServerVersion: serverVersion,
      }),
    ]
    if (authenticated === undefined) return events
    const { SourceIp, DestinationIp, DestinationScope } = fields
    const login = { What: 'ssh', Outcome: authenticated ? 'ok' : 'failed', SourceIp, DestinationIp, DestinationScope }
    return [...events, made(event, owner, 'login', login)]
  }

  function ofAlert(event: EventOf<'alert.raised'>, owner: Owner | undefined): DetectionEvent[] {
    const { traffic, action, process } = event.data
    const events = [
      made(event, owner, 'alert', { ...alertFields(event), ...(process && { Image: imageOfReported(process) }) }),
    ]
    // What a firewall blocked was tried: a burst of it is a finding of its own.
    if (traffic && action === 'blocked')
      events.push(
        made(event, owner, 'connection', {
          ...trafficFields(traffic),
          Direction: directionBetween(traffic),
          Refused: true,
        }),
      )
    return events
  }

  function hostFacts(event: StoredEvent, owner: Owner | undefined): DetectionEvent[] | undefined {
    switch (event.kind) {
      case 'process.started':
        return [made(event, owner, 'process', processes.started(event))]
      case 'process.executed':
        return [made(event, owner, 'process', processes.executed(event))]
      case 'process.reported':
        if (event.data.what !== 'executed') return []
        return [made(event, owner, 'process', processes.reported(event.host ?? '', event.data.process))]
      case 'process.escaped':
        return [
          made(event, owner, 'alert', {
            Sensor: 'vigil-probe',
            Signature: 'Process left the cgroup of its session',
            SignatureId: 'vigil-process-escaped',
            Category: 'containment',
            Severity: 'high',
            Image: processes.imageOf(event.host, event.data.pid),
          }),
        ]
      case 'file.reported': {
        const operation = operationOf[event.data.what]
        if (operation === undefined) return []
        const { path, process } = event.data
        const fields = {
          TargetFilename: path,
          Operation: operation,
          Image: imageOfReported(process),
          CommandLine: process.argv?.join(' ').slice(0, 4_096),
        }
        return [made(event, owner, 'file', fields)]
      }
      case 'login.reported': {
        const { what, user, outcome, address, process } = event.data
        const image = process && imageOfReported(process)
        return [
          made(event, owner, 'login', { What: what, User: user, Outcome: outcome, SourceIp: address, Image: image }),
        ]
      }
      case 'gpu.fault': {
        const { gpu, xid, message } = event.data
        const fields = {
          Sensor: 'gpu-driver',
          Signature: message ?? `XID ${xid ?? 'unknown'} on ${gpu}`,
          SignatureId: xid === undefined ? undefined : `xid-${xid}`,
          Category: 'gpu fault',
        }
        return [made(event, owner, 'alert', fields)]
      }
      case 'gpu.process.started':
      case 'gpu.process.reported': {
        const { gpu, memoryUsedBytes } = event.data
        const name = event.kind === 'gpu.process.started' ? event.data.comm : event.data.name
        return [
          made(event, owner, 'gpu', {
            Gpu: gpu,
            Image: imageOf(undefined, undefined, name),
            MemoryUsedBytes: memoryUsedBytes,
          }),
        ]
      }
      default:
        return undefined
    }
  }

  function networkFacts(event: StoredEvent, owner: Owner | undefined): DetectionEvent[] | undefined {
    switch (event.kind) {
      case 'connection.opened': {
        const image = processes.imageOf(event.host, event.data.pid) ?? imageOf(undefined, undefined, event.data.comm)
        return [made(event, owner, 'connection', connections.opened(event, image))]
      }
      case 'connection.closed': {
        const end = connections.closed(event)
        if (end === undefined) return []
        return [made(event, owner, 'connection', end.connection), made(event, owner, 'traffic', end.traffic)]
      }
      case 'connection.reported':
        return ofReportedConnection(event, owner)
      case 'flow.observed': {
        const fields = flowFields(event.data, event.atMs)
        const events = [made(event, owner, 'connection', fields)]
        if (fields.BytesOut !== undefined || fields.BytesIn !== undefined)
          events.push({
            ...made(event, owner, 'traffic', flowMovement(fields, event.data)),
            atMs: event.data.endedAtMs ?? event.atMs,
          })
        return events
      }
      case 'dns.queried': {
        const { traffic, query, type, answers } = event.data
        return [
          made(event, owner, 'dns', {
            QueryName: query,
            QueryType: type,
            Answers: answers,
            SourceIp: traffic.source.address,
          }),
        ]
      }
      case 'ssh.observed':
        return ofSsh(event, owner)
      case 'tls.observed': {
        const fields = trafficFields(event.data.traffic)
        const name = event.data.serverName ?? fields.DestinationHostname
        return [
          made(event, owner, 'connection', {
            ...fields,
            Direction: 'unknown',
            Application: 'tls',
            DestinationHostname: name,
            CertificateSubject: event.data.subject,
            CertificateIssuer: event.data.issuer,
          }),
        ]
      }
      case 'http.requested': {
        const fields = trafficFields(event.data.traffic)
        const name = event.data.hostname ?? fields.DestinationHostname
        return [
          made(event, owner, 'connection', {
            ...fields,
            Direction: 'unknown',
            Application: 'http',
            DestinationHostname: name,
          }),
        ]
      }
      case 'file.transferred': {
        const { traffic, name, mimeType, sizeBytes } = event.data
        const { SourceIp, DestinationIp, DestinationPort, DestinationScope } = trafficFields(traffic)
        const ends = { SourceIp, DestinationIp, DestinationPort, DestinationScope }
        return [made(event, owner, 'transfer', { Name: name, MimeType: mimeType, SizeBytes: sizeBytes, ...ends })]
      }
      case 'alert.raised':
        return ofAlert(event, owner)
      default:
        return undefined
    }
  }

  function lifeSigns(event: StoredEvent, owner: Owner | undefined): DetectionEvent[] {
    const telemetry = (Stream: string, State: string, more?: Fields, call?: string) => [
      made(event, owner, 'telemetry', { Stream, State, ...more }, call),
    ]
    switch (event.kind) {
      case 'probe.connected':
        return telemetry('probe', 'connected')
      case 'probe.disconnected':
        return telemetry('probe', 'lost', { Reason: event.data.reason })
      case 'session.started':
        return telemetry('session', 'started')
      case 'session.ended':
        connections.forget(event.session)
        return telemetry('session', 'ended', { Reason: event.data.reason })
      case 'action.ended':
        return telemetry('agent', 'call-ended', { Tool: event.data.tool, Outcome: event.data.outcome }, event.data.call)
      case 'gate.decided': {
        const { call, tool, decision } = event.data
        return telemetry('gate', decision === 'allow' ? 'allowed' : 'denied', { Tool: tool }, call)
      }
      case 'approval.requested':
        return telemetry('gate', 'held', { Tool: event.data.tool }, event.data.call)
      case 'model.called':
      case 'message.recorded':
        return telemetry('agent', 'heard')
      case 'gap.recorded':
        if (event.data.stream !== 'events') return []
        return telemetry('log', 'gap', { Count: event.data.count, Reason: event.data.reason })
      case 'trainer.reported': {
        const { phase, step, worker } = event.data
        return [made(event, owner, 'trainer', { Phase: phase, Step: step, Worker: worker })]
      }
      default:
        return nothing.events
    }
  }

  return {
    ofEvent(event, owner) {
      if (event.kind === 'action.started') return ofAction(event, owner)
      const events = networkFacts(event, owner) ?? hostFacts(event, owner) ?? lifeSigns(event, owner)
      return events.length === 0 ? nothing : { events, code: nothing.code }
    },
    ofSessionSample: (sample) => connections.sampled(sample),
    ofGpuSample: (sample, use) => [
      {
        source: 'gpu',
        atMs: sample.atMs,
        session: use?.session,
        host: sample.host,
        call: undefined,
        fields: gpuFields(sample, use),
        trust: 'gpu',
        notFully: undefined,
      },
    ],
  }
}

const operationOf = {
  opened: 'read',
  written: 'write',
  deleted: 'delete',
  renamed: 'rename',
  changed: 'chmod',
  other: undefined,
} as const

function imageOfReported({ exe, argv, comm }: ReportedProcess): string {
  return imageOf(exe, argv, comm)
}

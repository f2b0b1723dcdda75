// Tetragon (Cilium), JSON lines of `tetra getevents -o json` or its export file: one key that begins with `process_` is the kind.
// The kinds connect, close, listen and accept are of its early and its commercial agents; today those facts are hooks (`process_kprobe`).
// Source: https://tetragon.io/docs/reference/grpc-api/
import { badTimeReason } from './event-draft.ts'
import {
  countOf,
  defined,
  endOf,
  fieldOf,
  hostOf,
  isObject,
  isoToMs,
  type JsonObject,
  jsonOfLine,
  objectIn,
  shortText,
} from './normal-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { hookFacts, protocolName, type TetragonFact } from './tetragon-probe.ts'
import { tetragonProcess } from './tetragon-process.ts'

export const tetragon: RecordSource = {
  format: 'tetragon',
  title: 'Tetragon',
  trust: 'kernel',
  framing: 'lines',
  looksLike: (head) =>
    head.trimStart().startsWith('{') &&
    /"process_(?:exec|exit|kprobe|tracepoint|lsm|uprobe|usdt|loader|throttle|connect|close|listen|accept)"\s*:\s*\{/.test(
      head,
    ) &&
    /"(?:exec_id|node_name|binary)"\s*:/.test(head),
  open: (context) => ({ read: (line, sink) => read(line, context, sink), end() {} }),
}

function read(line: string, context: RecordContext, sink: RecordSink): void {
  const record = jsonOfLine(line)
  if (!isObject(record)) return sink.refused('line is not a JSON object')
  const kind = Object.keys(record).find((key) => key.startsWith('process_') && isObject(record[key]))
  if (kind === undefined) {
    const known = ['test', 'rate_limit_info'].some((key) => fieldOf(record, key) !== undefined)
    return known ? sink.skipped('record of Tetragon about itself') : sink.refused('no Tetragon event: no process_ kind')
  }
  const told = objectIn(record, kind)
  const meaning = meaningOf(kind, told)
  if ('skipped' in meaning) return sink.skipped(meaning.skipped)
  if ('refused' in meaning) return sink.refused(meaning.refused)
  const own = record.time ?? (kind === 'process_exec' ? objectIn(told, 'process').start_time : undefined)
  const atMs = own === undefined ? (context.recordedAtMs ?? context.nowMs) : isoToMs(own)
  if (atMs === undefined) return sink.refused(badTimeReason)
  const host = hostOf(record.node_name) ?? context.host
  sink.understood(meaning.what, {
    events: meaning.facts.map((fact) => defined({ v: 1 as const, atMs, host, ...fact })),
    ...(own === undefined ? { identity: `${atMs} ${line}` } : {}),
  })
}

type Meaning = { what: string; facts: TetragonFact[] } | { skipped: string } | { refused: string }

function meaningOf(kind: string, told: JsonObject): Meaning {
  const process = tetragonProcess(told)
  if (kind === 'process_loader') return { skipped: 'loading of a library' }
  if (kind === 'process_throttle') return { skipped: 'record of Tetragon about itself' }
  if (process.pid === undefined && process.id === undefined && process.exe === undefined) {
    return { refused: 'event names no process' }
  }
  switch (kind) {
    case 'process_exec':
      return { what: kind, facts: [{ kind: 'process.reported', data: { what: 'executed', process, succeeded: true } }] }
    case 'process_exit': {
      const signal = shortText(told.signal)
      // Numbers that are 0 are left out of the JSON: an exit without a status and a signal ended well.
      const status = told.status === undefined ? (signal === undefined ? 0 : undefined) : countOf(told.status)
      const data = defined({ what: 'exited' as const, process, exitCode: status, signal })
      return { what: kind, facts: [{ kind: 'process.reported', data }] }
    }
    case 'process_connect':
    case 'process_accept':
    case 'process_listen':
    case 'process_close':
      return socketEvent(kind, told, process)
    case 'process_kprobe':
    case 'process_lsm':
    case 'process_tracepoint':
    case 'process_uprobe':
    case 'process_usdt': {
      const name = hookName(kind, told)
      return name === undefined
        ? { refused: 'hook without a name' }
        : hookFacts({ name, inKernel: kind !== 'process_uprobe' && kind !== 'process_usdt', told, process })
    }
    default:
      return { skipped: 'Tetragon event of a kind that is not known' }
  }
}

function hookName(kind: string, told: JsonObject): string | undefined {
  if (kind === 'process_tracepoint') {
    const event = shortText(told.event)
    // `syscalls/sys_enter_connect` says as much as the function does; other groups are told with their names.
    return told.subsys === 'syscalls' ? event : event && [shortText(told.subsys), event].filter(Boolean).join('/')
  }
  return shortText(told.function_name) ?? shortText(told.symbol) ?? shortText(told.name) ?? shortText(told.policy_name)
}

const socketWhats = {
  process_connect: 'connected',
  process_accept: 'accepted',
  process_listen: 'listening',
  process_close: 'closed',
} as const

/** `source_*` is the socket's own end, in all four. */
function socketEvent(
  kind: keyof typeof socketWhats,
  told: JsonObject,
  process: ReturnType<typeof tetragonProcess>,
): Meaning {
  const what = socketWhats[kind]
  const local = endOf(told.source_ip ?? told.ip, told.source_port ?? told.port)
  const remote = what === 'listening' ? undefined : endOf(told.destination_ip, told.destination_port)
  if (what === 'listening' ? local === undefined : remote === undefined)
    return { refused: 'connection without an address' }
  const stats = objectIn(told, 'stats')
  const data = defined({
    what,
    process,
    protocol: protocolName(told.protocol) ?? 'unknown',
    local,
    remote,
    bytesOut: countOf(stats.bytes_sent),
    bytesIn: countOf(stats.bytes_received),
  })
  return { what: kind, facts: [{ kind: 'connection.reported', data }] }
}

// Falco's alerts (JSON lines of `json_output: true`, of http_output, falcosidekick and the gRPC client). One line, one alert; a line that
// is Falco's own telemetry or start-up chatter must not become one.
// Source: https://falco.org/docs/concepts/outputs/formatting/ and https://falco.org/docs/reference/rules/supported-fields/
import type { Severity } from '../protocol/signal.ts'
import { badTimeReason } from './event-draft.ts'
import { falcoProcess, falcoTraffic, valuesOf } from './falco-fields.ts'
import {
  defined,
  hostOf,
  isObject,
  isoToMs,
  type JsonObject,
  jsonOfLine,
  longText,
  shortText,
} from './normal-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

const priorities = 'Emergency|Alert|Critical|Error|Warning|Notice|Informational|Info|Debug'
/** `12:03:11.123456789: Warning …`, or with `time_format_iso_8601` a date in front. */
const textAlert = new RegExp(`^(?:\\d{4}-\\d\\d-\\d\\dT)?\\d\\d:\\d\\d:\\d\\d\\.\\d{1,9}\\S{0,6}: (?:${priorities}) `)
/** `Sat Nov 21 12:03:11 2026: Falco version …`, the same with an ISO time, and the tallies at the end. */
const ownLine =
  /^(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,10}): |^(?:Events detected: \d|Rule counts by severity:|Triggered rules by rule name:|Syscall event drop monitoring:| {3}\S.{0,200}: \d+$)/

export const falco: RecordSource = {
  format: 'falco',
  title: 'Falco',
  trust: 'kernel',
  framing: 'lines',
  looksLike: (head) =>
    textAlert.test(head) ||
    (/"rule"\s*:\s*"/.test(head) && /"priority"\s*:\s*"/.test(head) && /"output(?:_fields|Fields)?"\s*:/.test(head)),
  open: (context) => ({ read: (line, sink) => read(line, context, sink), end() {} }),
}

const severities: ReadonlyMap<string, Severity> = new Map([
  ['emergency', 'critical'],
  ['alert', 'critical'],
  ['critical', 'critical'],
  ['error', 'high'],
  ['warning', 'medium'],
  ['notice', 'low'],
  ['informational', 'info'],
  ['info', 'info'],
  ['debug', 'info'],
])

function read(line: string, context: RecordContext, sink: RecordSink): void {
  const record = recordOf(line)
  if (record === undefined) return readText(line, sink)
  const title = shortText(record.rule)
  if (title === undefined) return sink.refused('record names no rule')
  const source = shortText(record.source)?.toLowerCase()
  if (title.startsWith('Falco internal:') || source === 'internal') {
    const isDrop = title.includes('event drop')
    return sink.skipped(isDrop ? 'Falco says that it lost system calls' : 'telemetry of Falco about itself')
  }
  // `time` alone: `evt.time` has more digits than a JSON number keeps.
  const atMs = isoToMs(record.time)
  if (atMs === undefined) return sink.refused(badTimeReason)
  const values = valuesOf(record)
  const isOfHost = source === undefined || source === 'syscall'
  sink.understood('alert', {
    events: [
      defined({
        v: 1 as const,
        kind: 'alert.raised' as const,
        atMs,
        // Alerts of plugins (audit logs of Kubernetes or a cloud) are about another machine than the one where Falco reads them.
        host: (isOfHost ? hostOf(record.hostname ?? values.text('evt.hostname')) : undefined) ?? context.host,
        data: defined({
          basis: 'host' as const,
          title,
          category: source,
          severity: severityOf(record.priority),
          action: actionOf(values.text('ka.auth.decision'), values.text('ka.response.code')),
          message: longText(record.output),
          techniques: techniquesOf(record.tags),
          traffic: falcoTraffic(values),
          process: falcoProcess(values),
        }),
      }),
    ],
  })
}

/** What syslog and container runtimes put before a record. Nothing else may stand there: text alerts repeat what an agent wrote. */
const prefix =
  /^(?:\S{10,64} std(?:out|err) F |(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S{6,40}) \S{1,255} falco(?:\[\d{1,10}\])?: )$/

function recordOf(line: string): JsonObject | undefined {
  const start = line.indexOf('{')
  const before = line.slice(0, Math.max(start, 0))
  if (start === -1 || start > 400 || (before.trim() !== '' && !prefix.test(before))) return undefined
  const value = jsonOfLine(line.slice(start))
  return isObject(value) ? value : undefined
}

function readText(line: string, sink: RecordSink): void {
  if (textAlert.test(line)) sink.refused('text output of Falco has no fields: set json_output to true in falco.yaml')
  else if (ownLine.test(line)) sink.skipped('line of Falco about itself')
  else sink.refused('line is not a JSON object')
}

/** gRPC clients may write the number of the enum. A priority that is not known is not made harmless. */
function severityOf(priority: unknown): Severity {
  const name =
    typeof priority === 'number' ? [...severities.keys()].filter((key) => key !== 'info')[priority] : priority
  return (typeof name === 'string' ? severities.get(name.toLowerCase()) : undefined) ?? 'medium'
}

/** Falco watches and stops nothing; only an API server's own decision is in its audit log. */
function actionOf(decision: string | undefined, code: string | undefined): 'blocked' | 'allowed' | 'unknown' {
  if (decision === 'forbid' || code === '403' || code === '401') return 'blocked'
  return decision === 'allow' ? 'allowed' : 'unknown'
}

/** Of tags, those that name a technique or tactic of ATT&CK: `T1059`, `T1059.004`, `TA0002`, `mitre_execution`. */
function techniquesOf(tags: unknown): string[] | undefined {
  if (!Array.isArray(tags)) return undefined
  const techniques = tags.flatMap((tag: unknown) => {
    const text = shortText(tag)
    return text !== undefined && /^(?:T\d{4}(?:\.\d{3})?$|TA\d{4}$|mitre_)/i.test(text) ? [text] : []
  })
  return techniques.length === 0 ? undefined : [...new Set(techniques)].slice(0, 16)
}

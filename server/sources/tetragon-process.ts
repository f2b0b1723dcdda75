// A Tetragon `process` object, and the one string into which Tetragon joins a command line. PIDs are those of the host's own namespace.
// Source: https://tetragon.io/docs/reference/grpc-api/ (Process, Pod, Container).
import type { ReportedProcess, Workload } from '../protocol/signal.ts'
import {
  countOf,
  defined,
  fieldOf,
  isoToMs,
  type JsonObject,
  longText,
  objectIn,
  pidOf,
  shortText,
} from './normal-values.ts'

/** -1 as an unsigned number: no login. */
const unsetLogin = 4_294_967_295
const argumentsMax = 1_024
const labelsMax = 64

export function tetragonProcess(told: JsonObject): ReportedProcess {
  const process = objectIn(told, 'process')
  const binary = longText(process.binary)
  const auid = countOf(process.auid)
  const workload = workloadOf(process)
  return defined({
    pid: pidOf(process.pid) ?? pidOfExecId(process.exec_id),
    ppid: pidOf(objectIn(told, 'parent').pid),
    startedAtMs: isoToMs(process.start_time),
    comm: binary === undefined ? undefined : shortText(binary.slice(binary.lastIndexOf('/') + 1)),
    exe: binary,
    argv: binary === undefined ? undefined : [binary, ...argumentsOf(process.arguments)],
    cwd: longText(process.cwd),
    uid: countOf(process.uid),
    auid: auid === unsetLogin ? undefined : auid,
    user: shortText(fieldOf(objectIn(process, 'user'), 'name')),
    id: shortText(process.exec_id),
    parentId: shortText(process.parent_exec_id),
    workload: Object.keys(workload).length === 0 ? undefined : workload,
  })
}

/** `exec_id` is base64 of `node:start:pid`. */
function pidOfExecId(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 512) return undefined
  const text = Buffer.from(value, 'base64').toString('latin1')
  return pidOf(text.slice(text.lastIndexOf(':') + 1))
}

/**
 * Tetragon joins arguments by blanks, puts quotes around those that hold a blank, and escapes nothing. Where that has only one reading
 * it is taken apart again; otherwise (`sh -c "echo "hi""`) all arguments stay one text, as the sensor gave them: no argument is invented.
 */
function argumentsOf(value: unknown): string[] {
  const text = longText(value)?.trim()
  if (text === undefined || text === '') return []
  const argv: string[] = []
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ') {
      at += 1
      continue
    }
    const quoted = text[at] === '"'
    const start = quoted ? at + 1 : at
    const found = text.indexOf(quoted ? '"' : ' ', start)
    const end = found === -1 ? text.length : found
    const argument = text.slice(start, end)
    const next = quoted ? end + 1 : end
    const plain = quoted
      ? found !== -1 && argument.includes(' ') && (text[next] ?? ' ') === ' '
      : !argument.includes('"')
    if (!plain || argv.length >= argumentsMax - 1) return [text]
    argv.push(argument)
    at = next
  }
  return argv
}

function workloadOf(process: JsonObject): Workload {
  const pod = objectIn(process, 'pod')
  const container = objectIn(pod, 'container')
  const labels = labelsOf(pod)
  return defined({
    container: shortText(container.name) ?? shortText(process.docker) ?? shortText(container.id),
    image: shortText(objectIn(container, 'image').name),
    pod: shortText(pod.name),
    namespace: shortText(pod.namespace),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  })
}

/** `pod_labels` as an object; before it there was a list of `k8s:name=value`. */
function labelsOf(pod: JsonObject): [string, string][] {
  const list = Array.isArray(pod.labels) ? pod.labels : []
  const listed = list.slice(0, labelsMax).flatMap((label: unknown): [string, unknown][] => {
    if (typeof label !== 'string') return []
    const equals = label.indexOf('=')
    return equals > 0 ? [[label.slice(0, equals).replace(/^k8s:/, ''), label.slice(equals + 1)]] : []
  })
  const entries: [string, unknown][] = [...listed, ...Object.entries(objectIn(pod, 'pod_labels'))]
  return entries.slice(0, labelsMax).flatMap(([name, value]) => {
    const text = shortText(value)
    return text === undefined || name.length > 128 || name === '__proto__'
      ? []
      : [[name, text] satisfies [string, string]]
  })
}

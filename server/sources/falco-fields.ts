// Falco's `output_fields`: flat, dotted names, present only when the rule's output names them. From them the process, its workload and
// the connection. A value may be null, "<NA>" or of any type: such a value is no value.
// Source: https://falco.org/docs/reference/rules/supported-fields/
import type { NetEnd, ReportedProcess, Traffic, Workload } from '../protocol/signal.ts'
import {
  countOf,
  defined,
  endOf,
  fieldOf,
  isObject,
  type JsonObject,
  longText,
  nanosecondsToMs,
  pidOf,
  protocolOf,
  shortText,
} from './normal-values.ts'

export type FalcoValues = {
  /** The value as text; undefined for Falco's ways of saying "none". */
  text(name: string): string | undefined
  entries(): [string, unknown][]
}

/** -1 as an unsigned number: no login, and a user that is not known. */
const unsetId = 4_294_967_295
const argumentsMax = 1_024
const labelsMax = 64

/** `output_fields`; `outputFields` in JSON that gRPC clients write. */
export function valuesOf(record: JsonObject): FalcoValues {
  const fields = [fieldOf(record, 'output_fields'), fieldOf(record, 'outputFields')].find(isObject) ?? {}
  return {
    text(name) {
      const value = longText(fieldOf(fields, name))
      return value === undefined || value === '<NA>' || value === 'N/A' ? undefined : value
    },
    entries: () => Object.entries(fields),
  }
}

export function falcoProcess(values: FalcoValues): ReportedProcess | undefined {
  const { text } = values
  const commandLine = text('proc.cmdline')
  const exe = text('proc.exepath') ?? (text('proc.exe')?.startsWith('/') ? text('proc.exe') : undefined)
  const workload = workloadOf(values)
  const process: ReportedProcess = defined({
    pid: pidOf(text('proc.pid')),
    ppid: pidOf(text('proc.ppid')),
    startedAtMs: nanosecondsToMs(text('proc.pid.ts')),
    comm: shortText(text('proc.name') ?? commandLine?.split(' ', 1)[0]),
    exe,
    argv: argvOf(values),
    cwd: text('proc.cwd'),
    uid: idOf(text('user.uid')),
    auid: idOf(text('user.loginuid')),
    user: shortText(text('user.name') ?? text('ka.user.name')),
    cgroup: cgroupOf(values),
    workload,
  })
  return Object.keys(process).length === 0 ? undefined : process
}

function idOf(value: string | undefined): number | undefined {
  const id = countOf(value)
  return id === unsetId ? undefined : id
}

/** Programs whose option takes one argument that is a whole program, and that option. */
const interpreters: readonly (readonly [RegExp, RegExp])[] = [
  [/(?:^|[/-])(?:sh|bash|dash|ash|zsh|ksh|python[\d.]*)$/, /^-[a-z]*c$/],
  [/(?:^|\/)(?:perl|node|ruby)$/, /^-[a-z]*e$/],
]

/**
 * `proc.cmdline` is `proc.name` and `proc.args`, joined by blanks: where an argument ended is lost. It is cut at every blank, so that
 * joined by blanks it is again what Falco said; only what follows an interpreter's `-c` is kept whole, for that is one argument. `proc.exe` is the real first argument and goes before the name.
 */
function argvOf({ text }: FalcoValues): string[] | undefined {
  const line = text('proc.cmdline')
  const told = text('proc.name')
  const first =
    line === undefined || (told !== undefined && (line === told || line.startsWith(`${told} `)))
      ? told
      : line.split(' ', 1)[0]
  const program = text('proc.exe') ?? first
  const rest = text('proc.args') ?? (line === undefined ? '' : line.slice((first ?? '').length + 1))
  if (program === undefined) return undefined
  if (rest === '') return line === undefined && text('proc.args') === undefined ? undefined : [program]
  const words = rest.split(' ', argumentsMax + 1)
  const option = interpreters.find(([name]) => name.test(program) || name.test(first ?? ''))?.[1]
  // Other options may stand before it: `bash -e -c COMMAND`.
  const operand = words.findIndex((word) => !word.startsWith('-'))
  const command = words.slice(0, Math.max(operand, 0)).findIndex((word) => option?.test(word))
  const split = command === -1 ? argumentsMax - 2 : command + 1
  if (words.length <= split) return [program, ...words]
  const head = words.slice(0, split)
  return [program, ...head, rest.slice(head.join(' ').length + 1)]
}

/** Any one of the thread's cgroups that says something. */
function cgroupOf({ text }: FalcoValues): string | undefined {
  return ['pids', 'memory', 'cpu', 'cpuset']
    .map((subsystem) => text(`thread.cgroup.${subsystem}`))
    .find((path) => path !== undefined && path !== '/' && path.startsWith('/'))
}

function workloadOf(values: FalcoValues): Workload | undefined {
  const { text } = values
  const image = text('container.image.repository')
  const tag = text('container.image.tag')
  const id = text('container.id')
  const isPod = /^pods?(?:\/|$)/.test(text('ka.target.resource') ?? '')
  const labels = labelsOf(values)
  const workload: Workload = defined({
    // `host` is Falco's word for "no container".
    container: shortText(text('container.name') ?? id) === 'host' ? undefined : shortText(text('container.name') ?? id),
    image: shortText(image === undefined ? text('container.image') : tag === undefined ? image : `${image}:${tag}`),
    pod: shortText(
      text('k8s.pod.name') ?? (isPod ? (text('ka.target.pod.name') ?? text('ka.target.name')) : undefined),
    ),
    namespace: shortText(text('k8s.ns.name') ?? text('ka.target.namespace')),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  })
  return Object.keys(workload).length === 0 ? undefined : workload
}

/** `k8s.pod.label[app]`, `k8s.pod.label.app`, or all of them in `k8s.pod.labels` as `app:trainer, tier:gpu`. */
function labelsOf(values: FalcoValues): [string, string][] {
  const listed = (values.text('k8s.pod.labels') ?? '').split(', ', labelsMax).map((pair): [string, unknown] => {
    const end = pair.indexOf(':')
    return end > 0 ? [pair.slice(0, end), pair.slice(end + 1)] : ['', undefined]
  })
  const single = values.entries().flatMap(([name, value]): [string, unknown][] => {
    if (name.startsWith('k8s.pod.label[') && name.endsWith(']')) return [[name.slice(14, -1), value]]
    return name.startsWith('k8s.pod.label.') ? [[name.slice(14), value]] : []
  })
  return [...listed, ...single].slice(0, labelsMax).flatMap(([name, value]): [string, string][] => {
    const label = shortText(value)
    const isName = name !== '' && name.length <= 128 && name !== '__proto__'
    return label === undefined || label === '<NA>' || !isName ? [] : [[name, label]]
  })
}

/**
 * The connection, client first: `fd.name` is `client->server`, `fd.cip` and `fd.sip` are the same ends, `fd.lip` and `fd.rip` are this
 * host's and the other's. Undefined where one end is not known: a flow has two.
 */
export function falcoTraffic(values: FalcoValues): Traffic | undefined {
  const { text } = values
  const [client, server] = endsOfName(text('fd.name')) ?? []
  const local = endOf(text('fd.lip'), text('fd.lport'))
  const remote = endOf(text('fd.rip'), text('fd.rport'))
  const isServer = text('fd.is_server') === 'true' || (text('evt.type') ?? '').startsWith('accept')
  const source = endOf(text('fd.cip'), text('fd.cport')) ?? client ?? (isServer ? remote : local)
  const destination = endOf(text('fd.sip'), text('fd.sport')) ?? server ?? (isServer ? local : remote)
  if (source === undefined || destination === undefined) return undefined
  const names = ['fd.sip.name', ...(isServer ? [] : ['fd.rip.name'])].flatMap((name) => shortText(text(name)) ?? [])
  return defined({
    protocol: protocolOf(text('fd.l4proto') ?? text('fd.proto')) ?? 'unknown',
    source,
    destination,
    names: names.length === 0 ? undefined : [...new Set(names)],
  })
}

function endsOfName(name: string | undefined): [NetEnd, NetEnd] | undefined {
  if (name === undefined || name.length > 256) return undefined
  const arrow = name.indexOf('->')
  if (arrow === -1) return undefined
  const client = endOfPair(name.slice(0, arrow))
  const server = endOfPair(name.slice(arrow + 2))
  return client && server ? [client, server] : undefined
}

/** `192.0.2.5:443`, and for IPv6 `2001:db8::1:443`: the port is behind the last colon, without brackets. */
function endOfPair(text: string): NetEnd | undefined {
  const colon = text.lastIndexOf(':')
  return colon === -1 ? undefined : endOf(text.slice(0, colon), text.slice(colon + 1))
}

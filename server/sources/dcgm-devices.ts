// Gathers the lines of a scrape by the GPU that they are of. A card is known by its labels together (host, index, uuid, MIG instance) and
// time; never by its uuid alone where that is masked.
import {
  type DcgmQuantity,
  dcgmReadings,
  faultMetrics,
  infoMetrics,
  processMetrics,
  xidCountMetrics,
  xidMetrics,
} from './dcgm-metrics.ts'
import { countOf } from './normal-values.ts'
import { type GpuProcessFacts, gpuRecordsMax } from './nvidia-smi-facts.ts'
import { clockReasonOf, gpuIndexOf, uuidOf, within } from './nvidia-smi-values.ts'
import type { PrometheusSample } from './prometheus-text.ts'

type Labels = ReadonlyMap<string, string>
type Fault = { xid?: number; message?: string }

export type DcgmDevice = {
  host: string | undefined
  uuid: string | undefined
  index: number | undefined
  hasTwoIndexes: boolean
  gpuInstance: string | undefined
  atMs: number | undefined
  model: string | undefined
  quantities: Map<DcgmQuantity, number>
  reasons: Set<string>
  reasonsTold: boolean
  faults: Map<string, Fault>
  processes: Map<string, GpuProcessFacts>
  /** What was read of it, for its identity and for whoever looks at a refusal. */
  lines: string[]
  /** Whom the exporter names: by labels that a scrape kept aside as `exported_pod`, and by its plain ones. */
  users: { exported: Set<string>; plain: Set<string> }
}

const perDeviceMax = 4_096
const usersMax = 16

/** `podsAreExporters`: a scrape wrote the exporter's own pod over the plain labels, so that they name no user. */
export function dcgmUser({ users }: DcgmDevice, podsAreExporters: boolean): string | undefined {
  const named = users.exported.size > 0 || podsAreExporters ? users.exported : users.plain
  return named.size === 0 ? undefined : [...named].join(', ')
}

export function createDcgmDevices() {
  const devices = new Map<string, DcgmDevice>()
  const state = { podsAreExporters: false, areTooMany: false }

  function deviceOf({ labels, atMs }: PrometheusSample, line: string): DcgmDevice | undefined {
    const host = hostLabel(labels)
    const index = labelOf(labels, 'gpu', 'minor_number')
    const uuid = labelOf(labels, 'UUID', 'uuid')
    const gpuInstance = labelOf(labels, 'GPU_I_ID')
    const key = JSON.stringify([host, uuid, index, gpuInstance, atMs])
    const known = devices.get(key)
    if (known) {
      known.lines.push(line)
      return known
    }
    if (devices.size >= gpuRecordsMax) {
      state.areTooMany = true
      return undefined
    }
    const made = newDevice({ host, uuid: uuidOf(uuid), gpuInstance, atMs, line })
    made.index = gpuIndexOf(index) ?? gpuIndexOf(/^nvidia(\d{1,4})$/.exec(labels.get('device') ?? '')?.[1])
    devices.set(key, made)
    return made
  }

  /** False: the metric is not read. */
  function take(sample: PrometheusSample, line: string): boolean {
    const { name, labels, value } = sample
    const found = dcgmReadings.get(name)
    const fault = faultMetrics.get(name)
    const isXid = xidMetrics.has(name)
    const isXidCount = xidCountMetrics.has(name)
    const reason = /^nvidia_smi_clocks_(?:event|throttle)_reasons_/.test(name) ? clockReasonOf(name) : undefined
    const isOther = infoMetrics.has(name) || processMetrics.has(name) || reason !== undefined
    if (!found && !fault && !isXid && !isXidCount && !isOther) return false
    // Switches and CPUs have metrics beside the GPUs'.
    if (labelOf(labels, 'gpu', 'UUID', 'uuid', 'minor_number', 'device') === undefined) return false
    const device = deviceOf(sample, line)
    if (device === undefined) return true
    device.model ??= labelOf(labels, 'modelName', 'name')
    takeUser(device, labels)
    if (infoMetrics.has(name)) setIndex(device, gpuIndexOf(labels.get('index')))
    else if (processMetrics.has(name)) takeProcess(device, name, labels, value)
    else if (!Number.isFinite(value)) return true
    else if (found?.quantity === 'index') setIndex(device, gpuIndexOf(value))
    else if (found) device.quantities.set(found.quantity, value * found.scale)
    else if (reason !== undefined) {
      device.reasonsTold = true
      if (value > 0) device.reasons.add(reason)
    } else if (isXid) addXid(device, value, labels.get('err_msg'))
    else if (isXidCount && value > 0) addXid(device, countOf(labels.get('xid')), undefined)
    else if (fault && value > 0) device.faults.set(name, { message: fault(value) })
    return true
  }

  function takeUser(device: DcgmDevice, labels: Labels): void {
    if (labelOf(labels, 'exported_pod', 'exported_namespace', 'exported_container') !== undefined) {
      state.podsAreExporters = true
    }
    takeUserOf(device, labels)
  }

  return {
    take,
    all: () => devices.values(),
    get podsAreExporters() {
      return state.podsAreExporters
    },
    get areTooMany() {
      return state.areTooMany
    },
  }
}

/** The first of the labels that says something. */
function labelOf(labels: Labels, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels.get(name)
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

const isExporter = (name: string | undefined) =>
  name !== undefined && /dcgm-exporter|gpu-exporter/.test(name.slice(0, 512))

/** In older charts the exporter takes its pod's name for the host's: the node's label, where a scrape adds one, is right then. */
function hostLabel(labels: Labels): string | undefined {
  const node = labelOf(labels, 'node', 'kubernetes_node', 'nodename', 'node_name')
  const own = labelOf(labels, 'Hostname', 'hostname', 'exported_hostname')
  return isExporter(own) ? node : (own ?? node)
}

/** Those for whom a GPU is shared are all named. */
function takeUserOf({ users }: DcgmDevice, labels: Labels): void {
  const add = (to: Set<string>, parts: (string | undefined)[]) => {
    const name = parts.filter((part) => part !== undefined).join('/')
    if (name !== '' && to.size < usersMax) to.add(name)
  }
  add(users.exported, [
    labelOf(labels, 'exported_namespace'),
    labelOf(labels, 'exported_pod'),
    labelOf(labels, 'exported_container'),
  ])
  const pod = labelOf(labels, 'pod', 'pod_name')
  const container = labelOf(labels, 'container', 'container_name')
  if (pod !== undefined && !isExporter(pod) && !isExporter(container)) {
    add(users.plain, [labelOf(labels, 'namespace', 'pod_namespace'), pod, container])
  }
  const job = labelOf(labels, 'hpc_job')
  if (job !== undefined) add(users.exported, ['hpc_job', job])
}

function newDevice(of: {
  host: string | undefined
  uuid: string | undefined
  gpuInstance: string | undefined
  atMs: number | undefined
  line: string
}): DcgmDevice {
  const { line, ...names } = of
  return {
    ...names,
    index: undefined,
    hasTwoIndexes: false,
    model: undefined,
    quantities: new Map(),
    reasons: new Set(),
    reasonsTold: false,
    faults: new Map(),
    processes: new Map(),
    lines: [line],
    users: { exported: new Set(), plain: new Set() },
  }
}

function setIndex(device: DcgmDevice, index: number | undefined): void {
  if (index === undefined) return
  if (device.index !== undefined && device.index !== index) device.hasTwoIndexes = true
  device.index = index
}

function addXid(device: DcgmDevice, value: number | undefined, message: string | undefined): void {
  const xid = within(countOf(value), 1, 100_000)
  if (xid === undefined || device.faults.size >= perDeviceMax) return
  device.faults.set(`xid ${xid}`, message ? { xid, message } : (device.faults.get(`xid ${xid}`) ?? { xid }))
}

function takeProcess(device: DcgmDevice, name: string, labels: Labels, value: number): void {
  const pid = labels.get('pid')
  if (pid === undefined) return
  const process = device.processes.get(pid) ?? { pid, name: labels.get('process_name') }
  if (name.endsWith('_bytes')) {
    const bytes = within(Math.round(value), 0, Number.MAX_SAFE_INTEGER)
    if (bytes !== undefined) process.memoryUsedBytes = bytes
  }
  if (device.processes.size < perDeviceMax || device.processes.has(pid)) device.processes.set(pid, process)
}

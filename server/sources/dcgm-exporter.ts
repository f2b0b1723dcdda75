// Scrapes of GPU exporters: NVIDIA's dcgm-exporter, nvidia_gpu_exporter and those that took over their names, also as Prometheus federates
// them. A scrape is a line a metric; a record here is one GPU (or MIG device) at one time with all its metrics, because a reading is one row.
// Besides, every metric that is not read is told once as skipped, so that a site sees what it sends for nothing; lines of it are no records.
import type { EventInput } from '../protocol/event.ts'
import { createDcgmDevices, type DcgmDevice, dcgmUser } from './dcgm-devices.ts'
import { valuesOfQuantities } from './dcgm-metrics.ts'
import { badTimeReason } from './event-draft.ts'
import { defined, hostOf, timeMs } from './normal-values.ts'
import {
  givenTimeMs,
  gpuFault,
  gpuProcess,
  gpuSample,
  noGpuReason,
  noHostReason,
  nothingReadReason,
  textOfDocument,
  tooManyGpusReason,
} from './nvidia-smi-facts.ts'
import { gpuNameOf, migNameOf } from './nvidia-smi-values.ts'
import { readPrometheusText } from './prometheus-text.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

const metricLine =
  /^(?:# (?:HELP|TYPE) )?(?:DCGM_(?:FI|EXP)_[A-Z\d_]{3,}|dcgm_[a-z\d_]{3,}|nvidia_(?:smi|gpu)_[a-z\d_]{3,})[ {]/m
const familiesMax = 10_000

export const dcgmExporter: RecordSource = {
  format: 'dcgm-exporter',
  title: 'dcgm-exporter (Prometheus text)',
  trust: 'gpu',
  framing: 'document',
  looksLike: (head) => metricLine.test(head),
  open: (context) => ({ read: (bytes, sink) => read(textOfDocument(bytes), context, sink), end() {} }),
}

function read(text: string, context: RecordContext, sink: RecordSink): void {
  const devices = createDcgmDevices()
  const unread = new Set<string>()
  let told = 0
  readPrometheusText(text, {
    sample(sample, family, line) {
      if (devices.take(sample, line)) return
      if (unread.has(family) || unread.size >= familiesMax) return
      unread.add(family)
      told += 1
      sink.skipped('metric not read', family)
    },
    broken(line) {
      told += 1
      sink.refused('line does not fit the text format of Prometheus', line)
    },
  })
  /** A fault of a card stands beside each of its MIG devices: the first record that has it tells it. */
  const faultsTold = new Set<string>()
  for (const device of devices.all()) {
    told += 1
    tellDevice(device, devices.podsAreExporters, faultsTold, context, sink)
  }
  if (devices.areTooMany) sink.refused(tooManyGpusReason, '')
  else if (told === 0) sink.skipped('document without a metric', '')
}

function tellDevice(
  device: DcgmDevice,
  podsAreExporters: boolean,
  faultsTold: Set<string>,
  context: RecordContext,
  sink: RecordSink,
): void {
  const raw = device.lines.join('\n')
  if (device.hasTwoIndexes) return sink.refused('two GPUs have the same uuid: they cannot be told apart', raw)
  const host = hostOf(device.host) ?? context.host
  if (host === undefined) return sink.refused(noHostReason, raw)
  const atMs = device.atMs === undefined ? givenTimeMs(context) : timeMs(device.atMs)
  if (atMs === undefined) return sink.refused(badTimeReason, raw)
  const { index } = device
  const card = gpuNameOf({ uuid: device.uuid, index })
  if (card === undefined) return sink.refused(noGpuReason, raw)
  const gpu = migNameOf(card, device.gpuInstance, undefined)
  const isPart = gpu !== card

  const events: EventInput[] = []
  for (const fault of device.faults.values()) {
    const event = gpuFault(context, { host, atMs, gpu: card, index }, fault)
    if (event.id === undefined || faultsTold.has(event.id)) continue
    faultsTold.add(event.id)
    events.push(event)
  }
  for (const process of device.processes.values()) {
    const event = gpuProcess({ host, atMs, gpu, index }, process)
    if (event) events.push(event)
  }
  const values = valuesOfQuantities(device.quantities, isPart)
  const throttling = values.throttling ?? (device.reasonsTold ? [...device.reasons] : undefined)
  const user = dcgmUser(device, podsAreExporters)
  const place = index === undefined ? undefined : { host, atMs, gpu, index }
  const sample = place && gpuSample(place, defined({ ...values, throttling, model: device.model, user }))
  if (sample === undefined && events.length === 0) {
    return index === undefined ? sink.refused(noGpuReason, raw) : sink.skipped(nothingReadReason, raw)
  }
  sink.understood(isPart ? 'MIG device' : 'gpu', {
    events,
    samples: sample ? [sample] : [],
    identity: [host, gpu, String(atMs), raw].join('\n'),
  })
}

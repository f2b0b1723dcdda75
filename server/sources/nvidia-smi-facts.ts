// What every GPU format makes of its values: one reading, processes and faults, with the ids and times that they share. Never an event a
// scrape: a fault that stands unchanged is the same event each time.
import type { EventInput } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { eventIdOf } from './event-id.ts'
import { defined, isoToMs, longText, pidOf, shortText } from './normal-values.ts'
import type { RecordContext } from './record-source.ts'

export const noHostReason = 'record does not name its host: say which with --host'
export const noGpuReason = 'record does not say which GPU it is of: add index or uuid to the query'
export const nothingReadReason = 'GPU without a reading'
export const tooManyGpusReason = 'document has more GPUs than are read'
/** Of one document, reports in a row counted each: real ones are at their largest in size long before. */
export const gpuRecordsMax = 65_536

/** Fields of a reading; absent is what the driver does not say. */
export type GpuValues = {
  [K in keyof Omit<GpuSample, 'type' | 'atMs' | 'host' | 'gpu' | 'index'>]?: GpuSample[K] | undefined
}

/** Where and when something was read. */
export type GpuPlace = { host: HostId; atMs: number; gpu: string; index: number }

/** A reading; undefined when the driver says nothing but the names. */
export function gpuSample(place: GpuPlace, values: GpuValues): GpuSample | undefined {
  const { model, user, ...read } = values
  if (Object.values(read).every((value) => value === undefined)) return undefined
  return defined({ type: 'gpu' as const, ...place, ...read, model: shortText(model), user: shortText(user) })
}

export type GpuProcessFacts = {
  pid: unknown
  name?: string | undefined
  type?: string | undefined
  memoryUsedBytes?: number | undefined
  smPercent?: number | undefined
  memoryBandwidthPercent?: number | undefined
}

/** Undefined when the pid is none. */
export function gpuProcess(
  { host, atMs, gpu, index }: Omit<GpuPlace, 'index'> & { index: number | undefined },
  { pid, name, type, ...use }: GpuProcessFacts,
): EventInput | undefined {
  const number = pidOf(pid)
  if (number === undefined) return undefined
  const data = defined({ gpu, index, pid: number, name: longText(said(name)), type: shortText(said(type)), ...use })
  return { v: 1, kind: 'gpu.process.reported', atMs, host, data }
}

/** Names that stand for none: `-` (pmon), `[Not Found]` (a process of another namespace). */
const said = (text: string | undefined) =>
  text === undefined || /^(?:-|\[?(?:N\/A|Not Found|Unknown Error|Insufficient Permissions)\]?)$/.test(text)
    ? undefined
    : text

/**
 * A fault. Exporters hold the last XID, and the driver its counts, until the next reset, and are asked every few seconds: the event is made
 * of host, GPU and fault without a time, so that the first report stays and all others are that event again. A card that shows the same XID
 * anew after a reset is therefore not told a second time.
 */
export function gpuFault(
  context: RecordContext,
  { host, atMs, gpu, index }: Omit<GpuPlace, 'index'> & { index?: number | undefined },
  fault: { xid?: number | undefined; message?: string | undefined },
): EventInput {
  const what = fault.xid === undefined ? ['fault', fault.message ?? ''] : ['xid', String(fault.xid)]
  return {
    v: 1,
    kind: 'gpu.fault',
    atMs,
    id: eventIdOf(context.boundSession ?? '', 'gpu.fault', host, gpu, ...what),
    host,
    data: defined({ gpu, index, xid: fault.xid, message: shortText(fault.message) }),
  }
}

/** For records without a time of their own. */
export function givenTimeMs(context: RecordContext): number {
  return context.recordedAtMs ?? context.nowMs
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const ctimePattern = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/

/** `2026/11/20 05:04:03.123`, `20261120 05:04:03` or `Fri Nov 20 05:04:03 2026`: none of them says its zone. */
export function smiTimeMs(text: string, context: RecordContext): number | undefined {
  const bare = text.trim().slice(0, 40)
  const ctime = ctimePattern.exec(bare)
  const month = ctime ? months.indexOf(ctime[1] ?? '') + 1 : 0
  const iso = ctime
    ? `${ctime[4]}-${String(month).padStart(2, '0')}-${ctime[2]?.padStart(2, '0')} ${ctime[3]}`
    : bare.replace(/^(\d{4})[/-]?(\d\d)[/-]?(\d\d)[ T]/, '$1-$2-$3 ')
  return isoToMs(iso, context.zoneOffsetMinutes)
}

/** Documents come as UTF-8, and from PowerShell's `>` as UTF-16. */
export function textOfDocument(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes)
}

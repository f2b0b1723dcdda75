// Hands what a reader made to the log and to the samples, in turns, and keeps account of it: for facts read here (`POST
// /api/ingest/{format}`) and for facts read by `vigil import` on another machine.
import type { Sender } from '../control/admit-event.ts'
import type { EventInput } from '../protocol/event.ts'
import type { GpuSample } from '../protocol/sample.ts'
import type { FormatView } from '../protocol/source-view.ts'
import type { Trust } from '../protocol/trust.ts'
import { durableInTime } from './durable-in-time.ts'
import type { Caller } from './identity.ts'
import type { Clock, IntakeReport, PipelinePort, SamplesPort, SourcesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { submitInTurns } from './submit-in-turns.ts'

/** Of refused records in one answer; the others are counted, and can be downloaded. */
const errorsListed = 100
/** Of one batch, kept for download. */
const refusalsKept = 1_000
const dayMs = 86_400_000

export type Refused = { line: number; reason: string; raw: string }

export type Delivered = {
  /** Events that are durable now, those known before included. */
  accepted: number
  duplicates: number
  /** Records that were refused, and events that the log did not admit. */
  rejected: number
  errors: { line: number; reason: string }[]
  samples: number
}

export type Delivery = {
  event(event: EventInput, line: number): void
  sample(sample: GpuSample): void
  refused(record: Refused): void
  /** Call now and then while reading: others get their turn. */
  breathe(): Promise<void>
  /** Throws ProblemError 503 when not everything could be made durable in time: to be sent again as it is. */
  finish(report: () => IntakeReport): Promise<Delivered>
}

export type DeliveryPorts = { pipeline: PipelinePort; samples: SamplesPort; sources: SourcesPort; clock: Clock }

/** What this caller's word on facts of this format is worth. */
export function trustOfFacts(caller: Caller, format: FormatView): Trust {
  if (caller.type === 'session-token') return 'agent'
  if (caller.type !== 'key' || caller.key.session !== undefined) return 'agent'
  // Only a key that was given the right to may speak for a firewall or a kernel: any other is believed as a trainer is.
  if (caller.key.scopes.includes('sensor')) return format.trust
  return format.trust === 'agent' ? 'agent' : 'trainer'
}

export function deliverFacts(
  { pipeline, samples, sources, clock }: DeliveryPorts,
  { sender, trust, sourceId }: { sender: Sender; trust: Trust; sourceId: string },
): Delivery {
  const errors: { line: number; reason: string }[] = []
  const refusals: Refused[] = []
  const lines: number[] = []
  const notAdmitted = new Map<string, number>()
  const readings = new Map<string, GpuSample[]>()
  const latest = clock.nowMs() + dayMs
  let newestAtMs: number | undefined
  let rejected = 0
  let sampleCount = 0

  const fail = (line: number, reason: string) => {
    rejected += 1
    if (errors.length < errorsListed) errors.push({ line, reason })
  }
  const turns = submitInTurns(
    pipeline,
    sender,
    (index, reason) => {
      fail(lines[index] ?? 0, reason)
      notAdmitted.set(reason, (notAdmitted.get(reason) ?? 0) + 1)
    },
    { trust, source: sourceId },
  )

  return {
    event(event, line) {
      lines.push(line)
      // A clock far ahead must not make the source look alive for ever.
      if (event.atMs <= latest) newestAtMs = Math.max(newestAtMs ?? 0, event.atMs)
      turns.add(event)
    },
    sample(sample) {
      if (sender.type === 'source' && sender.host !== undefined && sample.host !== sender.host) {
        fail(0, `this key speaks for host ${sender.host} only`)
        return
      }
      sampleCount += 1
      const ofHost = readings.get(sample.host)
      if (ofHost) ofHost.push(sample)
      else readings.set(sample.host, [sample])
    },
    refused(record) {
      fail(record.line, record.reason)
      if (refusals.length < refusalsKept) refusals.push(record)
    },
    breathe: () => turns.breathe(),
    async finish(report) {
      for (const [host, list] of readings) samples.add(list, host)
      const { accepted, failure } = await durableInTime(turns.finish())
      const { skipped, refused, understood, records, bytes } = report()
      const sum = (list: readonly { count: number }[]) => list.reduce((total, { count }) => total + count, 0)
      const notAdmittedReasons = [...notAdmitted].map(([reason, count]) => ({ reason, count, example: '' }))
      sources.note(
        sourceId,
        {
          records,
          events: accepted,
          duplicates: turns.duplicates(),
          samples: sampleCount,
          skipped: sum(skipped),
          refused: sum(refused) + sum(notAdmittedReasons),
          bytes,
          understood,
          skippedReasons: skipped,
          refusedReasons: [...refused, ...notAdmittedReasons],
          newestAtMs,
        },
        refusals,
      )
      errors.sort((a, b) => a.line - b.line)
      if (failure !== undefined) throw new ProblemError(503, 'Not durable yet', failure, { accepted, rejected, errors })
      return { accepted, duplicates: turns.duplicates(), rejected, errors, samples: sampleCount }
    },
  }
}

// What was read, on its way to the server: batches of NDJSON, compressed, sent again until they are durable. Every event carries the id
// that its record gives it, so sending twice leaves nothing twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { z } from 'zod'
import type { ImportTold } from '../server/protocol/job.ts'
import type { IntakeCounts } from '../server/sources/intake.ts'
import type { Reach } from './call-api.ts'

/** Of one request: well under what the server takes, large enough to be worth a commit. */
const batchLinesMax = 4_000
const batchBytesMax = 6 * 1024 * 1024
const answerWithinMs = 60_000

const Answer = z.object({
  accepted: z.number(),
  duplicates: z.number(),
  rejected: z.number(),
  errors: z.array(z.object({ line: z.number(), reason: z.string() })),
})

export type Sent = { accepted: number; duplicates: number; notAdmitted: number; reasons: Map<string, number> }

export type Batch = {
  line(value: object): void
  isFull(): boolean
  /**
   * Sends what is there, with what became of the records since the last time, and with how far the whole is. Throws an Error in one line when
   * it gives up.
   */
  send(counts: IntakeCounts, whole?: ImportTold): Promise<void>
  sent: Sent
}

/** `patienceMs`: how long a server that is away or busy is waited for. */
export function createBatch(reach: Reach, format: string, source: string | undefined, patienceMs: number): Batch {
  let lines: string[] = []
  let bytes = 0
  let before: IntakeCounts | undefined
  const sent: Sent = { accepted: 0, duplicates: 0, notAdmitted: 0, reasons: new Map() }
  const query = source === undefined ? '' : `?source=${encodeURIComponent(source)}`
  const url = `${reach.url}/api/ingest/parsed/${encodeURIComponent(format)}${query}`

  return {
    sent,
    line(value) {
      const text = JSON.stringify(value)
      lines.push(text)
      bytes += text.length
    },
    isFull: () => lines.length >= batchLinesMax || bytes >= batchBytesMax,
    async send(counts, whole) {
      const report = since(counts, before)
      if (lines.length === 0 && report.records === 0 && !whole) return
      const head = whole ? `${JSON.stringify({ import: whole })}\n` : ''
      const body = await promisify(gzip)(`${head}${lines.join('\n')}\n${JSON.stringify({ report })}\n`, { level: 1 })
      const refusedHere = lines.reduce((total, text) => total + (text.startsWith('{"refused"') ? 1 : 0), 0)
      lines = []
      bytes = 0
      before = counts
      const answer = await post(url, reach, body, patienceMs)
      sent.accepted += answer.accepted
      sent.duplicates += answer.duplicates
      sent.notAdmitted += Math.max(0, answer.rejected - refusedHere)
      for (const { reason } of answer.errors) {
        if (counts.refused.some((known) => known.reason === reason)) continue
        if (sent.reasons.size < 20 || sent.reasons.has(reason))
          sent.reasons.set(reason, (sent.reasons.get(reason) ?? 0) + 1)
      }
    },
  }
}

async function post(url: string, reach: Reach, body: Uint8Array, patienceMs: number): Promise<z.infer<typeof Answer>> {
  const deadline = performance.now() + patienceMs
  for (let waitMs = 250; ; waitMs = Math.min(5_000, waitMs * 2)) {
    const outcome = await tryPost(url, reach, body)
    if (typeof outcome !== 'string') return outcome
    if (performance.now() > deadline) throw new Error(outcome)
    await sleep(waitMs)
  }
}

/** A text: not now, for this reason. Throws what waiting will not mend. */
async function tryPost(
  url: string,
  { url: server, key }: Reach,
  body: Uint8Array,
): Promise<z.infer<typeof Answer> | string> {
  let status: number
  let text: string
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { authorization: `Bearer ${key}`, 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' },
      redirect: 'error',
      signal: AbortSignal.timeout(answerWithinMs),
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return `the server at ${server} cannot be reached (${cause}): is it running, and is VIGIL_URL right?`
  }
  if (status === 503) return `the server is busy: ${problemOf(text)}`
  if (status !== 200) throw new Error(`the server answered ${status}: ${problemOf(text)}`)
  const parsed = Answer.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`what answers at ${server} is not this version of Vigil`)
  return parsed.data
}

function problemOf(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: unknown; detail?: unknown }
    return `${String(title)}: ${String(detail)}`.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 500)
  } catch {
    return text.slice(0, 200)
  }
}

/** Counts since an earlier reading of them. */
export function since(now: IntakeCounts, before: IntakeCounts | undefined): IntakeCounts {
  if (!before) return now
  const counted = <T extends { count: number }>(
    list: readonly T[],
    old: readonly T[],
    nameOf: (each: T) => string,
  ): T[] =>
    list
      .map((each) => ({
        ...each,
        count: each.count - (old.find((known) => nameOf(known) === nameOf(each))?.count ?? 0),
      }))
      .filter((each) => each.count > 0)
  return {
    records: now.records - before.records,
    understood: counted(now.understood, before.understood, (each) => each.what),
    skipped: counted(now.skipped, before.skipped, (each) => each.reason),
    refused: counted(now.refused, before.refused, (each) => each.reason),
    events: now.events - before.events,
    samples: now.samples - before.samples,
    bytes: now.bytes - before.bytes,
    lines: now.lines - before.lines,
  }
}

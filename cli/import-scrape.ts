// `vigil import --scrape URL`: asks exporters as Prometheus does, and sends their readings. One that does not answer is told once, and
// asked again.
import { setTimeout as sleep } from 'node:timers/promises'
import { hostIdOf } from '../server/protocol/ids.ts'
import { createIntake } from '../server/sources/intake.ts'
import type { RecordContext, RecordSource } from '../server/sources/record-source.ts'
import type { Reach } from './call-api.ts'
import type { ImportOptions, ImportOutput } from './import.ts'
import { createBatch } from './import-batch.ts'
import { importReport } from './import-report.ts'

const answerWithinMs = 10_000
const bodyBytesMax = 32 * 1024 * 1024

export async function scrape(
  urls: readonly string[],
  source: RecordSource,
  context: RecordContext,
  options: ImportOptions,
  reach: Reach,
  output: ImportOutput,
): Promise<number> {
  for (const url of urls)
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new Error(`--scrape: not an http address: ${url}`)
  const everyMs = Math.max(1, options.every ?? 15) * 1_000
  const failing = new Set<string>()
  let stopped = false
  const stop = new AbortController()
  const onSignal = () => {
    stopped = true
    stop.abort()
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  let code = 0
  while (!stopped) {
    const startedMs = performance.now()
    const outcomes = await Promise.allSettled(urls.map((url) => scrapeOne(url, source, context, options, reach)))
    for (const [index, outcome] of outcomes.entries()) {
      const url = urls[index] ?? ''
      if (outcome.status === 'fulfilled') {
        if (failing.delete(url)) output.explain(`vigil: ${url} answers again\n`)
        if (options.once) output.out(importReport(outcome.value))
        continue
      }
      code = options.once ? 1 : 0
      const why = outcome.reason instanceof Error ? outcome.reason.message : String(outcome.reason)
      if (!failing.has(url)) output.explain(`vigil: ${url}: ${why}\n`)
      failing.add(url)
    }
    if (options.once) break
    const restMs = Math.max(0, everyMs - (performance.now() - startedMs))
    await sleep(restMs, undefined, { signal: stop.signal }).catch(() => undefined) // stopped: the loop ends
  }
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  return code
}

async function scrapeOne(
  url: string,
  source: RecordSource,
  context: RecordContext,
  options: ImportOptions,
  reach: Reach,
) {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs), headers: { accept: 'text/plain' } })
  if (!response.ok) throw new Error(`answered ${response.status}`)
  const batch = createBatch(reach, source.format, options.source, answerWithinMs)
  const host = context.host ?? hostIdOf(new URL(url).hostname)
  const intake = createIntake(
    source,
    { ...context, nowMs: Date.now(), host },
    {
      event: (event) => batch.line({ event }),
      sample: (sample) => batch.line({ sample }),
      refused: ({ line, reason, raw }) => batch.line({ refused: { line, reason, raw } }),
    },
  )
  let size = 0
  for await (const piece of response.body ?? []) {
    size += piece.length
    if (size > bodyBytesMax) throw new Error(`answered more than ${bodyBytesMax} bytes`)
    intake.push(piece)
  }
  intake.end()
  await batch.send(intake.counts())
  return { file: url, format: source.format, counts: intake.counts(), sent: batch.sent }
}

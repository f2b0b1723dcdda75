// Sends the server's own metrics to a collector, over OTLP/HTTP. What cannot be sent is said once and again when that changes; it is never queued:
// the next reading holds all that the last one did.
import { otlpMetricsOf, type PrometheusMetric } from './otlp-metrics.ts'

const everyMs = 15_000
const answerWithinMs = 10_000

export type OtlpOut = { close(): void; send(): Promise<void> }

export function sendMetrics(options: {
  /** Such as `http://collector:4318/v1/metrics`. */
  url: string
  headers: Readonly<Record<string, string>>
  instance: string
  startedAtMs: number
  nowMs: () => number
  read(): Promise<readonly PrometheusMetric[]>
  say(line: string): void
}): OtlpOut {
  const { url, headers, instance, startedAtMs, nowMs, read, say } = options
  let trouble: string | undefined
  let isSending = false

  async function send(): Promise<void> {
    if (isSending) return
    isSending = true
    const now = await attempt().finally(() => {
      isSending = false
    })
    if (now === trouble) return
    trouble = now
    say(
      now === undefined
        ? 'vigil: own metrics are taken by the collector'
        : `vigil: own metrics are not taken by the collector: ${now}`,
    )
  }

  /** Undefined: taken. */
  async function attempt(): Promise<string | undefined> {
    try {
      const body = JSON.stringify(otlpMetricsOf(await read(), { startedAtMs, atMs: nowMs(), instance }))
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        // A redirect would carry the headers, which may be a secret, somewhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(answerWithinMs),
      })
      await response.arrayBuffer()
      return response.ok ? undefined : `it answered ${response.status}`
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      return cause instanceof Error ? cause.message : String(cause)
    }
  }

  const timer = setInterval(() => void send(), everyMs)
  timer.unref()
  return { send, close: () => clearInterval(timer) }
}

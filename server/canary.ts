// Tests the whole pipe by itself: a synthetic event goes in at the same HTTP door as any source's, and is looked for where facts come out:
// parsed, durable, reduced, announced. The mark is a secret of the moment, so that nobody else can make the pipe look healthy.
import { setTimeout as sleep } from 'node:timers/promises'
import { canaryLateMs, createCanaryCourse } from './model/canary-course.ts'
import type { CanaryView } from './protocol/canary-view.ts'
import type { StoredEvent } from './protocol/event.ts'

export type Canary = {
  take(events: readonly StoredEvent[]): void
  view(): CanaryView
  close(): Promise<void>
}

export type CanaryOptions = {
  everyMs: number | undefined
  /** Where this server is reached, and the key of its own that opens only the door for facts. */
  url: string
  key: string
  nowMs: () => number
  newMark: () => string
  onBack(came: { n: number; sentAtMs: number }): void
}

export function startCanary({ everyMs, url, key, nowMs, newMark, onBack }: CanaryOptions): Canary {
  const course = createCanaryCourse()
  const stopping = new AbortController()

  async function test(): Promise<void> {
    const mark = newMark()
    const atMs = nowMs()
    course.sent(mark, atMs)
    try {
      const answer = await fetch(`${url}/api/ingest/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
        body: `${JSON.stringify({ v: 1, kind: 'canary.recorded', atMs, data: { mark } })}\n`,
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(canaryLateMs)]),
      })
      await answer.body?.cancel()
      if (!answer.ok) course.failed(mark, `the door for facts answered ${answer.status}`)
    } catch {
      if (!stopping.signal.aborted) course.failed(mark, 'the door for facts did not answer')
    }
  }

  async function run(pauseMs: number): Promise<void> {
    while (!stopping.signal.aborted) {
      await test()
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      course.look(nowMs())
    }
  }
  const running = everyMs === undefined ? undefined : run(everyMs)

  return {
    take(events) {
      for (const event of events) {
        if (event.kind !== 'canary.recorded') continue
        const came = course.back(event.data.mark, nowMs())
        if (came) onBack(came)
      }
    },
    view() {
      course.look(nowMs())
      return { ...(everyMs !== undefined && { everyMs }), ...course.view() }
    },
    async close() {
      stopping.abort()
      await running
    },
  }
}

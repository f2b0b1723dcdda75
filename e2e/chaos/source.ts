// A source as a source should be: each fact has an id, what was not answered is sent again as it was, and nothing is forgotten before the
// server said that it is durable.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchEvent, ndjson, oneCall, sessionStarted } from '../bench/agent-events.ts'
import { key } from '../product.ts'

const eventsOfBatch = 30
const everyMs = 150
const timeoutMs = 8_000
const backOffMs = { least: 100, most: 2_000 }

export type Source = {
  name: string
  /** Ids that were answered as durable. */
  acknowledged: ReadonlySet<string>
  sent: number
  /** Requests that were not answered, or not with 200, and were sent again. */
  repeats: number
  /** Facts that the server answered it will never take. */
  refused: string[]
  /** Its clock from now on. */
  setClock(offsetMs: number): void
  /** Takes up nothing new, and waits until what it has is acknowledged; false: not in time. */
  finish(withinMs: number): Promise<boolean>
  /** Gives up at once. */
  abandon(): void
}

export function startSource(name: string, url: string): Source {
  const acknowledged = new Set<string>()
  let offsetMs = 0
  let stopping = false
  let abandoned = false
  let turn = 0
  const source = {
    name,
    acknowledged,
    sent: 0,
    repeats: 0,
    refused: [] as string[],
    setClock(ms: number) {
      offsetMs = ms
    },
    async finish(withinMs: number) {
      stopping = true
      const late = new AbortController()
      const isDone = await Promise.race([
        running.then(() => true),
        sleep(withinMs, false, { signal: late.signal }).catch(() => false),
      ])
      late.abort()
      return isDone
    },
    abandon() {
      stopping = true
      abandoned = true
    },
  }

  function batch(): BenchEvent[] {
    const atMs = Date.now() + offsetMs
    const events: BenchEvent[] = turn === 0 ? [sessionStarted(name, atMs)] : []
    while (events.length < eventsOfBatch) events.push(...oneCall(name, turn++, atMs))
    return events.map((event) => ({ ...event, id: randomUUID() }))
  }

  async function deliver(events: BenchEvent[]): Promise<void> {
    const body = ndjson(events)
    for (let waitMs = backOffMs.least; !abandoned; waitMs = Math.min(backOffMs.most, waitMs * 2)) {
      const answer = await post(url, body)
      if (answer) {
        for (const { reason } of answer.errors) source.refused.push(reason)
        if (answer.rejected === 0) for (const { id } of events) if (id) acknowledged.add(id)
        return
      }
      source.repeats += 1
      await sleep(waitMs)
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const events = batch()
      source.sent += events.length
      await deliver(events)
      await sleep(everyMs)
    }
  }
  const running = run()
  return source
}

type Answer = { accepted: number; rejected: number; errors: { reason: string }[] }

/** Undefined: not acknowledged, so to be sent again. */
async function post(url: string, body: Buffer): Promise<Answer | undefined> {
  try {
    const answer = await fetch(`${url}/api/ingest/events?source=chaos`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return answer.ok ? ((await answer.json()) as Answer) : void (await answer.arrayBuffer())
  } catch {
    return undefined
  }
}

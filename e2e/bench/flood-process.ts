// The flood's own process: a request every few milliseconds, whether or not the last was answered, as many sources would.
import { agentEvents, ndjson } from './agent-events.ts'
import { ingestClient } from './ingest-client.ts'

export type FloodOrder = { url: string; key: string; eventsPerSecond: number }
/** `acceptedPerSecond`: durable, over the whole time it flowed. */
export type FloodReport = { acceptedPerSecond: number; refused: number; problem?: string }

const everyMs = 20
const connections = 32
/** Requests under way at most: beyond it the flood falls behind its rate, and its report says so. */
const underWayMax = 64
const eventsPerRequestMax = 500

export function runFlood(): void {
  process.on('disconnect', () => process.exit())
  process.once('message', (order) => flood(order as FloodOrder))
}

function flood({ url, key, eventsPerSecond }: FloodOrder): void {
  const client = ingestClient(url, key, connections)
  const startMs = performance.now()
  let sent = 0
  let accepted = 0
  let refused = 0
  let problem: string | undefined
  let underWay = 0
  let turn = 0
  const send = (count: number) => {
    const events = agentEvents({ count, sessions: 200, atMs: Date.now(), withIds: false, fromTurn: turn })
    turn += Math.ceil(count / 6) // of six events each
    sent += count
    underWay += 1
    client
      .send(ndjson(events), count)
      .then(
        () => {
          accepted += count
        },
        (error: Error) => {
          refused += count
          problem ??= error.message
        },
      )
      .finally(() => {
        underWay -= 1
      })
  }
  const timer = setInterval(() => {
    const goal = Math.round(((performance.now() - startMs) / 1_000) * eventsPerSecond)
    while (sent < goal && underWay < underWayMax) send(Math.min(goal - sent, eventsPerRequestMax))
  }, everyMs)
  process.once('message', () => {
    clearInterval(timer)
    const report: FloodReport = {
      acceptedPerSecond: accepted / ((performance.now() - startMs) / 1_000),
      refused,
      ...(problem !== undefined && { problem }),
    }
    process.send?.(report, () => process.exit())
  })
}
